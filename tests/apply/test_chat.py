"""A tuned model's answers, and its template as transformers reads it."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clados.apply.chat import chat, template_of
from clados.apply.ready import load
from clados.cli.frame import run_command_line
from clados.data import train_tokenizer
from clados.data.examples import DataError, Dialogue
from clados.data.roles import Roles
from clados.data.templates import conversation, written
from clados.errors import InputError
from clados.models.declared import declared
from clados.objectives import SourceConfig, task
from clados.train.choices import Choices
from clados.train.pretrain import pretrain
from tests.train.small import choices, write_pairs, write_texts

STARTS = ("llama", "gpt-3.5")
CARDS = {"alpaca": "llama", "vicuna": "llama", "alpaca-lora": "llama", "chatgpt": "gpt-3.5"}
SAID = [("user", "Who sees the cat?"), ("assistant", "The cat {sees} itself."), ("user", "And the dog?")]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    scratch = tmp_path_factory.mktemp("tuned")
    pairs, texts = write_pairs(scratch / "pairs.jsonl", 40), write_texts(scratch / "texts")
    found = {card: scratch / card for card in (*STARTS, *CARDS)}
    for card in STARTS:
        pretrain(choices(texts, card, params="150K", vocab=400, length=192, batch=2, steps=1), found[card])
    for card, start in CARDS.items():
        pretrain(Choices(model=card, start=str(found[start]), batch=2, steps=1, data=str(pairs)), found[card])
    return found


@pytest.mark.parametrize("card", CARDS)
def test_transformers_makes_the_same_ids_of_a_conversation(card: str, folders: dict[str, Path]) -> None:
    """transformers 5.23.0: apply_chat_template of our directory."""
    from transformers import AutoTokenizer

    theirs: Any = AutoTokenizer.from_pretrained(folders[card])
    ready = load(folders[card])
    messages = [{"role": role, "content": text} for role, text in SAID]
    given = theirs.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    text = written(template_of(ready), conversation(Dialogue("", tuple(SAID)))).text
    tokenizer = ready.required_tokenizer
    before, _ = tokenizer.frame
    assert given == "".join(tokenizer.tokens(before)) + text
    assert theirs(given, add_special_tokens=False)["input_ids"] == [
        *before,
        *tokenizer.encode_placed([text])[0][0],
    ]
    whole = theirs.apply_chat_template(messages[:2], tokenize=True, return_dict=False)
    stage = declared(card).recipe.stages[0]
    config = SourceConfig(4096, tokenizer=ready.required_tokenizer, writes=ready.spec.writes)
    row = task(stage.objective).source([Dialogue("", tuple(SAID[:2]))], config).at(0).row
    assert list(whole) == row.ids.tolist()


def test_a_last_message_of_unknown_tokens_is_refused_behind_any_other(folders: dict[str, Path]) -> None:
    ready = load(folders["vicuna"])
    words = train_tokenizer([text for _, text in SAID] * 9, "word", 420, Roles.of(ready.spec.vocab).but({"unk": "<?>"}))
    with pytest.raises(DataError, match=r"^message is '龍 龍': vicuna knows none of its tokens"):
        chat(replace(ready, tokenizer=words), [*SAID[:2], ("user", "龍 龍")])


def test_one_prompt_and_a_conversation_are_answered(
    folders: dict[str, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folders["vicuna"]
    told = ["chat", str(folder), "--max-new-tokens", "6", "--json"]
    assert run_command_line([*told, "--prompt", "Who sees the cat?"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer == {
        "model": "vicuna",
        "prompt": "Who sees the cat?",
        "answer": chat(folder, "Who sees the cat?", max_new_tokens=6),
    }
    monkeypatch.setattr("sys.stdin", io.StringIO("Who sees the cat?\n\nAnd the dog?\n"))
    assert run_command_line(told[:-1]) == 0
    first, second = capsys.readouterr().out.rstrip("\n").split("\n")
    assert first == answer["answer"]
    turns = [("user", "Who sees the cat?"), ("assistant", first), ("user", "And the dog?")]
    assert second == chat(folder, turns, max_new_tokens=6)


def test_what_cannot_be_answered_is_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="system is given, but the template of vicuna has no place for it"):
        chat(folders["vicuna"], "Hi", system="Be brief.")
    assert isinstance(chat(folders["chatgpt"], "Hi", system="Be brief.", max_new_tokens=2), str)
    with pytest.raises(InputError, match="the last message is an assistant's"):
        chat(folders["vicuna"], SAID[:2])
    with pytest.raises(InputError, match="llama was trained on NextToken, and not to answer by a template"):
        chat(folders["llama"], "Hi")
    with pytest.raises(InputError, match=r"not chat"):
        load(folders["llama"], "chat")
