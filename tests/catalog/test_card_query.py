"""The query language: words, wildcards, alternatives, negation, ranges, dates, order."""

import contextlib
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, strategies as st

import clados
from clados.catalog.card import Card, Value
from clados.catalog.load import Catalog, catalog
from clados.catalog.query import SPELLINGS, filter_cards, search
from clados.catalog.schema import ATTRIBUTES, VALUE_KINDS
from clados.catalog.texts import short_count, short_counts
from clados.errors import InputError
from clados.names import parse_number

ASKED = [
    ({"family": "stem"}, "branch-2 stem"),
    ({"family": "Twig-2"}, "branch-2 leaf"),
    ({"architecture": "encoder"}, "branch-2"),
    ({"arch": "enc*"}, "branch-2 stem"),
    ({"arch": "encoder,decoder"}, "branch-2 leaf"),
    ({"arch": "!encoder"}, "leaf stem"),
    ({"arch": "!encoder,decoder"}, "stem"),
    ({"task": "MLM"}, "branch-2"),
    ({"task_kind": "fine-tuning"}, "leaf"),
    ({"lab": ["North Lab", "South Lab"]}, "stem"),
    ({"lab": "unknown"}, "leaf"),
    ({"license": "open"}, "stem"),
    ({"licence": "mit"}, "branch-2"),
    ({"open": "!closed"}, "branch-2 stem"),
    ({"extension": "encoder"}, "branch-2"),
    ({"application": "weather"}, "stem"),
    ({"corpus": "unknown"}, "leaf"),
    ({"reference": "1901.00001"}, "branch-2"),
    ({"link": "example.org/l"}, "leaf"),
    ({"weights": "not public"}, "leaf"),
    ({"weights": "public"}, "leaf stem"),
    ({"tokenizer": "wordpiece"}, "branch-2 leaf"),
    ({"name": "*e*"}, "leaf stem"),
    ({"name": "b*"}, "branch-2"),
    ({"params": "100M..1B"}, "branch-2 stem"),
    ({"params": "..70M"}, "stem"),
    ({"params": "1B.."}, "branch-2"),
    ({"params": "7B"}, "branch-2"),
    ({"params": "!1B.."}, "leaf stem"),
    ({"params": "unknown"}, "leaf"),
    ({"vocab": "30522"}, "branch-2"),
    ({"vocab": "30523"}, ""),
    ({"since": "2019"}, "branch-2 leaf"),
    ({"since": "2019-01-20"}, "branch-2 leaf"),
    ({"until": "2017-06"}, "stem"),
    ({"until": "2017-06-11"}, ""),
    ({"date": "2017..2019"}, "branch-2 stem"),
    ({"date": "2023-03"}, "leaf"),
    ({"text": "dialogue TUNED"}, "leaf"),
    ({"survey": True}, "branch-2 stem"),
    ({"survey": False}, "leaf"),
    ({"survey": "A.902"}, "branch-2"),
    ({"runnable": True}, ""),
    ({"params": "..1T", "kind": "estimated"}, "branch-2"),
    ({"kind": "disputed"}, "leaf"),
]


def by(cards: Iterable[Card], name: str, word: str) -> list[Card]:
    asked: dict[str, Any] = {name: word}
    return filter_cards(cards, **asked)


@pytest.mark.parametrize(("asked", "expected"), ASKED, ids=str)
def test_a_filter_finds_what_it_says(small: Catalog, asked: dict[str, Any], expected: str) -> None:
    assert " ".join(card.id for card in filter_cards(small.values(), **asked)) == expected


def test_every_attribute_is_a_filter(small: Catalog) -> None:
    for name in ATTRIBUTES:
        known = {card.id for card in by(small.values(), name, "!unknown")}
        assert known == {card.id for card in small.values() if card.values[name].known}


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("date", "stem branch-2 leaf"),
        ("-date", "leaf branch-2 stem"),
        ("params", "stem branch-2 leaf"),
        ("-params", "branch-2 stem leaf"),
        ("survey", "stem branch-2 leaf"),
        ("lab", "branch-2 stem leaf"),
    ],
)
def test_order_puts_the_unknown_last(small: Catalog, sort: str, expected: str) -> None:
    assert " ".join(card.id for card in filter_cards(small.values(), sort=sort)) == expected


def test_the_filter_that_leaves_nothing_is_named(small: Catalog) -> None:
    found = search(small.values(), {"family": "Stem", "params": "1T.."})
    assert found.emptied == "--params 1T.. leaves none of 2"
    assert search(small.values(), {}, limit=1).cards == [small["branch-2"]]


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"family": "stme"}, "no model has family 'stme'; did you mean 'Stem'"),
        ({"lab": "Nowhere"}, "known are North Lab, South Lab"),
        ({"familly": "Stem"}, "unknown attribute 'familly'; did you mean 'family'"),
        ({"kind": "reportd"}, "did you mean 'reported'"),
        ({"params": "many"}, "'many' is not a number"),
        ({"params": "2B..1B"}, "the range is empty"),
        ({"corpus": "Wikipedia,!books"}, "'!' stands before all words, or before none"),
        ({"date": "19"}, "is no date"),
        ({"family": " , "}, "--family is empty"),
        ({"sort": "prams"}, "did you mean 'params'"),
    ],
    ids=str,
)
def test_what_cannot_be_answered_is_explained(small: Catalog, asked: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError) as refusal:
        filter_cards(small.values(), **asked)
    assert complaint in str(refusal.value)


def test_an_allowed_value_that_no_model_has_is_no_mistake(small: Catalog) -> None:
    cards = [small["stem"], small["branch-2"]]
    assert filter_cards(cards, task_kind="fine-tuning") == []


@given(low=st.integers(0, 10**12), high=st.integers(0, 10**12))
def test_a_range_keeps_both_ends(low: int, high: int) -> None:
    cards = [*catalog([]).values()]
    low, high = sorted((low, high))
    kept = {card.id for card in filter_cards(cards, params=f"{low}..{high}")}
    assert kept == {card.id for card in cards if any(low <= each <= high for each in card.params.items)}


@given(name=st.sampled_from(sorted(ATTRIBUTES)), word=st.sampled_from(["unknown", "*a*", "!*e*", "b*,unknown"]))
def test_a_filter_and_its_negation_part_the_cards(name: str, word: str) -> None:
    if ATTRIBUTES[name].type in ("count", "counts", "date"):
        word = "unknown"
    cards = [*catalog([]).values()]
    kept = by(cards, name, word)
    rest = by(cards, name, word.removeprefix("!") if word.startswith("!") else f"!{word}")
    assert len(kept) + len(rest) == len(cards)
    assert not {card.id for card in kept} & {card.id for card in rest}


@given(st.text(max_size=12), st.sampled_from(sorted({*SPELLINGS} - {"runnable"})))
def test_any_text_is_answered_or_refused(text: str, name: str) -> None:
    with contextlib.suppress(InputError):
        assert isinstance(by(catalog([]).values(), name, text), list)


@given(st.integers(1, 10**13))
def test_a_figure_reads_back_within_its_digits(count: int) -> None:
    assert abs(parse_number(short_count(count)) - count) <= max(count * 0.005, 1)


def test_figures_are_written_as_people_do() -> None:
    counts = (0, 999, 50_257, 109_482_240, 999_960_000, 1_542_000_000, 175_000_000_000)
    assert [short_count(each) for each in counts] == [
        "0", "999", "50.3k", "109.5M", "1B", "1.54B", "175B",
    ]  # fmt: skip
    assert short_counts((60_506_624, 220_000_000, 11_300_000_000)) == "60.5M–11.3B (3)"
    read = [parse_number(text) for text in ("350k", "1.5B", "2e9", "1_000", "2T")]
    assert read == [350_000, 1_500_000_000, 2 * 10**9, 1000, 2 * 10**12]


def test_python_asks_the_same_questions() -> None:
    assert [card.id for card in clados.find(family="BERT", params="100M..1B")] == [
        card.id for card in filter_cards(catalog().values(), family="BERT", params="100M..1B")
    ]


@pytest.mark.parametrize(
    ("name", "word", "canonical"),
    [
        ("lab", "facebook ai", "Meta"),
        ("lab", "Google Brain", "Google"),
        ("license", "Apache 2.0", "Apache-2.0"),
        ("tokenizer", "GPT-2's byte-level BPE", "byte-level BPE of GPT-2"),
    ],
)
def test_a_filter_understands_other_spellings_of_a_name(name: str, word: str, canonical: str) -> None:
    cards = catalog().values()
    assert by(cards, name, word) == by(cards, name, canonical) != []


def test_a_value_that_the_survey_alone_reports_says_so() -> None:
    assert Value("MIT", "reported", "survey A.61").mark == "reported, per the survey"
    assert Value("MIT", "reported", "survey A.61", recalled=True).mark == "reported, per the survey, recalled"
    assert Value("MIT", "reported", "survey A.61; a LICENSE").mark == "reported"
    assert Value("MIT", "derived", "survey A.61").mark == "derived"
    card = catalog()["chatgpt"]
    assert "lab" in card.per_survey
    assert "date" not in card.per_survey
    assert card.as_dict()["per_survey"] == [*card.per_survey]


def test_a_kind_is_looked_for_in_every_value_of_a_card() -> None:
    # GPT-3's 13b, UL2 and Flan-UL2 have counts of which sources contradict each other
    assert {card.id for card in filter_cards(catalog().values(), kind="disputed")} >= {"gpt-3", "ul2", "flan-ul2"}
    for kind in VALUE_KINDS:
        found = filter_cards(catalog().values(), kind=kind)
        assert all(any(value.kind == kind for value in card.every_value()) for card in found)


def test_a_rounded_count_is_met_within_five_percent() -> None:
    def near(card: Card, share: float) -> bool:
        return any(abs(count - 7e9) <= share * 7e9 for count in card.values["params"].items)

    cards = list(catalog().values())
    found = {each.id for each in filter_cards(cards, params="7B")}
    assert found >= {"llama", "pythia"}
    assert found == {each.id for each in cards if near(each, 0.05)} < {each.id for each in cards if near(each, 0.3)}
