"""Ids of small pretrained models stand wherever a directory does."""

import json
from pathlib import Path
from typing import Any

import pytest

import clados
from clados import small, spec as s
from clados.checkpoints import save_pretrained
from clados.cli.frame import run_command_line
from clados.data.training import train_tokenizer
from clados.errors import InputError
from clados.files import write_json
from clados.models.declared import declared
from clados.nn import build
from clados.small import model_folder, small_models
from clados.train.choices import Choices
from clados.train.planned import planned

MOST, MOST_TOGETHER = 3_000_000, 24_000_000  # bytes


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package with one small model, a tiny GPT-2."""
    words = train_tokenizer(["a person who sings"] * 3, "bytes", 300)
    vocab = s.Vocabulary(kind="bytes", size=words.size, bos=0, eos=0)
    model = s.tiny(declared("gpt-2").model.but(inputs=s.but(vocab=vocab)))
    folder = tmp_path / "gpt-2"
    save_pretrained(build(model), folder, tokenizer=words)
    held_out = {"measure": "next token@1", "value": 0.25, "beside": "the most frequent token", "trivial": 0.125}
    data = {"name": "glosses", "licence": "free"}
    said = {"model": "gpt-2", "verbs": ["generate"], "parameters": s.count_parameters(model).total, "length": 64}
    said["data"] = data
    write_json(folder / "run.json", said | {"processor seconds": 2400.0, "held out": held_out})
    monkeypatch.setattr(small, "_folders", lambda: {"gpt-2": folder})
    return folder


def test_an_id_stands_for_its_directory(shipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert model_folder("small/gpt-2") == model_folder(Path("small/gpt-2")) == shipped
    assert clados.from_pretrained("small/gpt-2").report.model.startswith("gpt-2")
    assert clados.load("small/gpt-2").name == "gpt-2"
    assert clados.objective("small/gpt-2", "a person who sings").model == "gpt-2"
    assert planned(Choices(model="gpt-2", start="small/gpt-2", steps=1)).start is not None
    written = clados.generate("small/gpt-2", "a person", max_new_tokens=3)
    assert run_command_line(["generate", "small/gpt-2", "--prompt", "a person", "--max-new-tokens", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == written
    for verb in ("load", "count", "draw"):
        assert run_command_line([verb, "small/gpt-2"]) == 0


def test_other_paths_stay_as_they_are(shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("gpt-2", "a/small/gpt-2", "small", "small/gpt-2/model.safetensors", "/small/gpt-2"):
        assert model_folder(path) == Path(path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small" / "gpt-2").mkdir(parents=True)
    assert model_folder("small/gpt-2") == Path("small/gpt-2")  # what is there is meant


def test_an_unknown_id_is_refused_with_the_nearest(shipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(
        InputError, match=r"^small/gpt2: no such directory or small model; did you mean 'small/gpt-2'\?$"
    ):
        model_folder("small/gpt2")
    assert run_command_line(["generate", "small/unheard", "--prompt", "a"]) == 2
    assert capsys.readouterr().err.strip().endswith("no such directory or small model; small models: small/gpt-2")


def test_a_tuned_model_starts_from_the_one_that_comes_along(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small" / "gpt-2").mkdir(parents=True)  # somebody's own, which nobody named

    def begins(**chosen: Any) -> Path | None:
        plan = planned(Choices(model="dialogpt", steps=1, **chosen))
        return plan.start.folder if plan.start else None

    assert begins() == begins(length=64) == shipped
    for chosen in ({"params": "200K"}, {"vocab": 400}, {"length": 65}):  # these it has not
        assert begins(**chosen) != shipped


def test_they_are_listed(shipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["small", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["id"], row["card"], row["verbs"], row["value"]) == ("small/gpt-2", "gpt-2", ["generate"], 0.25)
    assert row["bytes"] == sum(each.stat().st_size for each in shipped.iterdir())
    assert run_command_line(["small"]) == 0
    assert "next token@1 0.250" in capsys.readouterr().out


def test_those_that_come_along_are_small_and_better_than_no_model() -> None:
    found = small_models()
    assert sum(each.bytes for each in found) <= MOST_TOGETHER
    for each in found:
        assert each.bytes <= MOST, each.id
        assert each.value > each.trivial, each.id
        assert each.seconds >= 2400, each.id
        assert each.data, each.id
        assert each.licence, each.id
