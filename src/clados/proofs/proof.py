"""The subject and the finding of a proof; the table of proofs."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from clados.catalog.card import Card, declaration_of
from clados.spec import Declaration
from clados.tables import Page, Shown, TextTable

Status = Literal["holds", "fails", "missing", "not run", "not applicable"]
RUNS = Path("runs") / "verify"


@dataclass(frozen=True)
class Subject:
    """The model that is looked at, and how.

    Attributes:
        card: its card.
        quick: one seed instead of three, fewer variations.
        trains: whether its small self is trained, for the proofs that need one.
        folder: where trained models are kept between proofs.
    """

    card: Card
    quick: bool = False
    trains: bool = True
    folder: Path = RUNS

    @cached_property
    def declaration(self) -> Declaration:
        """Its declaration.

        Raises:
            CardError: when it is not declared.
        """
        return declaration_of(self.card)


@dataclass(frozen=True)
class Finding:
    """What one proof found.

    Attributes:
        evidence: what was seen, in one line.
        details: rows for the full report.
    """

    status: Status
    evidence: str
    details: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Proof:
    """One proof of one model, as it is printed."""

    id: str
    proof: str
    status: Status
    evidence: str
    seconds: float
    details: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON; without the rows of the full report."""
        return {name: value for name, value in asdict(self).items() if name != "details"}


class Proofs(list[Proof], Shown):
    """The proofs of some models."""

    @property
    def hold(self) -> bool:
        """Whether none fails."""
        return not any(each.status == "fails" for each in self)

    def page(self) -> Page:
        """A row a proof."""
        rows = [[e.id, e.proof, e.status, e.evidence, f"{e.seconds:.1f}"] for e in self]
        heads = ("model", "proof", "status", "evidence", "seconds")
        return Page([TextTable(heads, rows, right=("seconds",), wrap=("evidence",))])


Prover = Callable[[Subject], Finding]

# Each proof, in order: the module of its function (``prove_card`` of ``card``), and its claim.
PROOFS: dict[str, tuple[str, str]] = {
    "card": ("cards", "every attribute present, sourced or unknown with a reason; schema valid"),
    "sizes": ("sizes", "published sizes declared; ledger = module = reference's count; labels explained"),
    "parity": ("parity", "outputs, gradients, files, cache and compilation equal the reference's"),
    "fields": ("fields", "every field of the declaration changed is a change that is noticed"),
    "learns": ("learns", "its own objective beats guessing on held-out data, and not when shuffled"),
    "adapts": ("adapts", "later stages of its recipe move their own measure"),
    "applies": ("applies", "what ships of it, or its trained small self, does its work better than the trivial answer"),
}

TRAINED = ("learns", "applies")  # proofs that need a trained small self
