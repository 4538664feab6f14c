"""Questions are answered from the text, or in the model's own words."""

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
from clados.apply.answer import answer
from clados.apply.ready import Ready, load
from clados.errors import InputError
from tests.apply.little import SENTENCES

CONTEXT, QUESTION = " ".join(SENTENCES), "Who sat on the throne?"
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def quoting(directory: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT that quotes, as transformers 5.23.0 writes it, with weights of chance."""
    from transformers import BertConfig, BertForQuestionAnswering

    tokenizer, folder = load(directory("bert")).required_tokenizer, tmp_path_factory.mktemp("models") / "quoting"
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=tokenizer.size, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=32, initializer_range=0.5,
    )  # fmt: skip
    BertForQuestionAnswering(config).save_pretrained(folder)
    tokenizer.save(folder)
    return folder


def spans(folder: Path, ids: list[int], asked: int, longest: int) -> list[tuple[float, int, int]]:
    """Score and first and last token of every passage of what stands behind the question."""
    from transformers import BertForQuestionAnswering

    types = torch.tensor([[int(at >= asked) for at in range(len(ids))]])
    with torch.no_grad():
        out = BertForQuestionAnswering.from_pretrained(folder).eval()(torch.tensor([ids]), token_type_ids=types)
    start, end = (each[0, asked:-1].tolist() for each in (out.start_logits, out.end_logits))
    number = range(len(start))
    return [(start[i] + end[j], i, j) for i in number for j in number if i <= j < i + longest]


def test_a_passage_is_quoted_with_its_share_of_all(quoting: Path) -> None:
    context = "The king sat on the throne of the castle."
    found = answer(quoting, QUESTION, context, longest=4)
    tokenizer = load(quoting).required_tokenizer
    every = spans(quoting, tokenizer.encode(QUESTION, context), len(tokenizer.encode(QUESTION)), 4)
    value, first, last = max(every)
    ((_, places),) = tokenizer.encode_placed([context])
    assert (found.start, found.end) == (places[first][0], places[last][1])
    assert found.text == context[found.start : found.end]
    chance = torch.tensor([value - each for each, *_ in every]).neg().exp().sum().reciprocal().item()
    assert found.probability == pytest.approx(chance, rel=1e-4)


def test_a_long_context_is_read_in_windows(quoting: Path) -> None:
    """Of half of what there is room for each, so that no passage is cut in two unread."""
    tokenizer, context = load(quoting).required_tokenizer, CONTEXT + " " + CONTEXT[::-1]
    ((ids, places),) = tokenizer.encode_placed([context])
    before = tokenizer.encode(QUESTION)
    room = 32 - len(before) - 1
    every = list[tuple[float, int, int]]()
    for first in range(0, len(ids), (room + 1) // 2):
        some = ids[first : first + room]
        found = spans(quoting, [*before, *some, before[-1]], len(before), 30)
        every += [(value, first + i, first + j) for value, i, j in found]
    _, begin, stop = max(every)
    answered = answer(quoting, QUESTION, context)
    assert (answered.start, answered.end) == (places[begin][0], places[stop][1])
    assert answered.text == context[answered.start : answered.end]


def test_a_model_that_writes_is_asked_in_its_own_template(
    ready: Callable[[str], Ready], monkeypatch: pytest.MonkeyPatch
) -> None:
    t5, gpt = (replace(ready(card), objective=None) for card in ("t5", "gpt-2"))
    seen: list[str] = []

    def asked(source: Ready, *given: str, **more: Any) -> str:
        tokenizer = source.required_tokenizer
        taken = type(source.model).forward

        def forward(self: Any, ids: torch.Tensor | None = None, **named: Any) -> Any:
            if ids is not None:
                seen.append(tokenizer.decode(ids[0].tolist()))
            return taken(self, ids, **named)

        def encode(ids: torch.Tensor, keep: torch.Tensor | None = None) -> torch.Tensor:
            seen.append(tokenizer.decode(ids[0].tolist()))
            return encoded(ids, keep)

        del seen[:]
        with monkeypatch.context() as patch:
            if source.spec.writes == "answers":
                encoded = source.model.encode
                patch.setattr(source.model, "encode", encode)
            else:
                patch.setattr(type(source.model), "forward", forward)
            answer(source, *given, max_new_tokens=2, **more)
        return seen[0]

    def read(source: Ready, text: str) -> str:
        tokenizer = source.required_tokenizer
        return tokenizer.decode(tokenizer.encode(text))

    assert asked(t5, "Who sat?", "The king sat.") == read(t5, "question: Who sat? context: The king sat.")
    assert asked(t5, "Who sat?") == read(t5, "question: Who sat?")
    assert asked(gpt, "Who sat?", "The king sat.") == "The king sat.\n\nQ: Who sat?\n\nA:"
    assert asked(gpt, "Who sat?", "The king.", template="{question}|{context}") == "Who sat?|The king."
    tuned = s.Supervised(s.Template(prompt="{prompt}\n{input}\n", answer="Answer: {answer}"))
    assert "Who sat?\nThe king sat.\nAnswer:" in asked(replace(gpt, objective=tuned), "Who sat?", "The king sat.")
    talks = s.Supervised(s.Template(prompt="USER: {prompt}", answer=" ASSISTANT: {answer}"))
    assert "USER: The king.\n\nWho? ASSISTANT:" in asked(replace(gpt, objective=talks), "Who?", "The king.")


def test_what_cannot_be_answered_is_refused(quoting: Path, ready: Callable[[str], Ready]) -> None:
    for source, given, message in (
        (quoting, (" ", "x"), "the question is empty"),
        (quoting, ("Who?", ""), "the context is empty; .* quotes its answers from one"),
        (quoting, ("Who? " * 50, "the king"), "leaves no room"),
        (ready("gpt-2"), ("Who?", "x"), "trained on NextToken: it can generate, embed; not answer"),
        (ready("vit"), ("Who?", "x"), "it can embed, classify; not answer"),
    ):
        with pytest.raises(InputError, match=message):
            answer(source, *given)
    with pytest.raises(InputError, match="the template names 'text'; allowed: question, context"):
        answer(replace(ready("gpt-2"), objective=None), "Who?", "x", template="{text}")
    with pytest.raises(InputError, match="longest is 0; it must be at least 1"):
        answer(quoting, "Who?", "the king", longest=0)


def test_the_command_prints_what_the_function_gives(
    clados: Call, quoting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = answer(quoting, QUESTION, CONTEXT)
    (tmp_path / "text.txt").write_text(CONTEXT, encoding="utf-8")
    code, out, err = clados("answer", quoting, "--question", QUESTION, "--context", CONTEXT, "--json")
    assert (code, err, json.loads(out)["text"]) == (0, "", found.text)
    for more in (("--file", tmp_path / "text.txt"), ()):
        monkeypatch.setattr(sys, "stdin", io.StringIO(CONTEXT))
        code, out, err = clados("answer", quoting, "--question", QUESTION, *more)
        assert (code, out) == (0, found.text + "\n")
        assert err.endswith(f"characters {found.start} to {found.end} of the text\n")
    code, _, err = clados("answer", quoting, "--question", "?", "--context", "x", "--file", "y")
    assert (code, err) == (2, "clados: give a --context or a --file: one of the two\n")
