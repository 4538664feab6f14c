"""Damaged files of a run are read or refused in one line: run.json, the log, and what is in a checkpoint."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clados.apply.ready import load
from clados.train import saved
from clados.train.choices import Choices
from clados.train.pretrain import pretrain
from clados.train.run_folder import resumed
from tests.fuzz.harness import MUTANTS, Row, run
from tests.fuzz.mutants import bytes_mutant, json_bytes, safetensors_mutant, text_mutant
from tests.train.small import choices, write_texts

LAST = "run/checkpoints/step-00000002"
MOST = 300  # mutants of rows that take a third of a second each


def trained(model: str = "gpt-2", data: str = "", **more: Any) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        texts = data or str(write_texts(folder / "texts"))
        pretrain(choices(texts, model, **({"steps": 2} | more)), folder / "run")

    return make


def first_only(folder: Path) -> None:
    """A run that ended before its first checkpoint."""
    trained()(folder)
    for each in saved.checkpoints(folder / "run" / "checkpoints"):
        for file in each.iterdir():
            file.unlink()
        each.rmdir()


def choices_of(folder: Path) -> object:
    return resumed(folder / "run", Choices(model="gpt-2"), [])


def state_of(folder: Path) -> object:
    return saved.state_of(folder / LAST)


def going_on(folder: Path) -> object:
    """One step more at most, as ``pretrain --resume`` goes on; what it writes is taken back."""
    before = {file: file.read_bytes() for file in (folder / "run").rglob("*") if file.is_file()}
    try:
        asked = resumed(folder / "run", Choices(model="gpt-2"), [])
        asked = replace(asked, data=str(folder / "texts"), steps=min(asked.steps or 1, 3))
        return pretrain(asked, folder / "run", resume=True)
    finally:
        for file in (folder / "run").rglob("*"):
            if file.is_file() and file not in before:
                file.unlink()
        for file, content in before.items():
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content)
        for each in (folder / "run" / "checkpoints").glob("step-*"):
            if not any(each.iterdir()):
                each.rmdir()


def used(folder: Path) -> object:
    return load(folder / "run")


ROWS = (
    Row("choices", trained(), "run/run.json", json_bytes, choices_of),
    Row("state", trained(), f"{LAST}/state.json", json_bytes, state_of),
    Row("weights", trained(), f"{LAST}/model.safetensors", safetensors_mutant, state_of),
    Row(
        "run.json of an episode",
        trained("decision-transformer", "cartpole", params="300K", vocab=Choices.vocab),
        "run/run.json",
        json_bytes,
        used,
    ),
)
SLOW = (
    Row("run.json, to go on", trained(), "run/run.json", json_bytes, going_on),
    Row("run.json, to begin", first_only, "run/run.json", json_bytes, going_on),
    Row("state.json, to go on", trained(), f"{LAST}/state.json", json_bytes, going_on),
    Row("moments", trained(), f"{LAST}/optimiser.safetensors", bytes_mutant, going_on),
    Row("log", trained(), "run/log.jsonl", text_mutant, going_on),
)


@pytest.mark.fuzz
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_damaged_run_is_read_or_refused_in_one_line(row: Row, tmp_path: Path) -> None:
    run(row, tmp_path, max(1, MUTANTS // len(ROWS)))


@pytest.mark.fuzz
@pytest.mark.parametrize("row", SLOW, ids=lambda row: row.name)
def test_a_damaged_run_goes_on_or_is_refused_in_one_line(row: Row, tmp_path: Path) -> None:
    run(row, tmp_path, max(1, min(MOST, MUTANTS // len(SLOW))))
