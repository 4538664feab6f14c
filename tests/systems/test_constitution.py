"""Preferences of a model's own: what is asked, in both orders, and what is left out."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from clados.cli.frame import run_command_line
from clados.data.examples import RankedAnswers
from clados.data.readers import read
from clados.errors import InputError
from clados.systems.constitution import OPTIONS, Constitution, question

SMALL = "small/gpt-2-instruct"


def answers(prompts: Sequence[str]) -> list[str]:
    return [
        each for prompt in prompts for each in ({"same": ["x", "x"], "empty": ["", "y"]}.get(prompt, ["bad", "good"]))
    ]


def liking(asked: list[str], place: float) -> Callable[[str, Sequence[str]], list[float]]:
    """Knows a good answer from a bad one, by two nats, and likes the first place by ``place`` nats."""

    def likelihood(prompt: str, texts: Sequence[str]) -> list[float]:
        assert tuple(texts) == OPTIONS
        asked.append(prompt)
        first = prompt.index("(A)") + 4
        good = prompt[first:].startswith("good")
        return [2.0 * good + place, 2.0 * (not good)]

    return likelihood


@pytest.mark.parametrize("place", [0.0, 3.0])
def test_both_orders_are_asked_and_the_mean_is_taken(place: float) -> None:
    asked = list[str]()
    system = Constitution(answers, liking(asked, place), ("Choose the kinder one.",))
    found = list(system.preferences(["Hi?", "same", "empty"]))
    assert asked == [question("Hi?", "Choose the kinder one.", *each) for each in (("bad", "good"), ("good", "bad"))]
    assert asked[0].endswith("Choose the kinder one.\nOptions:\n (A) bad\n (B) good\nThe answer is:")
    bad, good = (1 / (1 + math.exp(-place + sign * 2)) for sign in (1, -1))
    chance = (bad + 1 - good) / 2
    assert chance < 0.5
    (one,) = found
    assert (one.prompt, one.answers) == ("Hi?", ("bad", "good"))
    assert one.chances == one.scores == pytest.approx((chance, 1 - chance))


def test_what_is_liked_alike_or_too_long_is_left_out_and_the_seed_draws_the_principles() -> None:
    assert not list(Constitution(answers, lambda prompt, texts: [1.0, 0.0]).preferences(["Hi?"]))
    assert not list(Constitution(answers, liking([], 0.0), fits=lambda text: False).preferences(["Hi?"]))
    drawn = []
    for seed in (0, 0, 1):
        asked = list[str]()
        list(Constitution(answers, liking(asked, 0.0), tuple("pqrs")).preferences([f"{n}?" for n in range(8)], seed))
        drawn.append([each.split("\n")[4] for each in asked[::2]])
    assert drawn[0] == drawn[1] != drawn[2]
    with pytest.raises(InputError, match="there is no principle to choose by"):
        list(Constitution(answers, liking([], 0.0), ()).preferences(["Hi?"]))


def test_preferences_are_written_as_data_of_a_preference_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    line = ["prefer", SMALL, "--most", "6", "--max-new-tokens", "6", "--seed", "1"]
    assert run_command_line([*line, "--out", "one.jsonl", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    rows = read("one.jsonl")
    assert (told["prompts"], told["preferences"]) == (6, len(rows))
    assert all(isinstance(each, RankedAnswers) and sum(each.chances) == pytest.approx(1) for each in rows)
    assert run_command_line([*line, "--out", "two.jsonl"]) == 0
    assert "no person judged them" in capsys.readouterr().err
    assert (tmp_path / "one.jsonl").read_text() == (tmp_path / "two.jsonl").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--principles", "nowhere.txt"], "nowhere.txt: the principles cannot be read: No such file"),
        (["--principles", "empty.txt"], "empty.txt: there is no principle in it; one stands on each line"),
        (["--prompts", "english"], "english: holds Text; Pair is needed here"),
        (["--prompts", ""], "data is empty"),
        (["--answers", "small/gpt-2"], "gpt-2 is a Decoder of tokens: it can generate, embed; not chat"),
        (["--answers", ""], "the directory of a model is empty"),
        (["--seed", str(2**70)], "seed is 1180591620717411303424; it must be from 0 to"),
        (["--out", "empty"], "empty: Is a directory"),
    ],
)
def test_what_cannot_be_is_one_line(
    options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.txt").write_text("\n \n")
    (tmp_path / "empty").mkdir()
    code = run_command_line(["prefer", SMALL, "--out", "o.jsonl", "--most", "2", "--max-new-tokens", "4", *options])
    told = capsys.readouterr()
    assert (code, told.out) == (2, "")
    assert said in told.err.splitlines()[-1]
    assert not (tmp_path / "o.jsonl").exists()
