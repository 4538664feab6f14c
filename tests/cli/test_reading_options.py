"""Options of every command that reads a model's directory: pickles, and the class to read it as."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from clados import spec as s
from clados.checkpoints import save_pretrained
from clados.cli.commands import COMMANDS
from clados.cli.frame import function, run_command_line
from clados.data.training import train_tokenizer
from clados.models.declared import declared
from clados.nn import build

PICKLED = "--allow-pickle"


@pytest.fixture
def pickled(tmp_path: Path) -> str:
    """A tiny BERT, pickled, whose config names the body alone."""
    tokenizer = train_tokenizer(["the cat sat on the mat"] * 3, "wordpiece", 300)
    roles = {name: tokenizer.ids[name] for name in ("pad", "unk", "cls", "sep", "mask")}
    vocab = s.Vocabulary(kind="wordpiece", size=tokenizer.size, **roles)
    save_pretrained(build(s.tiny(declared("bert").model.but(inputs=s.but(vocab=vocab)))), tmp_path, tokenizer=tokenizer)
    torch.save(load_file(tmp_path / "model.safetensors"), tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    config = json.loads((tmp_path / "config.json").read_text()) | {"architectures": ["BertModel"]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    return str(tmp_path)


def test_every_command_that_takes_a_models_directory_has_them() -> None:
    taking = {name for name in COMMANDS if "directory" in function(name).__annotations__}
    assert taking | {"pretrain"} == {name for name, row in COMMANDS.items() if row.reads}


def test_pickles_are_read_where_they_are_allowed(pickled: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["load", pickled]) == 2
    assert "allow_pickle=True (--allow-pickle) reads it" in capsys.readouterr().err
    assert run_command_line(["load", pickled, PICKLED, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == "bert as BertModel"
    assert run_command_line(["embed", pickled, "the cat", PICKLED, "--json"]) == 0


def test_a_directory_is_read_as_another_class(pickled: str, capsys: pytest.CaptureFixture[str]) -> None:
    fill = ["fill", pickled, "the [MASK] sat", PICKLED, "--top", "1", "--json"]
    assert run_command_line(fill) == 2
    assert "not fill" in capsys.readouterr().err
    assert run_command_line([*fill, "--architecture", "BertForMaskedLM"]) == 0
    assert len(json.loads(capsys.readouterr().out)[0]["blanks"][0]) == 1
    assert run_command_line(fill) == 2  # one command's options are not the next one's
