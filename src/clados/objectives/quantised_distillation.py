"""A student in few bits, beside a teacher that was tuned for its task (Li et al. 2022, §3)."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.checkpoints.formats.few_bits import Coded
from clados.nn.kinds.model import WholeModel
from clados.nn.products import product
from clados.objectives.base import Batch, Loss, LossTerm, Random, Setting
from clados.objectives.pairs import PairTask
from clados.objectives.quantising import Looked, in_bits, looking, quantisable, quantising
from clados.objectives.sides import SourceTarget
from clados.objectives.tasks import Small
from clados.objectives.teaching import Taught, evenly_spaced, start_at_layers, sum_in_chunks
from clados.objectives.text import lm_loss

MOST_BITS = 8  # of what is kept as bytes


class QuantisedDistillationTask(PairTask[s.QuantisedDistillation], objective=s.QuantisedDistillation):
    """Pairs; the student writes the target in few bits, and is near to its teacher all the way.

    Each mean is over what is no padding; the authors' code takes padding in, and the encoder's last states twice. Words
    are scored by the table in few bits; there by the whole one, of which nothing is to be kept. Activations are scaled
    by the largest of a whole batch, as there, so that small batches are not quite a large one.
    """

    teaches = untaught = "translation"
    small = Small(params="600K", steps=200, batch=32)

    @property
    def teacher(self) -> str:
        return self.objective.teacher

    def begin(self, model: WholeModel, setting: Setting) -> None:
        start_at_layers(model, setting.required_teacher, self.layers(model, setting.required_teacher))

    def layers(self, model: WholeModel, teacher: WholeModel) -> dict[str, tuple[int, ...]]:
        """Which of a teacher's layers those of a student come from: as the paper has it, stretched to its depth."""
        found = {}
        for name in ("encoder", "decoder"):
            own, of = (len(each.get_submodule(f"{name}.blocks")) for each in (model, teacher))  # type: ignore[arg-type]
            table = next((row for row in self.objective.layers if len(row) == own < of), None)
            last = max(map(max, self.objective.layers), default=0)
            found[name] = tuple(round(i * (of - 1) / last) for i in table) if table and last else evenly_spaced(own, of)
        return found

    def owned(self, model: WholeModel, setting: Setting, seed: int) -> "FewBits":
        return FewBits(setting.required_teacher, model, self.objective, self.layers(model, setting.required_teacher))

    def prepare(self, rows: Sequence[SourceTarget], random: Sequence[Random], setting: Setting) -> Batch:
        batch = super().prepare(rows, random, setting)
        ours, theirs = _lengths(batch)
        return replace(batch, weights={"task": batch.weights["lm"], **_weights(ours, theirs), **batch.weights})

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        owned: FewBits = model.owned
        teacher = owned.teacher.model
        with quantising(model, self.objective), looking(model, self.objective) as ours:
            states = model.states(**batch.inputs)
            lm = lm_loss(model, states, batch)
            with torch.no_grad(), looking(teacher) as theirs:
                taught = teacher.states(**batch.inputs)
            at = batch.targets.get("at", torch.arange(states.size(0) * states.size(1), device=states.device))
            x, y = states.flatten(0, 1)[at], taught.flatten(0, 1)[at]
            scores = sum_in_chunks(_scores(model, teacher), x, y)
        read, written = _lengths(batch)
        weights = _weights(read, written)
        sums = {"scores": scores, **_differences(ours, theirs, owned.layers, read, written)}
        parts = {"task": lm} | {name: LossTerm(each, weights[name]) for name, each in sums.items()}
        return Loss(parts, {"lm": LossTerm(lm.sum.detach(), lm.weight)})


class FewBits(Taught):
    """The teacher; and at the end, weights that have few values, which are filed as such too."""

    def __init__(
        self,
        teacher: WholeModel,
        model: WholeModel,
        objective: s.QuantisedDistillation,
        layers: dict[str, tuple[int, ...]],
    ) -> None:
        super().__init__(teacher, model)
        self.objective, self.layers = objective, layers

    @torch.no_grad()
    def leave(self, model: nn.Module) -> None:
        few = dict[str, Coded]()
        for row, table in quantisable(model.spec):  # type: ignore[arg-type]
            tensor = model.get_parameter(row.path)
            pieces = in_bits(self.objective, row, table, tensor)
            codes, scales = zip(*((each.codes, each.scale.expand_as(each.codes)) for each in pieces))
            coded = Coded(torch.cat(codes), torch.cat(scales))
            tensor.copy_(coded.whole)
            if (self.objective.tables if table else self.objective.weights) <= MOST_BITS:
                few[row.path] = coded
        model.few_bits = few  # type: ignore[assignment]


def _lengths(batch: Batch) -> tuple[list[int], list[int]]:
    """Tokens that are read and that are written, a row."""
    keep = batch.inputs.get("attention_mask", torch.ones_like(batch.inputs["input_ids"]))
    rows, length = batch.inputs["decoder_input_ids"].shape
    at = batch.targets.get("at", torch.arange(rows * length))
    return keep.sum(1).tolist(), torch.bincount(at // length, minlength=rows).tolist()


def _weights(read: list[int], written: list[int]) -> dict[str, int]:
    """What each difference is the mean over: positions, or pairs of positions of a text."""
    return {
        "scores": sum(written),
        "encoder_attention": sum(n * n for n in read),
        "decoder_attention": sum(m * m for m in written),
        "cross_attention": sum(n * m for n, m in zip(read, written)),
        "encoder_states": sum(read),
        "decoder_states": sum(written),
    }


def _scores(model: WholeModel, teacher: WholeModel) -> Callable[[Tensor, Tensor], Tensor]:
    """The sum over positions of the mean squared difference of all words' scores, by the table as it is now."""
    head, (table, bias) = model.heads["lm"], model.heads["lm"].weight_and_bias(model.written_inputs)

    def some(x: Tensor, y: Tensor) -> Tensor:
        with torch.no_grad():
            theirs = teacher.heads["lm"](y, teacher.written_inputs, {}).float()
        found: Tensor = (product(head.ready(x), table, bias).float() - theirs).square().mean(-1).sum()
        return found

    return some


def _differences(
    ours: Looked, theirs: Looked, layers: dict[str, tuple[int, ...]], read: list[int], written: list[int]
) -> dict[str, Tensor]:
    """Squared differences of attention, the mean over heads, and of states, over their width; the sum over layers."""
    sums: dict[str, Tensor] = {}

    def add(name: str, mine: Tensor, other: Tensor, axis: int, queries: list[int]) -> None:
        squares = (mine.float() - other.float()).square().mean(axis)
        if len(queries) == len(squares) and squares.size(1) == max(queries):  # rows side by side, some of them padded
            keep = (
                torch.arange(squares.size(1), device=squares.device) < torch.tensor(queries).to(squares.device)[:, None]
            )
            squares = squares[keep]
        sums[name] = sums.get(name, squares.new_zeros(())) + squares.sum()

    for stack, lengths in (("encoder", read), ("decoder", written)):
        for i, mine in enumerate(ours.states[stack]):
            other = theirs.states[stack][0 if i == 0 else layers[stack][i - 1] + 1]
            add(f"{stack}_states", mine, other, -1, lengths)
        for i, of in enumerate(layers[stack]):
            kinds = {"attn": f"{stack}_attention"} | ({"cross": "cross_attention"} if stack == "decoder" else {})
            for kind, name in kinds.items():
                pairs = zip(ours.maps[f"{stack}.blocks.{i}.{kind}"], theirs.maps[f"{stack}.blocks.{of}.{kind}"])
                for mine, other in pairs:
                    add(name, mine, other, 1, lengths)
    return sums
