"""A model on disk writes text: through Python and through the command."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from clados.apply.ready import load
from clados.apply.write import generate as write
from clados.checkpoints import save_pretrained
from clados.cli.frame import run_command_line
from clados.data.readers import read
from clados.errors import InputError
from clados.models.bert.bert import bert
from clados.models.gpt.gpt_2 import gpt_2
from clados.nn import build
from clados.spec import but, tiny
from clados.train.fitting import tokenizer_for
from tests.apply.little import written


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny GPT-2 with random weights, large enough that its texts vary."""
    tokenizer: Any = tokenizer_for(gpt_2, read("english"), 400)
    vocab = but(size=tokenizer.size, bos=tokenizer.id("bos"), eos=tokenizer.id("eos"))
    model = build(tiny(gpt_2).but(inputs=but(vocab=vocab, position=but(length=30))))
    torch.manual_seed(0)
    for each in model.parameters():
        each.data.copy_(torch.randn_like(each) * 0.5 + 0.5 * (each.dim() == 1))
    model.tokenizer = tokenizer
    path = tmp_path_factory.mktemp("models") / "gpt"
    save_pretrained(model, path)
    tokenizer.save(path)
    return path


def test_text_comes_in_pieces_that_make_up_the_whole(directory: Path) -> None:
    pieces: list[str] = []
    text = write(directory, "The girl", max_new_tokens=12, on_text=pieces.append)
    assert "".join(pieces) == text
    assert len(pieces) > 1
    assert write(directory, "The girl", max_new_tokens=12) == text


def test_a_text_ends_where_the_positions_do(directory: Path) -> None:
    ready = load(directory)
    prompt = len(ready.required_tokenizer.encode("The girl"))
    told: list[int] = []
    notes: list[str] = []
    more: dict[str, Any] = {"temperature": 2.0, "seed": 0, "on_text": lambda piece: told.append(1)}
    write(ready, "The girl", max_new_tokens=500, on_note=notes.append, **more)
    assert len(told) <= 30 - prompt
    assert notes == [f"max_new_tokens is 500; gpt-2 has positions for {30 - prompt}, and stops there"]
    with pytest.warns(UserWarning, match="max_new_tokens is 31"):
        write(ready, "The girl", max_new_tokens=31)
    write(ready, "The girl", on_note=notes.append)
    assert len(notes) == 1
    with pytest.raises(InputError, match="this model has learned 30"):
        write(ready, "The girl and the dog. " * 9)


@pytest.mark.parametrize(("name", "prompt"), [("glm", "The king"), ("glm", "The [MASK] king"), ("bart", "The king")])
def test_more_than_there_are_positions_for_may_be_asked(name: str, prompt: str, tmp_path: Path) -> None:
    notes: list[str] = []
    write(load(written(name, tmp_path), "generate"), prompt, max_new_tokens=500, on_note=notes.append)
    assert len(notes) == 1


def test_weights_are_laid_for_as_many_beams(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[int] = []
    monkeypatch.setattr("clados.apply.ready.prepare_for_decoding", lambda model, number: rows.append(number))
    write(directory, "A dog", max_new_tokens=2, beams=3)
    write(directory, "A dog", max_new_tokens=2)
    assert (
        run_command_line(["generate", str(directory), "--prompt", "A dog", "--max-new-tokens", "2", "--beams", "4"])
        == 0
    )
    assert rows == [3, 1, 4]


def test_the_command_writes_the_same(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = write(directory, "A dog", max_new_tokens=9, temperature=0.9, top_k=20, seed=3)
    given = ["generate", str(directory), "--prompt", "A dog", "--max-new-tokens", "9"]
    given += ["--temperature", "0.9", "--top-k", "20", "--seed", "3"]
    assert run_command_line(given) == 0
    assert capsys.readouterr().out == text + "\n"
    assert run_command_line([*given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == text


def test_mistakes_get_one_line_and_exit_code_2(
    directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_pretrained(build(tiny(bert)), tmp_path / "bert")
    for given, said in (
        ([str(directory), "--top-p", "3"], "top_p is 3.0; it must be above 0 and at most 1"),
        ([str(directory), "--beems", "3"], "no such option '--beems'; did you mean '--beams'"),
        ([str(tmp_path / "bert")], "not generate"),
        ([str(tmp_path / "nowhere")], "no such directory"),
    ):
        assert run_command_line(["generate", *given, "--prompt", "A dog"]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1


def test_what_the_directory_says_holds_until_the_command_says_otherwise(
    directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gpt"
    shutil.copytree(directory, path)
    said = json.loads((path / "generation_config.json").read_text())
    (path / "generation_config.json").write_text(json.dumps(said | {"max_new_tokens": 6, "repetition_penalty": 2.0}))
    given = ["generate", str(path), "--prompt", "A dog", "--json"]
    texts = []
    for more in ([], ["--max-new-tokens", "9"], ["--repetition-penalty", "1"], ["--no-repeat-ngram-size", "1"]):
        assert run_command_line([*given, *more]) == 0
        texts.append(json.loads(capsys.readouterr().out)["text"])
    ready = load(path)
    assert texts[0] == write(directory, "A dog", max_new_tokens=6, repetition_penalty=2.0)
    assert texts[1].startswith(texts[0])
    assert len(ready.required_tokenizer.encode(texts[1])) > len(ready.required_tokenizer.encode(texts[0]))
    assert texts[2] == write(directory, "A dog", max_new_tokens=6)
    assert texts[2] != texts[0]
    plain = ["generate", str(directory), "--prompt", "A dog"]
    assert run_command_line([*plain, "--max-new-tokens", "500"]) == 0
    assert "max_new_tokens is 500; gpt-2 has positions for" in capsys.readouterr().err
    assert run_command_line([*plain, "--top-k", "5", "--temperature", "0"]) == 2
    assert (
        run_command_line([*plain, "--top-k", "5", "--seed", "1", "--min-new-tokens", "3", "--early-stopping", "never"])
        == 0
    )


def test_line_breaks_at_the_end_are_counted_and_not_shown(
    directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*args: Any, on_text: Any, **given: Any) -> str:
        pieces = ["\n", "A king", ".\n", "\n"] + ["\n"] * 20
        for piece in pieces:
            on_text(piece)
        return "".join(pieces)

    monkeypatch.setattr("clados.apply.write.generate", said)
    assert run_command_line(["generate", str(directory), "--prompt", "A dog"]) == 0
    told = capsys.readouterr()
    assert told.out == "\nA king.\n"
    assert told.err.startswith("22 line breaks at the end are not shown: the model repeats itself")
