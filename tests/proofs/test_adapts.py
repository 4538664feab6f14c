"""Walks that are too short to hold, recipes that are not walked, and runs that are forgotten."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from clados.catalog.load import catalog
from clados.data.examples import Captioned
from clados.data.readers import read_as
from clados.data.sets import SETS, instructions, true_answers
from clados.proofs import Subject, adapts
from clados.train.walk import Walk


@pytest.mark.parametrize(
    ("model", "status", "said"),
    [
        ("gpt-2", "not applicable", "its recipe has one stage"),
        ("glide", "not run", "not trained in this run"),
        ("dall-e", "not run", "not trained in this run"),
        ("instructgpt", "not run", "not trained in this run"),
    ],
)
def test_what_is_not_walked_says_why(model: str, status: str, said: str) -> None:
    found = adapts.prove_adapts(Subject(catalog()[model], trains=False))
    assert (found.status, found.evidence[: len(said)]) == (status, said)


def test_a_walk_of_a_step_moves_nothing_and_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few: dict[str, Callable[[], Sequence[Any]]] = {
        "instructions": lambda: instructions()[:40],
        "true-answers": lambda: true_answers()[:40],
    }
    for name, rows in few.items():
        monkeypatch.setitem(SETS, name, rows)
    monkeypatch.setattr(adapts, "Walk", partial(Walk, steps=1))
    monkeypatch.setattr(adapts, "PROMPTS", 8)
    monkeypatch.setattr(adapts, "LOWER_LOSS", 2.0)
    subject = Subject(catalog()["chatllama"], quick=True, folder=tmp_path)
    found = adapts.prove_adapts(subject)
    assert found.status == "fails"
    assert [row["measure"] for row in found.details] == ["held-out loss", "pairs in order", "reward"]
    assert "seed 0, actor: does not end 2 below its start" in found.evidence
    assert "judges no more than 80% rightly" in found.evidence
    assert "rises by less than 0.5 deviations" in found.evidence
    reward = found.details[-1]
    assert abs(reward["nats"]) < 5
    kept = adapts.walk_folder(subject, 0)
    assert (kept / "reward-shuffled" / "config.json").exists()


def test_what_learns_without_captions_is_measured_without_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = read_as(Captioned, "emoji-16")[:200]
    monkeypatch.setitem(SETS, "emoji-16", lambda: few)
    monkeypatch.setattr(adapts, "Walk", partial(Walk, steps=1))
    monkeypatch.setattr(adapts, "MOST_LEFT", 0.1)
    found = adapts.prove_adapts(Subject(catalog()["glide"], quick=True, folder=tmp_path))
    assert (found.status, len(found.details)) == ("fails", 1)
    assert "seed 0, without text: leaves more than 0.1 of the noise that its start leaves" in found.evidence
    moved = found.details[0]
    assert moved["measure"] == "noise left without captions"
    assert 0.5 < moved["after"] < moved["before"] < 1.5


@pytest.mark.parametrize("noted", [json.dumps(["another"]), '["th', "", None])
def test_a_walk_of_something_else_or_of_nobody_knows_what_is_forgotten(noted: str | None, tmp_path: Path) -> None:
    (tmp_path / "actor").mkdir()
    if noted is not None:
        (tmp_path / "walked.json").write_text(noted)
    adapts._forget_other(tmp_path, ["this"])
    assert [each.name for each in tmp_path.iterdir()] == ["walked.json"]
    (tmp_path / "actor").mkdir()
    adapts._forget_other(tmp_path, ["this"])
    assert (tmp_path / "actor").exists()
