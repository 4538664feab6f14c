"""Answers that a model criticises and rewrites by principles, and learns (Bai et al. 2022, Constitutional AI, §3.1).

What is learned is the last rewriting of each answer. The paper shows examples of critiques first; none stand here, and
a small model criticises little.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from clados import spec as s
from clados.data.packing import generator
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, Setting
from clados.objectives.best_of import imitated
from clados.objectives.reinforcement import Totals, here
from clados.objectives.rollouts import Prompt, RolloutTask
from clados.objectives.sampling import Rollout, Sampled, sample
from clados.objectives.tasks import Small

STAND_IN = (  # principles of ours, where those of the paper are not here
    "Say what in the answer could do harm to someone.",
    "Say what in the answer is not true, or not known.",
    "Say what in the answer is unkind.",
    "Say where the answer does not answer what was asked.",
)
REVISION = "\n\nRevision Request: Write the answer anew, without that.\n\nRevision:"


class RevisedTask(RolloutTask[s.Revised], objective=s.Revised):
    """The stage's starting weights answer, criticise and rewrite; the model learns -log p of the last answer.

    A principle is drawn for each answer and round. What does not fit into a sequence is cut off at its beginning.
    """

    terms: ClassVar[Mapping[str, str]] = {"lm": "tokens"}
    length = 192
    batch = 8
    small = Small(steps=50, lr=3e-4)
    judged = False

    def suited(self, model: s.Model, paper: s.Model) -> s.Revised:
        """With principles of ours, where the paper's are not known."""
        if self.objective.texts:
            return self.objective
        return self.objective.but(principles=len(STAND_IN), texts=STAND_IN)

    def answer(self, length: int) -> int:
        """The most tokens of an answer, and of a critique: a quarter of a sequence."""
        return max(1, length // 4)

    def answers(self, model: WholeModel, prompts: Sequence[Prompt], setting: Setting, seed: int) -> Sampled:
        start, random = model.owned.start.model, generator(seed)
        rows = [prompt.ids for prompt in prompts]
        found = self._said(start, rows, setting, random)
        for _ in range(self.objective.rounds):
            encode, texts = setting.required_vocab_ids.written, self.objective.texts or STAND_IN
            drawn = [texts[at] for at in random.integers(len(texts), size=len(rows))]
            asked = [
                np.concatenate([row, _open(each, setting), encode(f"\n\nCritique Request: {text}\n\nCritique:")])
                for row, each, text in zip(rows, found, drawn)
            ]
            critiques = self._said(start, asked, setting, random)
            wanted = [
                np.concatenate([row, _open(each, setting), encode(REVISION)]) for row, each in zip(asked, critiques)
            ]
            found = self._said(start, wanted, setting, random)
        return _sampled(rows, found, next(model.parameters()).device)

    def _said(self, model: WholeModel, rows: Sequence[Ids], setting: Setting, random: np.random.Generator) -> list[Ids]:
        """What a model writes after each row, its end token among it."""
        new = self.answer(setting.length)
        room = max(1, setting.length - new)
        prompts = self.prepare([Prompt("", row[-room:].astype(np.int64)) for row in rows], [], setting)
        eos = setting.required_vocab_ids.ids.get("eos")
        seed = int(random.integers(2**62))
        made = sample(model, prompts.to(next(model.parameters()).device), new, eos, seed)
        return [ids[kept].cpu().numpy() for ids, kept in zip(made.labels, made.written)]

    # ------------------------------------------------------------ what is learned

    def aims(self, found: Rollout, kl: float, summed: Totals = here) -> dict[str, Tensor]:
        return {}

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        return imitated(model, batch)

    def figures(self, found: Rollout) -> dict[str, float]:
        """The loss is -log p of a token of what the starting weights made of the same prompts."""
        nats = -float((found.log_p * found.written).sum() / found.written.sum())
        return {"loss": nats, **found.figures()}


def _open(ids: Ids, setting: Setting) -> Ids:
    """What was written, without what ends it."""
    kept: Ids = ids[ids != setting.required_vocab_ids.ids.get("eos", -1)]
    return kept


def _sampled(prompts: Sequence[Ids], answers: Sequence[Ids], device: torch.device) -> Sampled:
    """Answers behind their prompts, padded on the right."""
    begins = torch.tensor([len(each) for each in prompts], device=device)
    new = torch.tensor([len(each) for each in answers], device=device)
    longest, most = int((begins + new).max()), int(new.max())
    ids = np.stack([np.pad(np.concatenate([a, b]), (0, longest - len(a) - len(b))) for a, b in zip(prompts, answers)])
    return Sampled(torch.from_numpy(ids).to(device), begins, torch.arange(most, device=device) < new[:, None])
