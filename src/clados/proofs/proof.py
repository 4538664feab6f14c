"""The subject and the finding of a proof; the table of proofs."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from clados.catalog.card import Card, declaration_of
from clados.catalog.load import catalog
from clados.errors import InputError, missing
from clados.spec import Declaration
from clados.spec.core.part import hint
from clados.tables import Page, Shown, TextTable

Status = Literal["holds", "fails", "missing", "not applicable"]
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
    "applies": ("applies", "its trained small self does its work better than the trivial answer"),
}

TRAINED = ("learns", "applies")  # proofs that need a trained small self


def subjects(
    names: Sequence[str] = (), *, train: Sequence[str] = (), quick: bool = False, folder: Path = RUNS
) -> list[Subject]:
    """The models to be looked at; every model of the catalogue when none is named.

    Args:
        train: those whose small selves are trained; all when none is named.

    Raises:
        NoModelError: for an unknown name.
    """
    cards = catalog()
    chosen = [cards[name] for name in names] or list(cards.values())
    trained = {cards[name].id for name in train} or {card.id for card in chosen}
    return [Subject(card, quick, card.id in trained, folder) for card in chosen]


def verify(
    *models: str,
    proofs: Sequence[str] = (),
    train: Sequence[str] = (),
    quick: bool = False,
    folder: str | Path = RUNS,
    on_proof: Callable[[Proof], object] | None = None,
) -> Proofs:
    """Prove that models are what their papers say, and that they work.

    Args:
        models: ids or names; every model of the catalogue when none is named.
        proofs: these alone, names of ``PROOFS``.
        train: models whose small selves are trained; all that are looked at when none is named.
        quick: one seed instead of three: some minutes a model.
        folder: where trained models are kept.
        on_proof: called with each proof as it is found.

    Raises:
        NoModelError, InputError: for an unknown model or proof, with the nearest.
    """
    results = Proofs()
    for each in prove(subjects(models, train=train, quick=quick, folder=Path(folder)), proofs):
        results.append(each)
        if on_proof is not None:
            on_proof(each)
    return results


def prove(each: Iterable[Subject], proofs: Sequence[str] = ()) -> Iterator[Proof]:
    """Each model's proofs, one after the other, as they are found.

    Raises:
        InputError: for a proof that there is not.
    """
    for name in proofs:
        if name not in PROOFS:
            raise InputError(f"there is no proof '{name}'{hint(name, PROOFS)}")
    for subject in each:
        for name in proofs or PROOFS:
            yield _proved(subject, name)


def _proved(subject: Subject, name: str) -> Proof:
    began = time.perf_counter()
    finding = _find(subject, name)
    seconds = round(time.perf_counter() - began, 2)
    return Proof(subject.card.id, name, finding.status, finding.evidence, seconds, finding.details)


def _find(subject: Subject, name: str) -> Finding:
    if name != "card" and not subject.card.runnable:
        return Finding("missing", "not declared yet")
    if name in TRAINED and not subject.trains:
        return Finding("missing", "not trained in this run")
    try:
        prover: Prover = getattr(import_module(f"clados.proofs.{PROOFS[name][0]}"), f"prove_{name}")
        return prover(subject)
    except ModuleNotFoundError as error:
        return Finding("missing", str(missing(error)))
    except Exception as error:  # noqa: BLE001 (whatever goes wrong in one proof, the others are still shown)
        return Finding("fails", f"{type(error).__name__}: {' '.join(str(error).split())}")
