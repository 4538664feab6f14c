"""The errata: each quotes the survey to the letter, has its kind, and is counted by it."""

from pathlib import Path

import pytest

from clados.catalog.card import Erratum
from clados.catalog.check import check
from clados.catalog.errata import errata_counts, erratum_line, in_short
from clados.catalog.load import catalog

ROWS = [(card, row) for card in catalog().values() for row in card.errata]
# What the survey (arXiv:2302.07730, appendix A) has in the fields that the cards' errata quote: card, attribute, text.
TEXT = Path(__file__).with_name("survey.tsv").read_text(encoding="utf-8")
FIELDS = [line.split("\t") for line in TEXT.splitlines()]


def fields(card: str, attribute: str) -> list[str]:
    """The survey's texts in a field."""
    return [text for name, field, text in FIELDS if (name, field) == (card, attribute)]


def test_every_erratum_quotes_the_survey_to_the_letter() -> None:
    loose = [
        f"{card.id} {row.attribute}: {row.survey}"
        for card, row in ROWS
        if row.survey and not any(row.survey in text for text in fields(card.id, row.attribute))
    ]
    assert loose == []


def test_where_the_survey_has_nothing_the_erratum_says_so() -> None:
    for card, row in ROWS:
        assert (row.kind == "absent") is (row.survey in ("", "N/A")), f"{card.id} {row.attribute}: {row.survey}"


def test_the_readme_counts_them_by_kind() -> None:
    text = " ".join((Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8").split())
    number = errata_counts(row for _, row in ROWS)
    said = f"contradict {number['wrong']} of the survey's statements, say {number['refined']} more exactly, and fill"
    assert f"{said} {number['absent']} blanks" in text


def test_quotation_marks_hold_the_quotation_alone() -> None:
    row = Erratum("date", "wrong", "10/2022", "30 November 2022", "a post")
    assert erratum_line(row) == "date: the survey has “10/2022”; 30 November 2022  [a post]"
    bare = Erratum("tasks", "absent", "", "language modelling", "a paper")
    assert erratum_line(bare) == "tasks: the survey has nothing; language modelling  [a paper]"
    assert in_short([row, row, bare]) == "2 wrong, 1 absent"
    assert in_short([]) == "none"


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        ('kind = "wrong"\n', "", "erratum[0].kind", "missing"),
        ('kind = "wrong"', 'kind = "worng"', "erratum[0].kind", "did you mean 'wrong'"),
        ('survey = "South Lab"\n', "", "erratum[0].survey", "to the letter"),
    ],
)
def test_the_check_wants_kind_and_quotation(folder: Path, old: str, new: str, field: str, message: str) -> None:
    path = folder / "branch_2.toml"
    path.write_text(path.read_text().replace(old, new, 1))
    assert [message in each.message for each in check(folder) if each.field == field] == [True]
