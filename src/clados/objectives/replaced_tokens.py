"""Tokens that a generator put in, found by the model (Clark et al. 2020, §2; He et al. 2023, §3.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.apply.ready import Ready
from clados.data import packing
from clados.data.packing import Packed
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.nn.make import build
from clados.objectives.base import Batch, Ids, Loss, LossTerm, Random, Setting, padded
from clados.objectives.hiding import Hidden, masked_batch, random_places, with_special_tokens
from clados.objectives.measures import Measure, Sample
from clados.objectives.owned import Owned
from clados.objectives.tasks import Small, Source, SourceConfig, Task
from clados.objectives.text import lm_loss, packed_texts, stream
from clados.spec.core.scale import proportioned

AT_ONCE = 256  # positions whose scores are there at once
GOAL = 0.05  # of the entropy that a model has to explain
EASY = 0.6  # area under the curve that a model has to reach; 0.5 is guessing


class ReplacedTokensTask(Task[s.ReplacedTokens, Packed], objective=s.ReplacedTokens):
    """Sequences with some tokens hidden; the generator fills them in, and the model tells which these are.

    The two losses are means, over hidden tokens and over all, as in the authors' code, whose 50 is their weight: the
    paper writes sums. Every chosen token becomes a mask (§2); the authors' code leaves 15 % of them in their place.
    """

    writes = (None,)
    length = 64
    batch = 16
    term: ClassVar[str] = "found"
    targets: ClassVar[int] = 20_000
    small = Small(params="960K", vocab=2048, steps=12_500, length=32, batch=64, lr=1e-3, dropout=0.0)

    def suited(self, model: s.Model, paper: s.Model) -> s.ReplacedTokens:
        """With a generator that is to the model what the paper's is to the paper's model."""
        size, inputs = proportioned(self.objective.generator, paper, model), model.reads(s.Tokens)
        width = inputs.width(model.size.dims) if inputs and size.d_embedding else None
        return self.objective.but(generator=size.but(d_embedding=width))

    @property
    def heads(self) -> tuple[str, ...]:
        return ("discriminator",)

    def owned(self, model: WholeModel, setting: Setting, seed: int) -> Owned:
        drawn = int(packing.generator(seed, 5).integers(2**31))
        part = generator_of(self.objective, model.spec)
        made = build(part, device=next(model.parameters()).device, seed=drawn)
        return (ResidualTables if self.objective.sharing == "residual" else SharedTables)(made, model)

    # ------------------------------------------------------------ batch and loss

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        texts = stream(examples, config, sentences=True)
        return packing.PackedSentences(texts, config.length - 2, config.separator("sep", "eos"))

    def texts(self, text: str) -> list[str]:
        return [text]

    def row(self, texts: Sequence[Ids]) -> Packed:
        return packed_texts(texts)

    def prepare(self, rows: Sequence[Packed], random: Sequence[Random], setting: Setting) -> Batch:
        """What the generator sees and has to predict, and for each of these a number that decides what it samples."""
        vocab_ids, hidden, draws = setting.required_vocab_ids, [], []
        for row, draw in zip(rows, random):
            ids, types = with_special_tokens(row, vocab_ids)
            chosen = random_places(self.objective.rate, ids, vocab_ids, draw)
            seen = ids.copy()
            seen[chosen] = vocab_ids.id("mask")
            hidden.append(Hidden(ids, types, seen, chosen))
            draws.append(draw.random(len(chosen), np.float32))
        batch = masked_batch(hidden, vocab_ids, segments=False)
        text = padded([vocab_ids.is_text[each.ids].astype(np.int64) for each in hidden], 0)[0].bool()
        targets = {**batch.targets, "draws": torch.from_numpy(np.concatenate(draws)), "text": text}
        return replace(
            batch, targets=targets, weights={"found": batch.tokens, "text": int(text.sum()), **batch.weights}
        )

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        generator = model.owned.generator
        states = generator.states(**batch.inputs)
        put_in = sampled(generator, states.flatten(0, 1)[batch.targets["at"]], batch.targets["draws"])
        lm = lm_loss(generator, states, batch)
        found, replaced = discriminated(model, batch, put_in)
        errors = F.binary_cross_entropy_with_logits(found, replaced.float(), reduction="none")
        text, number = batch.targets["text"][_is_real(batch)], batch.weights["text"]
        return Loss(
            {"found": LossTerm(self.objective.weight * errors.sum(), batch.weights["found"]), "lm": lm},
            {  # of text alone, as marks are never replaced
                "entropy": LossTerm(errors[text].sum().detach(), number),
                "guess": LossTerm(guessed(batch, replaced[text]), number),
                "replaced": LossTerm(replaced[text].sum(), number),
                "accuracy": LossTerm(((found > 0) == replaced)[text].sum(), number),
            },
        )

    # ------------------------------------------------------------ how it is judged

    def main_loss(self, losses: Mapping[str, float]) -> float:
        """The model's cross-entropy on text as a share of that of who knows only how many tokens of a row were hidden.

        What is replaced depends on the generator of that moment, and so does this entropy. A training step says less.
        """
        if "guess" not in losses:
            return super().main_loss(losses)
        return losses["entropy"] / max(losses["guess"], 1e-9)

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        return {"loss": 1.0}

    def goal(self, baseline: float) -> float:
        return baseline - GOAL

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        every = ", ".join(f"{each:.2f}" for each in ends)
        return f"{every} of the entropy of guessing by how many of a row's tokens were hidden (goal: {1 - GOAL:.2f})"

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """How often a word that was put in is scored above one that was not: the area under the curve, 0.5 by chance.

        The generator is gone, so hidden tokens are replaced by those that were hidden elsewhere, in random order.
        Marks, which are never replaced, are left out.
        """
        scores, labels = list[Tensor](), list[Tensor]()
        for i, batch in enumerate(self.batches(ready, sample)):
            order = packing.generator(sample.seed, 6, i).permutation(len(batch.targets["labels"]))
            found, replaced = discriminated(ready.model, batch, batch.targets["labels"][torch.from_numpy(order)])
            text = batch.targets["text"][_is_real(batch)]
            scores.append(found[text])
            labels.append(replaced[text])
        area = area_under_curve(torch.cat(scores), torch.cat(labels))
        return Measure("area under the curve", area, 0.5, "guessing", EASY, sum(map(len, labels)))


# ---------------------------------------------------------------- the generator


def generator_of(objective: s.ReplacedTokens, model: s.Model) -> s.Model:
    """The model at the generator's size, with a head that reads words; its tables are as wide as the model's.

    Raises:
        InputError: when a residual is shared, and the generator is of another width.
    """
    inputs, judge, size = model.reads(s.Tokens), model.head("discriminator"), objective.generator
    assert inputs is not None
    assert isinstance(judge, s.Discriminator)
    width = inputs.width(model.size.dims)
    if objective.sharing == "residual" and size.d_model != width:
        raise InputError(f"ReplacedTokens.generator is {size.d_model} wide; to share a residual it has to be {width}")
    narrow = width != size.d_model
    held: s.Inputs = s.Factorised.like(inputs) if narrow else inputs
    head = s.Tied(bias=True, transform=judge.act)
    made: s.Model = model.but(inputs=held, size=size.but(d_embedding=width if narrow else None), heads=(head,))
    return made


class SharedTables(Owned):
    """The generator. What stands before its layers is the model's: tables, and in the authors' code the norm (§3.2)."""

    generator: WholeModel

    def __init__(self, made: WholeModel, model: WholeModel) -> None:
        super().__init__()
        self.generator = made
        for name, module in model.inputs.named_children():
            if name != "project":
                lend(made.inputs, name, module)


class ResidualTables(Owned):
    """The generator with a table of its own; the model's is what it adds to that one, and their sum when it is done."""

    generator: WholeModel

    def __init__(self, made: WholeModel, model: WholeModel) -> None:
        super().__init__()
        self.generator = made
        with torch.no_grad():
            made.inputs.tokens.weight.copy_(model.inputs.tokens.weight)
            model.inputs.tokens.weight.zero_()
        self.hook = model.inputs.tokens.register_forward_hook(self.added)

    def added(self, table: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> Tensor:
        """Vectors of tokens, the generator's added to the model's; no gradient reaches the generator's (eq. 4)."""
        return output + F.embedding(given[0], self.generator.inputs.tokens.weight.detach())

    @torch.no_grad()
    def leave(self, model: nn.Module) -> None:
        self.hook.remove()
        cast(WholeModel, model).inputs.tokens.weight += self.generator.inputs.tokens.weight


def lend(holder: nn.Module, name: str, module: nn.Module) -> None:
    """Let a module use one that belongs to another: it is no submodule there, so it is moved and saved once."""
    del holder._modules[name]
    holder.__dict__[name] = module


@torch.no_grad()
def sampled(generator: WholeModel, x: Tensor, draws: Tensor) -> Tensor:
    """A word for each state, [positions, d_model]: where the sum of probabilities passes its number in [0, 1)."""
    found = []
    for some, draw in zip(x.split(AT_ONCE), draws.split(AT_ONCE)):
        scores: Tensor = generator.heads["lm"](some, generator.inputs, {})
        sums = scores.float().softmax(-1).cumsum(-1)
        place = torch.searchsorted(sums, draw[:, None] * sums[:, -1:], right=True)
        found.append(place[:, 0].clamp(max=sums.size(-1) - 1))
    return torch.cat(found) if found else draws.long()


def discriminated(model: WholeModel, batch: Batch, put_in: Tensor) -> tuple[Tensor, Tensor]:
    """The log-odds of every token that is no padding of having been put in, [tokens], and whether it was.

    A token that is the original is not counted as put in (§2).
    """
    ids, at = batch.inputs["input_ids"], batch.targets["at"]
    original = ids.flatten().scatter(0, at, batch.targets["labels"]).view_as(ids)
    seen = original.flatten().scatter(0, at, put_in).view_as(ids)
    scores: Tensor = model.heads["discriminator"](
        model.states(**{**batch.inputs, "input_ids": seen}), model.inputs, {}
    ).float()
    keep = _is_real(batch)
    return scores[keep], (seen != original)[keep]


def _is_real(batch: Batch) -> Tensor:
    """Which tokens are no padding, [batch, length]."""
    return batch.inputs.get("attention_mask", torch.ones_like(batch.inputs["input_ids"])).bool()


def guessed(batch: Batch, replaced: Tensor) -> Tensor:
    """The cross-entropy, summed, of who knows how many of a row's tokens were hidden, and how often they were replaced.

    Of a short row a larger share is hidden, as it is one token at least: how long it is tells something.

    Args:
        replaced: of the tokens that are text, [tokens].
    """
    text, at = batch.targets["text"], batch.targets["at"]
    rows, width = text.shape
    hidden = torch.bincount(at // width, minlength=rows) / text.sum(1).clamp(min=1)
    p = (hidden * replaced.sum() / max(1, len(at)))[:, None].expand(rows, width)[text]
    return F.binary_cross_entropy(p.clamp(max=1), replaced.float(), reduction="sum")


def area_under_curve(scores: Tensor, labels: Tensor) -> float:
    """How often a positive is scored above a negative, ties by half (Mann & Whitney 1947).

    Raises:
        InputError: when all labels are the same.
    """
    _, place, number = scores.double().unique(return_inverse=True, return_counts=True)
    ranks = (number.cumsum(0) - (number - 1) / 2)[place]
    positive, negative = int(labels.sum()), int((~labels).sum())
    if not positive or not negative:
        raise InputError("area under the curve: the held-out examples have no replaced token, or no other")
    return float((ranks[labels].sum() - positive * (positive + 1) / 2) / (positive * negative))
