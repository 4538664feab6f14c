"""A model on disk writes text: through Python and through the command."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from clados.apply.decoding.stops import Stops
from clados.apply.ready import load
from clados.apply.write import generate as write, generate_all, generate_stream, prompt_ids
from clados.checkpoints import save_pretrained
from clados.cli.frame import run_command_line
from clados.cli.generate import _stream as stream
from clados.data.readers import read
from clados.errors import InputError
from clados.models.bert.bert import bert
from clados.models.gpt.gpt_2 import gpt_2
from clados.nn import build
from clados.small import model_folder
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
    pieces = ["\n", "A king", ".\n", "\n"] + ["\n"] * 20
    monkeypatch.setattr("clados.apply.write.generate_stream", lambda *args, **given: iter(pieces))
    assert run_command_line(["generate", str(directory), "--prompt", "A dog"]) == 0
    told = capsys.readouterr()
    assert told.out == "\nA king.\n"
    assert told.err.startswith("22 line breaks at the end are not shown: the model repeats itself")
    pieces = ["A king.", "\n"]
    assert run_command_line(["generate", str(directory), "--prompt", "A dog"]) == 0
    assert capsys.readouterr().out == "A king.\n"


def test_the_pieces_of_a_stream_never_split_a_character_or_begin_a_stop_string(directory: Path) -> None:
    ready = load(directory)
    whole = write(ready, "The girl", max_new_tokens=20)
    stop = whole[5:9]
    for stops in ((), ("never there", stop)):
        said = ""
        for piece in generate_stream(ready, "The girl", max_new_tokens=20, stop=stops):
            said += piece
            assert whole.startswith(said)
        assert said == (whole.partition(stop)[0] if stops else whole)
    held = Stops(ready.required_tokenizer, ["STOP", "Th"])
    assert [held.known(text) for text in ("a S", "a STO", "a STx", "T", "é\ufffd")] == ["a ", "a ", "a STx", "", "é"]
    with pytest.raises(InputError, match="a stop string is empty"):
        write(ready, "The girl", stop="")


def test_a_stop_string_ends_a_text_where_transformers_does() -> None:
    """transformers 5.23.0, generate(stop_strings=...): the same ids, also where a token goes beyond the string."""
    import transformers

    directory = model_folder("small/gpt-2")
    theirs: Any = transformers.GPT2LMHeadModel.from_pretrained(directory, dtype=torch.float32)
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(directory)
    ready, whole = load(directory), write(directory, "The girl", max_new_tokens=20, temperature=0)
    prompt = torch.tensor([prompt_ids(ready, "The girl")])
    given = {"inputs": prompt, "attention_mask": torch.ones_like(prompt)}
    for at in range(2, 14, 3):
        stop = whole[at : at + 3]
        found = theirs.generate(
            **given, max_new_tokens=20, do_sample=False, stop_strings=[stop], tokenizer=tokenizer, pad_token_id=0
        )
        (ours,) = generate_all(ready, "The girl", max_new_tokens=20, temperature=0, stop=stop)
        new = found[0, prompt.size(1) :].tolist()
        assert list(ours.tokens) == ready.required_tokenizer.tokens(new)
        assert ours.text == whole.partition(stop)[0]
        assert ours.ended


@pytest.mark.parametrize("card", ["gpt-2", "t5"])
def test_a_batch_of_unlike_prompts_is_written_as_each_alone(card: str, tmp_path: Path) -> None:
    ready = load(written(card, tmp_path), "generate")
    prompts = ["The king", "A dog ran over the green hill to the", "We"]
    found = generate_all(ready, prompts, max_new_tokens=8, logprobs=True)
    for prompt, each in zip(prompts, found):
        (alone,) = generate_all(ready, prompt, max_new_tokens=8, logprobs=True)
        assert (each.prompt, each.text, each.tokens) == (prompt, alone.text, alone.tokens)
        assert each.logprobs == pytest.approx(alone.logprobs, abs=1e-5)
        assert len(each.logprobs or ()) == len(each.tokens)
    drawn = generate_all(ready, prompts, n=2, temperature=1.0, seed=0, max_new_tokens=8)
    assert [each.prompt for each in drawn] == [prompt for prompt in prompts for _ in range(2)]


def test_the_prompt_s_log_probabilities_are_echoed(directory: Path, tmp_path: Path) -> None:
    ready = load(directory)
    (found,) = generate_all(ready, "The girl saw it", max_new_tokens=3, echo=True)
    ids = ready.required_tokenizer.encode("The girl saw it")
    with torch.inference_mode():
        logs = ready.model(torch.tensor([ids])).logits.log_softmax(-1)[0]
    assert found.prompt_logprobs is not None
    assert found.prompt_logprobs[0] is None
    assert found.prompt_logprobs[1:] == pytest.approx(
        [float(logs[i, ids[i + 1]]) for i in range(len(ids) - 1)], abs=1e-5
    )
    assert found.prompt_tokens == tuple(ready.required_tokenizer.tokens(ids))
    with pytest.raises(InputError, match="echo is of decoders"):
        generate_all(written("t5", tmp_path), "The king", max_new_tokens=3, echo=True)


def test_the_command_shows_log_probabilities_and_several_texts(
    directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ["generate", str(directory), "--prompt", "A dog", "--max-new-tokens", "6"]
    assert run_command_line([*base, "--logprobs", "--echo", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [len(said["texts"][0][key]) for key in ("tokens", "logprobs")] == [6, 6]
    assert said["texts"][0]["prompt_logprobs"][0] is None
    assert run_command_line([*base, "--n", "2", "--temperature", "1", "--seed", "1", "--json"]) == 0
    texts = json.loads(capsys.readouterr().out)["texts"]
    assert len({each["text"] for each in texts}) == 2
    assert run_command_line([*base, "--n", "2", "--temperature", "1", "--seed", "1"]) == 0
    assert "1 of 2" in capsys.readouterr().out
    assert run_command_line([*base, "--regex", "[0-9]{3}"]) == 0
    assert capsys.readouterr().out.strip().isdigit()
    (tmp_path / "schema.json").write_text("{")
    assert run_command_line([*base, "--json-schema", str(tmp_path / "schema.json")]) == 2
    assert "schema.json" in capsys.readouterr().err


@pytest.mark.parametrize(("pieces", "told"), [([], "the model wrote no words"), ([" "], "no words"), (["a", "\n"], "")])
def test_an_empty_text_is_said_in_words(pieces: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    stream(pieces)
    printed = capsys.readouterr()
    assert printed.out == f"{''.join(pieces).strip()}\n"
    assert told in printed.err
    assert bool(printed.err) == bool(told)


def test_an_empty_prompt_is_begun_from_nothing_and_not_answered(directory: Path, tmp_path: Path) -> None:
    assert write(directory, "", max_new_tokens=3)
    with pytest.raises(InputError, match="the prompt is empty; t5 answers a text, and there is none"):
        write(written("t5", tmp_path / "t5"), " ")
