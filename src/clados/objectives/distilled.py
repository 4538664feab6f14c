"""What a teacher gives, at half its depth (Sanh et al. 2019, §2, §3)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.apply.ready import Ready
from clados.data import packing
from clados.data.packing import Packed
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, LossTerm, Random, Setting
from clados.objectives.hiding import Hidden, mask_or_replace, masked_batch, random_places, with_special_tokens
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.owned import Owned
from clados.objectives.tasks import Small, Source, SourceConfig
from clados.objectives.teaching import Taught, evenly_spaced, start_at_layers, sum_in_chunks
from clados.objectives.text import TextTask, first_guesses, lm_loss, packed_texts, stream


class DistilledTask(TextTask[s.Distilled, Packed], objective=s.Distilled):
    """Sequences with some tokens hidden; all positions are taught, as by the authors' script without its option
    ``restrict_ce_to_mask``: the paper does not say at which. A student starts from the teacher's layers (§3).
    """

    length = 64
    batch = 16
    writes = (None,)
    untaught = "roberta"
    small = Small(params="200K", vocab=160, steps=800, length=16, batch=64, lr=1.5e-3, dropout=0.0)

    @property
    def teacher(self) -> str:
        return self.objective.teacher

    def begin(self, model: WholeModel, setting: Setting) -> None:
        teacher = setting.required_teacher
        start_at_layers(model, teacher, {"stack": evenly_spaced(model.spec.size.layers, teacher.spec.size.layers)})

    def owned(self, model: WholeModel, setting: Setting, seed: int) -> Owned:
        return Taught(setting.required_teacher, model)

    # ------------------------------------------------------------ batch and loss

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        texts = stream(examples, config, sentences=True)
        return packing.PackedSentences(texts, config.length - 2, config.separator("sep", "eos"))

    def row(self, texts: Sequence[Ids]) -> Packed:
        return packed_texts(texts)

    def prepare(self, rows: Sequence[Packed], random: Sequence[Random], setting: Setting) -> Batch:
        vocab_ids, hidden = setting.required_vocab_ids, []
        for row, draw in zip(rows, random):
            ids, types = with_special_tokens(row, vocab_ids)
            chosen = random_places(self.objective.rate, ids, vocab_ids, draw)
            hidden.append(Hidden(ids, types, mask_or_replace(self.objective, ids, chosen, vocab_ids, draw), chosen))
        batch = masked_batch(hidden, vocab_ids, segments=False)
        number = batch.weights["lm"]
        return replace(batch, weights={"hard": number, "soft": batch.tokens, "directions": batch.tokens, "lm": number})

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        one, teacher = self.objective, model.owned.teacher.model
        states = model.states(**batch.inputs)
        lm = lm_loss(model, states, batch)
        keep = batch.inputs.get("attention_mask", torch.ones_like(batch.inputs["input_ids"])).bool()
        ours = states[keep]
        with torch.no_grad():
            theirs = teacher.states(**batch.inputs)[keep]
        soft = nearness(model, ours, teacher, theirs, one.temperature)
        directions = (1 - F.cosine_similarity(ours.float(), theirs.float(), dim=-1)).sum()
        parts = {
            "hard": LossTerm(one.hard * lm.sum, lm.weight),
            "soft": LossTerm(one.soft * soft, len(ours)),
            "directions": LossTerm(one.directions * directions, len(ours)),
        }
        return Loss(parts, {"lm": LossTerm(lm.sum.detach(), lm.weight)})

    # ------------------------------------------------------------ how it is judged

    @property
    def held_out(self) -> Self:
        """Every chosen token hidden: one that stays in its place is read off, and tells nothing of what was learned."""
        return type(self)(self.objective.but(masked=1.0, replaced=0.0))

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of hidden tokens that the first guess hits, against the most frequent token."""
        return share("fill@1", "the most frequent token", *first_guesses(self.held_out, ready, sample))


def nearness(model: WholeModel, ours: Tensor, teacher: WholeModel, theirs: Tensor, temperature: float) -> Tensor:
    """The sum of KL(teacher || student) T^2 over positions, both softened by the temperature (Hinton et al. 2015).

    Args:
        ours, theirs: last states, [positions, d_model].
    """

    def some(x: Tensor, y: Tensor) -> Tensor:
        student = model.heads["lm"](x, model.written_inputs, {}).float() / temperature
        with torch.no_grad():
            soft = (teacher.heads["lm"](y, teacher.written_inputs, {}).float() / temperature).log_softmax(-1)
        found: Tensor = F.kl_div(student.log_softmax(-1), soft, reduction="sum", log_target=True)
        return found * temperature**2

    return sum_in_chunks(some, ours, theirs)
