"""Proof ``card``: what is known of a model is complete, and each value has its source or its reason."""

from functools import cache

from clados.catalog.check import check
from clados.catalog.errata import in_short
from clados.catalog.load import every_file
from clados.catalog.parsing import Problem
from clados.catalog.schema import ATTRIBUTES
from clados.proofs.proof import Finding, Subject


def prove_card(subject: Subject) -> Finding:
    """Every attribute is there, sourced, or unknown with a note that says why; the schema's check finds no fault."""
    card = subject.card
    faults = [f"{each.field}: {each.message}" for each in _problems() if each.path == card.path]
    required = [name for name, attribute in ATTRIBUTES.items() if attribute.required]
    values = {name: card.values[name] for name in required}
    bare = [name for name, value in values.items() if not (value.source if value.known else value.note)]
    faults += [f"{name}: neither source nor reason" for name in bare]
    faults += [f"erratum of {each.attribute}: no source" for each in card.errata if not each.source]
    if faults:
        return Finding("fails", f"{len(faults)} faults: {'; '.join(faults[:3])}")
    unknown = [name for name, value in values.items() if not value.known]
    recalled = sum(value.recalled for value in values.values())
    evidence = [
        f"{len(required)} attributes",
        f"unknown with a reason: {', '.join(unknown)}" if unknown else "none unknown",
    ]
    evidence += [f"{recalled} marked as recalled"] if recalled else []
    return Finding(
        "holds", f"{'; '.join(evidence)}; faults of the survey that the card corrects: {in_short(card.errata)}"
    )


@cache
def _problems() -> tuple[Problem, ...]:
    """The faults of the whole catalogue, checked once."""
    return tuple(check(None, every_file()))
