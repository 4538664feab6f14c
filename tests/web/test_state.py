"""The address holds the state: the same filters give the same models in the address, the command and Python."""

import shlex
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, strategies as st

import clados
from clados.cli.frame import run_command_line
from clados.errors import InputError
from clados.web.site import Site
from clados.web.state import COLUMNS, Listing

QUESTIONS = [
    "architecture=encoder&params=..1B&sort=-date",
    "architecture=encoder&architecture=decoder",
    "text=masked+words&license=!MIT",
    "since=2019&until=2020-06&runnable=yes&survey=1",
    "name=gpt*&arch=decoder",
    "lab=unknown",
    "licence=open&vocab=30k..60k&date=2019..",
]


@pytest.mark.parametrize("query", QUESTIONS)
def test_address_command_and_python_find_the_same(site: Site, capsys: pytest.CaptureFixture[str], query: str) -> None:
    state = Listing.of(parse_qsl(query))
    ours = site.index.met(site.index.passing(state))
    assert 0 < len(ours) < len(site.index.cards)
    assert {card.id for card in eval(state.python(), {"clados": clados})} == ours
    words = shlex.split(state.command())
    assert run_command_line([*words[1:], "--csv"]) == 0
    assert {line.split(",")[0] for line in capsys.readouterr().out.splitlines()[1:]} == ours


@pytest.mark.parametrize("query", QUESTIONS)
def test_the_address_of_a_state_is_that_state(query: str) -> None:
    state = Listing.of(parse_qsl(query))
    assert Listing.of(parse_qsl(state.url)) == state


@given(st.text(min_size=1).filter(lambda text: text.strip() == text and text.isprintable()))
def test_any_text_comes_back_from_the_address_the_command_and_python(text: str) -> None:
    state = Listing.of([("text", text)])
    assert Listing.of(parse_qsl(state.url)) == state
    words = shlex.split(state.command())
    assert words[2:] in (["--text", text], [f"--text={text}"]) or words[2] == f"--text={text}"
    shown: dict[str, str] = {}
    eval(state.python(), {"clados": type("Clados", (), {"find": staticmethod(shown.update)})})
    assert shown == {"text": text}


def test_columns_keep_their_order() -> None:
    assert Listing.of([("columns", "date,name"), ("columns", "lab")]).columns == ("name", "date", "lab")
    assert Listing.of([("columns", "nothing")]).columns == Listing().columns
    assert set(Listing().columns) < set(COLUMNS)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("archtecture", "encoder", "did you mean 'architecture'"), ("runnable", "maybe", "runnable is 'maybe'")],
)
def test_what_the_address_cannot_say_is_refused(name: str, value: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Listing.of([(name, value)])
