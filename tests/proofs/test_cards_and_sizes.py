"""Every card is complete, and every published size of a declared model is counted to the unit."""

from dataclasses import replace

import pytest

from clados.catalog.card import Value
from clados.catalog.load import catalog
from clados.models.declared import package_models
from clados.proofs import Subject, cards, sizes


@pytest.mark.parametrize("model", catalog())
def test_a_card_is_complete(model: str) -> None:
    finding = cards.prove_card(Subject(catalog()[model]))
    assert finding.status == "holds", finding.evidence


@pytest.mark.parametrize("model", package_models())
def test_published_sizes_are_declared_and_counted(model: str) -> None:
    finding = sizes.prove_sizes(Subject(catalog()[model]))
    assert finding.status == "holds", finding.evidence


def test_a_value_without_source_fails() -> None:
    card = catalog()["bert"]
    bare = replace(card, values={**card.values, "lab": Value(("Google",), "reported")})
    finding = cards.prove_card(Subject(bare))
    assert (finding.status, "lab: neither source nor reason" in finding.evidence) == ("fails", True)


def test_a_size_that_is_not_declared_or_counted_otherwise_fails() -> None:
    card = catalog()["gpt-2"]
    first, *_ = card.sizes
    wrong = replace(first, exact=Value(124_439_809, "computed", "a count"), why="")
    unknown = replace(first, name="huge")
    changed = replace(card)
    changed.__dict__["tables"] = replace(card.tables, sizes=(wrong, unknown))
    finding = sizes.prove_sizes(Subject(changed))
    assert finding.status == "fails"
    assert "small: 124,439,808 against 124,439,809, unexplained" in finding.evidence
    assert "huge: its shape is published, and it is not declared" in finding.evidence


def test_sizes_of_another_structure_are_missing_not_wrong() -> None:
    finding = sizes.prove_sizes(Subject(catalog()["alphafold"]))
    assert "missing: multimer_v3" in finding.evidence


def test_labels_that_nothing_explains_are_counted_apart() -> None:
    evidence = sizes.prove_sizes(Subject(catalog()["glam"])).evidence
    assert "not explained: 0.1b, 1.7b/32e" in evidence
