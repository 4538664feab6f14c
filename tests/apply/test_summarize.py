"""Texts are summarised as transformers does it, from Python and from the command line."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from clados import spec as s
from clados.apply.ready import Ready
from clados.apply.summarize import summarize
from clados.checkpoints.generation import GenerationConfig
from clados.errors import InputError
from tests.apply.little import SENTENCES

TEXT = " ".join(SENTENCES)
Call = Callable[..., tuple[int, str, str]]


def test_bart_summarises_as_in_transformers(ready: Callable[[str], Ready], directory: Callable[[str], Path]) -> None:
    """transformers 5.23.0, with the settings of facebook/bart-large-cnn, in small."""
    from transformers import BartForConditionalGeneration

    theirs = BartForConditionalGeneration.from_pretrained(directory("bart")).eval()
    ours = replace(ready("bart"), objective=None)
    settings: dict[str, Any] = {
        "num_beams": 4, "min_length": 8, "max_length": 20, "no_repeat_ngram_size": 3, "length_penalty": 2.0,
        "early_stopping": True, "forced_bos_token_id": ours.required_tokenizer.id("bos"),
    }  # fmt: skip
    ours.model.generation_config = GenerationConfig(**settings)  # type: ignore[assignment]
    texts = [TEXT, SENTENCES[1], "A dog."]
    for text, found in zip(texts, summarize(ours, texts, batch=2)):
        ids = torch.tensor([ours.required_tokenizer.encode(text)])
        wanted = theirs.generate(ids, attention_mask=torch.ones_like(ids), **settings)[0].tolist()
        assert found == ours.required_tokenizer.decode(wanted).strip()


def test_t5_is_asked_by_its_task_and_a_tuned_model_by_its_template(
    ready: Callable[[str], Ready], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def asked(source: Ready, **more: Any) -> str:
        encode = source.model.encode

        def encoded(ids: torch.Tensor, keep: torch.Tensor | None = None) -> torch.Tensor:
            seen.append(source.required_tokenizer.decode(ids[0].tolist(), skip_special_tokens=False))
            return encode(ids, keep)

        monkeypatch.setattr(source.model, "encode", encoded)
        summarize(source, "The king sat.", max_new_tokens=2, beams=1, **more)
        return seen[-1]

    def read(source: Ready, text: str) -> str:
        tokenizer = source.required_tokenizer
        return tokenizer.decode(tokenizer.encode(text), skip_special_tokens=False)

    t5, pegasus = replace(ready("t5"), objective=None), replace(ready("pegasus"), objective=s.GapSentences())
    assert asked(t5) == read(t5, "summarize: The king sat.")
    assert asked(t5, prefix="on the: ") == read(t5, "on the: The king sat.")
    tuned = s.Supervised(s.Template(prompt="the book: {prompt}", answer="{answer}"))
    assert asked(replace(t5, objective=tuned)) == read(t5, "the book: The king sat.")
    assert asked(pegasus) == read(pegasus, "The king sat.")


def test_of_a_long_text_the_first_part_is_read(ready: Callable[[str], Ready]) -> None:
    notes: list[str] = []
    bart = replace(ready("bart"), objective=None)
    number = len(bart.required_tokenizer.encode(TEXT * 20))
    (found,) = summarize(bart, TEXT * 20, max_new_tokens=500, beams=1, on_note=notes.append)
    assert notes == [f"text 1 of 1 has {number:,} tokens; bart reads the first {bart.positions}"]
    assert summarize(bart, TEXT * 19 + " Other words.", beams=1, max_new_tokens=500, on_note=notes.append) == [found]


@pytest.mark.parametrize(
    ("card", "texts", "message"),
    [
        ("bart", ["a", " "], "text 2 of 2 is empty; there is nothing to summarise"),
        ("gpt-2", "a", "can generate, embed; not summarize"),
        ("t5", "a", "t5 is an EncoderDecoder of tokens trained on CorruptedSpans: it can .*; not summarize"),
    ],
)
def test_what_cannot_be_summarised_is_refused(
    card: str, texts: Any, message: str, ready: Callable[[str], Ready]
) -> None:
    with pytest.raises(InputError, match=message):
        summarize(ready(card), texts)


def test_texts_come_as_arguments_files_or_the_input(
    clados: Call, directory: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pegasus, file = directory("pegasus"), tmp_path / "text.txt"
    file.write_bytes(b"\xef\xbb\xbfThe king sat\r\non the throne.")
    code, out, _ = clados("summarize", pegasus, "--file", file, "--file", file, "--max-new-tokens", 5, "--json")
    first, second = json.loads(out)
    assert (code, first["text"], first) == (0, "The king sat\non the throne.", second)
    monkeypatch.setattr(sys, "stdin", io.StringIO(first["text"]))
    code, out, _ = clados("summarize", pegasus, "--max-new-tokens", 5)
    assert (code, out) == (0, first["summary"] + "\n")
    file.write_bytes(b"\xff\xfe")
    assert "text.txt: not text in UTF-8" in clados("summarize", pegasus, "--file", file)[2]
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    code, _, err = clados("summarize", pegasus)
    assert (code, err) == (2, "clados: text 1 of 1 is empty; there is nothing to summarise\n")
