"""The likeliest of several answers, as it is computed by hand."""

import json
import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from clados.apply.choose import likeliest
from clados.apply.ready import Ready, load
from clados.data.examples import DataError
from clados.errors import InputError

CHOICES = [" sat on", " ran", " the children slept"]


@torch.no_grad()
def test_a_decoder_adds_up_what_follows_the_prompt(ready: Callable[[str], Ready]) -> None:
    gpt = ready("gpt-2")
    tokenizer = gpt.required_tokenizer
    prompt = tokenizer.encode("The king")
    expected = []
    for each in CHOICES:
        ids = tokenizer.encode(each, add_special_tokens=False)
        logs = gpt.model(torch.tensor([[*prompt, *ids]])).logits[0].log_softmax(-1)
        expected.append(sum(float(logs[len(prompt) + i - 1, number]) for i, number in enumerate(ids)))
    found = likeliest(gpt, "The king", CHOICES)
    assert [each.index for each in found] == sorted(range(3), key=lambda n: -expected[n])
    assert [each.logprob for each in found] == pytest.approx(sorted(expected, reverse=True), abs=1e-4)
    long = next(each for each in likeliest(gpt, "The king", CHOICES, per_token=True) if each.index == 2)
    assert long.logprob == pytest.approx(
        expected[2] / len(tokenizer.encode(CHOICES[2], add_special_tokens=False)), abs=1e-4
    )


@torch.no_grad()
def test_an_encoder_decoder_s_end_counts(ready: Callable[[str], Ready]) -> None:
    """bigscience-workshop/t-zero evaluation/run_eval.py: choices are tokenised with their special tokens."""
    t5 = ready("t5")
    tokenizer = t5.required_tokenizer
    ids, target = tokenizer.encode("The king"), tokenizer.encode("sat")
    assert target[-1] == tokenizer.ids["eos"]
    start = t5.spec.written_vocab.start
    assert start is not None
    logs = t5.model(torch.tensor([ids]), decoder_input_ids=torch.tensor([[start, *target[:-1]]])).logits[0]
    expected = sum(float(row.log_softmax(-1)[number]) for row, number in zip(logs, target))
    assert likeliest(t5, "The king", "sat")[0].logprob == pytest.approx(expected, abs=1e-4)


def test_a_tuned_model_is_asked_in_its_template() -> None:
    small = load("small/gpt-2-instruct")
    yes, no = (
        next(each.logprob for each in likeliest(small, "Is a cat an animal?", ["yes", "no"]) if each.text == text)
        for text in ("yes", "no")
    )
    assert math.isfinite(yes + no)
    plain = likeliest(replace(small, objective=None), "Is a cat an animal?", "yes")[0].logprob
    assert yes != pytest.approx(plain, abs=1e-3)


def test_what_cannot_be_chosen_is_one_line(
    ready: Callable[[str], Ready], clados: Callable[..., tuple[int, str, str]]
) -> None:
    gpt = ready("gpt-2")
    with pytest.raises(DataError, match="choice 2 is empty"):
        likeliest(gpt, "x", ["a", " "])
    with pytest.raises(DataError, match="no text was given"):
        likeliest(gpt, "x", [])
    with pytest.raises(InputError, match=r"prompt and choice are \d+ tokens long; gpt-2 has positions for 64"):
        likeliest(gpt, "green castle " * 60, "a")
    code, out, _ = clados("choose", "small/gpt-2", "--prompt", "The king of", "--choice", " England", "--choice", "z")
    assert (code, out.split()[:2]) == (0, ["log", "p"])
    code, out, _ = clados("choose", "small/gpt-2", "--prompt", "x", "--choice", "a", "--json")
    assert [each["text"] for each in json.loads(out)["choices"]] == ["a"]


def test_an_empty_prompt_is_said_to_be_so() -> None:
    with pytest.raises(DataError, match="prompt is empty"):
        likeliest("small/gpt-2", "", ["a", "b"])
