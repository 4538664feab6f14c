"""Models and their tokenizers: written so that transformers gives the same inputs; a damaged one leaves the weights."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from clados import from_pretrained, generate, save_pretrained, spec as s
from clados.data import DataError, Text, Tokenizer, read_as
from clados.errors import InputError
from clados.models.declared import declared
from clados.nn import build
from clados.train.fitting import Facts, FitContext, fit_model, tokenizer_for


def made(card: str) -> tuple[Any, Tokenizer]:
    model, examples = s.tiny(declared(card).model), read_as(Text, "shakespeare")[:5]
    tokenizer = tokenizer_for(declared(card).model, examples, 500)
    assert tokenizer is not None
    torch.manual_seed(0)
    return build(fit_model(model, FitContext(examples, tokenizer, 32, Facts()))).eval(), tokenizer


@pytest.mark.parametrize(
    ("card", "types", "limit", "side"),
    [
        ("gpt-2", False, 32, "right"),
        ("bert", True, 32, "right"),
        ("roberta", False, 32, "right"),
        ("distilbert", False, 32, "right"),
        ("albert", True, 32, "right"),
        ("t5", False, None, "right"),
        ("llama", False, None, "right"),
        ("xlnet", True, None, "left"),
    ],
)
def test_transformers_gives_a_model_its_inputs(
    card: str, types: bool, limit: int | None, side: str, tmp_path: Path
) -> None:
    from transformers import AutoModel, AutoTokenizer

    module, tokenizer = made(card)
    save_pretrained(module, tmp_path, tokenizer=tokenizer)
    theirs = AutoTokenizer.from_pretrained(tmp_path)  # 5.23; 4.57.6 gives the same
    found = theirs(["to be", "or not to be"], padding=card not in ("gpt-2", "llama"))
    assert set(found) == {"input_ids", "attention_mask", *(["token_type_ids"] if types else [])}
    assert theirs("or not to be").input_ids == tokenizer.encode("or not to be")
    assert theirs("to be", "or not").input_ids == tokenizer.encode("to be", "or not")
    assert (theirs.model_max_length if theirs.model_max_length < 10**9 else None, theirs.padding_side) == (limit, side)
    for role, token in tokenizer.roles.named().items():
        assert getattr(theirs, f"{role}_token") == token
    model = AutoModel.from_pretrained(tmp_path).eval()
    inputs = theirs("or not to be", return_tensors="pt")
    more = {"decoder_input_ids": inputs.input_ids} if model.config.is_encoder_decoder else {}
    ours = from_pretrained(tmp_path)
    with torch.no_grad():
        right, states = model(**inputs, **more)[0], ours(**inputs, **more).last_hidden_state
    torch.testing.assert_close(states, right, rtol=1e-4, atol=1e-4)


def test_a_tokenizer_that_cannot_be_read_leaves_the_weights(tmp_path: Path) -> None:
    module, tokenizer = made("gpt-2")
    save_pretrained(module, tmp_path, tokenizer=tokenizer)
    (tmp_path / "tokenizer.json").write_text("{")
    again: Any = from_pretrained(tmp_path)
    ids = torch.arange(5)[None]
    assert torch.equal(again(ids).logits, module(ids).logits)
    assert again.tokenizer is None
    assert any(
        note.startswith("no tokenizer: ") and "tokenizer.json: unreadable" in note for note in again.report.notes
    )
    with pytest.raises(DataError, match=r"its tokenizer cannot be read: .*tokenizer\.json: unreadable"):
        generate(tmp_path, "To be")


@pytest.mark.parametrize(
    ("number", "token", "has"),
    [("7", "<extra>", 500), ("900", "<extra>", 500), ("900", "<|endoftext|>", 0)],  # taken, beyond a gap, its own
)
def test_an_added_token_of_another_id_is_named_and_numbered_as_by_transformers(
    number: str, token: str, has: int, tmp_path: Path
) -> None:
    module, tokenizer = made("gpt-2")
    save_pretrained(module, tmp_path, tokenizer=tokenizer)
    file = tmp_path / "tokenizer_config.json"
    style = {"lstrip": False, "rstrip": False, "normalized": False, "single_word": False, "special": True}
    config = json.loads(file.read_text()) | {"added_tokens_decoder": {number: {"content": token, **style}}}
    file.write_text(json.dumps(config))
    again: Any = from_pretrained(tmp_path)
    assert f"the token '{token}' is given the id {number}; its id is {has}" in again.report.notes
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)  # 5.23.0
    assert again.tokenizer.encode(f"to {token} be") == theirs(f"to {token} be").input_ids
    assert theirs.convert_tokens_to_ids(token) == has


def test_a_token_beyond_the_models_vocabulary_plays_no_role(tmp_path: Path) -> None:
    module, tokenizer = made("gpt-2")
    save_pretrained(module, tmp_path, tokenizer=tokenizer)
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config | {"pad_token": "[PAD]"}))  # added, never trained
    again: Any = from_pretrained(tmp_path)
    assert again.tokenizer.ids == tokenizer.ids
    assert "the tokenizer's pad is token 500; the model has 500: it is not used" in again.report.notes
    assert generate(tmp_path, "To be", max_new_tokens=2, temperature=0)
    with pytest.raises(InputError, match="token 500 of the tokenizer; the model has 500 tokens"):
        generate(tmp_path, "To [PAD] be")


def test_what_tokenizer_config_says_and_nothing_uses_is_noted(tmp_path: Path) -> None:
    module, tokenizer = made("bert")
    save_pretrained(module, tmp_path, tokenizer=tokenizer)
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config | {"odd": 1}))
    assert "tokenizer_config.json: not used here: odd" in from_pretrained(tmp_path).report.notes


@pytest.mark.parametrize("card", ["jurassic-1", "bert", "llama", "gpt-2", "transformer-xl"])
def test_a_small_vocabulary_reads_letters_that_it_was_not_made_of(card: str, tmp_path: Path) -> None:
    """Jurassic-1's declares no token for these; of its kind, no others are bytes."""
    module, tokenizer = made(card)
    save_pretrained(module, tmp_path, tokenizer=tokenizer)
    read = from_pretrained(tmp_path).tokenizer
    assert read is not None
    assert len(read.encode("to be ఓ")) == len(tokenizer.encode("to be ఓ")) >= 2
