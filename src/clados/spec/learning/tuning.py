"""Tuning: stages that begin from a trained model."""

import re
from typing import Any, Self

from clados.spec.core.part import Part, part_fields
from clados.spec.errors import SpecError
from clados.spec.learning.recipe import Stage

FIELD = re.compile(r"\{\w+\}")  # a field of an example


class Template(Part, kw_only=True):
    """How an example becomes a text. Braces name its fields; in a dialogue, prompt and answer take turns."""

    prompt: str = "{prompt}"
    answer: str = "{answer}"
    opening: str = ""  # once, before the first turn
    bare: str | None = None  # the prompt of an example without ``{input}``; None: they are all written alike
    marks: tuple[str, ...] = ()  # of these texts what is one token of the vocabulary, beside those written ``<|so|>``

    def check(self) -> None:
        if not FIELD.search(self.answer):
            raise SpecError(f"Template.answer is '{self.answer}'; it must name a field of the example, as '{{answer}}'")
        if absent := [mark for mark in self.marks if not mark or not any(mark in text for text in self.texts)]:
            raise SpecError(f"Template.marks has {absent[0]!r}; each must stand in the template's texts")

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is written of it, in order."""
        return self.opening, self.prompt, self.bare or "", self.answer


class Trained(Part):
    """Which numbers a stage moves; all others stay as they are."""


class Upper(Trained):
    """The last ``layers`` and what follows them."""

    layers: int


class AllBut(Trained):
    """Everything but tensors of these names; ``*`` is one piece of a name."""

    names: tuple[str, ...]

    @classmethod
    def example(cls) -> Self:
        return cls(("inputs.tokens.*",))


class LowRank(Trained):
    """W x + alpha / rank B A x, and only A and B move; B starts at zero (Hu et al. 2021, §4.1, eq. 3)."""

    rank: int
    alpha: float
    on: tuple[str, ...]  # outputs of a product ("q", "v") or products ("out")
    dropout: float = 0.0  # of what enters A
    whole: tuple[str, ...] = ()  # names of tensors that move as they are; ``*`` is the rest of a name

    @classmethod
    def example(cls) -> Self:
        return cls(rank=2, alpha=4.0, on=("q",))


class Rates(Part):
    """The rate by layer: each layer learns at ``decay`` times the rate of the one above it (Sun et al. 2019, §5.3.4).

    New heads stand above all layers, and learn at ``head`` times the stage's rate.
    """

    decay: float = 1.0
    head: float = 1.0

    @classmethod
    def example(cls) -> Self:
        return cls(decay=0.5)  # without a decay all learn at the stage's rate

    def check(self) -> None:
        if not 0 < self.decay <= 1 or not self.head > 0:
            raise SpecError(f"Rates are {self!r}; decay must be above 0 and at most 1, head above 0")


class Tuning(Stage, kw_only=True):
    """A stage that starts from weights: another model's, at the same size or at one that is named, or a stage's.

    ``start`` is a card's id (``"gpt-3"``, ``"llama:7b"``) or the name of an earlier stage of the same recipe.
    """

    start: str
    size: str | None = None  # the published size that is trained here, where that is not the model's own
    epochs: float | None = None  # where the paper counts passes over the data
    judges: tuple[str, ...] = ()  # earlier stages, whose models say how good an answer is
    trains: Trained | None = None  # None: everything
    rates: Rates | None = None  # None: one for all

    @classmethod
    def after(cls, stage: Stage, *, name: str, **changes: Any) -> "Tuning":
        """The stage that starts from what another one trained, with that one's words but for these.

        Raises:
            SpecError: as ``but``.
        """
        return cls(**{**part_fields(stage), "name": name}, start=stage.name).but(**changes)
