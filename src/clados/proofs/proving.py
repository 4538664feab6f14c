"""Models are proved: chosen, proved one after the other, and what was found kept."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from clados.catalog.load import catalog
from clados.errors import InputError, missing
from clados.proofs.proof import PROOFS, RUNS, TRAINED, Finding, Proof, Proofs, Prover, Subject
from clados.proofs.results import KeptResults, forget_runs, result_of
from clados.spec.core.part import hint


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
    results: str | Path | None = None,
    again: bool = False,
    on_proof: Callable[[Proof], object] | None = None,
) -> Proofs:
    """Prove that models are what their papers say, and that they work.

    Args:
        models: ids or names; every model of the catalogue when none is named.
        proofs: these alone, names of ``PROOFS``.
        train: models whose small selves are trained; all that are looked at when none is named.
        quick: one seed instead of three: some minutes a model.
        folder: where trained models are kept.
        results: the folder where each result is kept as it ends; what is there and up to date is not proved again.
        again: prove and train anew what is kept.
        on_proof: called with each proof as it is found.

    Raises:
        NoModelError, InputError: for an unknown model or proof, with the nearest.
        CladosError: for a damaged file of results.
    """
    found = Proofs()
    kept = None if results is None else KeptResults(Path(results))
    for each in prove(subjects(models, train=train, quick=quick, folder=Path(folder)), proofs, kept, again=again):
        found.append(each)
        if on_proof is not None:
            on_proof(each)
    return found


def prove(
    each: Iterable[Subject], proofs: Sequence[str] = (), results: KeptResults | None = None, *, again: bool = False
) -> Iterator[Proof]:
    """Each model's proofs, one after the other, as they are found.

    Raises:
        InputError: for a proof that there is not.
    """
    for name in proofs:
        if name not in PROOFS:
            raise InputError(f"there is no proof '{name}'{hint(name, PROOFS)}")
    for subject in each:
        if again and subject.trains:
            forget_runs(subject)
        for name in proofs or PROOFS:
            known = results.up_to_date(subject, name) if results and not again else None
            if known:
                yield replace(known.proof, evidence=f"{known.proof.evidence}; proved on {known.day}")
                continue
            began = time.process_time()
            proof = _proved(subject, name)
            if results and subject.card.runnable and proof.status != "not run":
                results.keep(result_of(subject, proof, time.process_time() - began))
            yield proof


def _proved(subject: Subject, name: str) -> Proof:
    began = time.perf_counter()
    finding = _find(subject, name)
    seconds = round(time.perf_counter() - began, 2)
    return Proof(subject.card.id, name, finding.status, finding.evidence, seconds, finding.details)


def _find(subject: Subject, name: str) -> Finding:
    if name != "card" and not subject.card.runnable:
        return Finding("missing", "not declared yet")
    if name in TRAINED and not subject.trains:
        return Finding("not run", "not trained in this run")
    try:
        prover: Prover = getattr(import_module(f"clados.proofs.{PROOFS[name][0]}"), f"prove_{name}")
        return prover(subject)
    except ModuleNotFoundError as error:
        return Finding("missing", str(missing(error)))
    except Exception as error:  # noqa: BLE001 (whatever goes wrong in one proof, the others are still shown)
        return Finding("fails", f"{type(error).__name__}: {' '.join(str(error).split())}")
