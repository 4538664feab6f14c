"""A context that a model learns to do without (Askell et al. 2021, §2.2).

From memory: there the fifty likeliest tokens of each place are kept. Here the whole vocabulary is compared.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.examples import DataError, Dialogue, Pair
from clados.data.packing import generator
from clados.data.templates import conversation, written
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, LossTerm, Random, Setting, padded
from clados.objectives.distilled import nearness
from clados.objectives.measures import Measure, Sample
from clados.objectives.owned import Owned
from clados.objectives.tasks import Fitting, Small, Source, SourceConfig, Task, of_kind
from clados.objectives.teaching import Taught
from clados.objectives.templated import Templated

OUR_TURNS = (  # for a context whose words are not here: two turns of ours, in the words of the template
    ("Can you help me?", "Yes. Tell me what you need, and I will do my best."),
    ("What is the answer?", "I do not know yet, and I would rather say so than guess."),
)


class BesideContext(NamedTuple):
    """A text as the model reads it, and as the starting weights do: with the context in front."""

    text: Ids
    read: Ids


class ContextDistilledTask(
    Templated[s.ContextDistilled], Task[s.ContextDistilled, BesideContext], objective=s.ContextDistilled
):
    """Prompts with their answers, each a text of its own; every token of them is compared."""

    reads = Pair
    data = "instructions"
    length = 192
    batch = 8
    writes = ("continues",)
    usual = False
    small = Small(steps=100, batch=8, lr=3e-4, dropout=0.0)

    @property
    def heads(self) -> tuple[str, ...]:
        return ("lm",)

    def suited(self, model: s.Model, paper: s.Model) -> s.ContextDistilled:
        """With dialogues of ours, where the context itself is not known."""
        if self.objective.text:
            return self.objective
        said = Dialogue("", tuple((who, what) for turn in OUR_TURNS for who, what in zip(("user", "assistant"), turn)))
        return self.objective.but(text=written(self.objective.template, conversation(said)).text)

    def owned(self, model: WholeModel, setting: Setting, seed: int) -> Owned:
        return Taught(copy.deepcopy(model), model)

    # ------------------------------------------------------------ examples

    def learnable(self, examples: Sequence[Any]) -> Sequence[Any]:
        return of_kind(examples, Dialogue if isinstance(examples[0], Dialogue) else Pair)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """Texts that leave room for the context; as a control their tokens in random order.

        Raises:
            DataError: the context is empty, or no text has two tokens and room beside it.
        """
        tokenizer = config.required_tokenizer
        context = np.array(tokenizer.encode(self.objective.text, add_special_tokens=False), np.int64)
        if not len(context):
            raise DataError("the context to be learned is empty: give ContextDistilled a text")
        template, (begins, _) = self.closed(tokenizer), tokenizer.frame
        texts = [written(template, conversation(each)).text for each in self.learnable(examples)]
        rows, room = list[BesideContext](), config.length - len(begins) - len(context)
        eos = (
            [tokenizer.ids["eos"]] if "eos" in tokenizer.ids and str(tokenizer.roles.eos) not in template.answer else []
        )
        for number, ids in enumerate(tokenizer.encode_batch(texts, add_special_tokens=False)):
            own = np.array([*ids, *eos], np.int64)
            if config.shuffled:
                own = generator(config.seed, 2, number).permutation(own)
            if 2 <= len(own) <= room + 1:  # the last token is not read
                first = np.array(begins, np.int64)
                rows.append(BesideContext(np.concatenate([first, own]), np.concatenate([first, context, own])))
        if not rows:
            said = f"beside {len(context)} tokens of context"
            raise DataError(
                f"none of {len(texts)} texts fits into {config.length} tokens {said}: give a larger --length"
            )
        return Fitting(rows, dropped=len(texts) - len(rows))

    # ------------------------------------------------------------ batch and loss

    def prepare(self, rows: Sequence[BesideContext], random: Sequence[Random], setting: Setting) -> Batch:
        """What stands at padding, on the right, is never compared."""
        ids, keep = padded([row.text for row in rows], 0)
        read, _ = padded([row.read for row in rows], 0)
        kept = torch.ones_like(ids[:, 1:], dtype=torch.bool) if keep is None else keep[:, 1:]
        targets = {"read": read[:, :-1], "kept": kept}
        return Batch({"input_ids": ids[:, :-1]}, targets, {"kl": int(kept.sum())}, ids.numel() + read.numel())

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        teacher, kept, seen = model.owned.teacher.model, batch.targets["kept"], batch.inputs["input_ids"]
        ours = model.states(input_ids=seen)[kept]
        with torch.no_grad():
            theirs = teacher.states(input_ids=batch.targets["read"])[:, -seen.size(1) :][kept]
        return Loss({"kl": LossTerm(nearness(model, ours, teacher, theirs, 1.0), batch.weights["kl"])})

    # ------------------------------------------------------------ how it is judged

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        raise InputError(
            "ContextDistilled is measured beside the weights it starts from: its loss before the first step"
        )

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        raise InputError("ContextDistilled is measured beside the weights it starts from, while it learns")
