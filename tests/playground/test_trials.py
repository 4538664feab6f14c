"""What trials say is what the model computes: probabilities, trees and maps hold together."""

import math
from collections.abc import Sequence

import pytest
import torch

from clados.apply.fill import fill
from clados.apply.generate import generate
from clados.apply.ready import Ready, load
from clados.apply.write import generate_all
from clados.errors import InputError
from clados.nn.attention.dense import Attention
from clados.playground.reading import attention_steps, watched_attention
from clados.playground.trials import TRIALS, blank_of
from clados.playground.trying import try_model
from clados.playground.writing import asked_ids
from clados.small import small_models

MODELS = [each.id for each in small_models()]


def exact(model: str) -> Ready:
    """A model in float32."""
    ready = load(model)
    ready.model.float()
    return ready


@pytest.mark.parametrize("model", MODELS)
def test_every_trial_of_every_small_model_has_a_result(model: str) -> None:
    for name in try_model(model, "", {}).trials:
        found = try_model(model, name, {})
        assert found.error == ""
        assert found.result is not None


@pytest.mark.parametrize("model", MODELS)
def test_blanks_of_the_usual_texts_are_tokens_of_the_model_itself(model: str) -> None:
    ready = load(model)
    tokenizer = ready.required_tokenizer
    own = {*tokenizer.sentinels, tokenizer.ids.get("mask")}
    for name in {"write", "fill"} & {*try_model(model, "", {}).trials}:
        text = TRIALS[name].words(ready)[0].usual
        if name == "fill" or blank_of(ready):
            assert own & {*tokenizer.encode(text)}, text
        else:
            assert "<" not in text


def test_written_tokens_have_the_probabilities_that_generate_gives_them() -> None:
    found = try_model("small/gpt-2", "write", {"prompt": "The king", "tokens": "9"}).result
    (usual,) = generate_all(exact("small/gpt-2"), "The king", max_new_tokens=9, temperature=0, logprobs=True)
    assert found.text == usual.text
    assert usual.logprobs is not None
    for step, log in zip(found.steps, usual.logprobs, strict=True):
        assert step.probability == pytest.approx(math.exp(log), rel=1e-4)
        assert step.probability <= step.likeliest[0][1] + 1e-6
        assert [chance for _, chance in step.likeliest] == sorted((c for _, c in step.likeliest), reverse=True)
    drawn = {"prompt": "The king", "tokens": "9", "temperature": "1", "seed": "3"}
    assert try_model("small/gpt-2", "write", drawn) == try_model("small/gpt-2", "write", drawn)


def test_a_beam_tree_ends_in_the_texts_of_beam_search() -> None:
    found = try_model("small/llama", "beams", {"prompt": "The queen", "beams": "3", "tokens": "5"}).result
    ready = exact("small/llama")
    ids = torch.tensor([asked_ids(ready, "The queen")])
    best = generate(ready.model, ids, max_new_tokens=5, beams=3, n=3, temperature=0)[:, ids.size(1) :]
    assert [text for text, _ in found.texts] == [ready.required_tokenizer.decode(each) for each in best.tolist()]
    assert {node.rank for node in found.nodes if node.rank is not None} == {0, 1, 2}
    for node in found.nodes:
        before = found.nodes[node.parent].total if node.parent >= 0 else 0.0
        assert node.total == pytest.approx(before + math.log(node.probability), abs=1e-4)
    totals = [total for _, total in found.texts]
    assert totals == sorted(totals, reverse=True)


def test_blanks_are_those_of_fill() -> None:
    text = "A [MASK] has four legs."
    assert (
        try_model("small/bert", "fill", {"text": text, "top": "3"}).result == fill(exact("small/bert"), text, top=3)[0]
    )


@pytest.mark.parametrize("model", MODELS)
def test_attention_maps_give_what_attention_gives(model: str) -> None:
    """Probabilities times values, through the output's product, are what each attention returns."""
    ready = exact(model)
    (row,) = ready.tokens(["The dog sees a cat and runs."])
    given: list[torch.Tensor] = []
    modules = [each for each in ready.model.modules() if isinstance(each, Attention)]
    hooks = [each.out.register_forward_pre_hook(lambda _, args: given.append(args[0])) for each in modules]
    values: list[torch.Tensor] = []

    def kept(one: Attention, args: Sequence[torch.Tensor], made: torch.Tensor) -> None:
        width = one.head_dim * one.split[2]
        values.append(made[..., -width:].unflatten(-1, (one.split[2], one.head_dim)).transpose(1, 2))

    for each in modules:
        hooks.append(each.qkv.register_forward_hook(lambda _, args, made, one=each: kept(one, args, made)))
    ids = torch.tensor([row])
    with torch.inference_mode(), watched_attention() as seen:
        ready.model.encode(ids) if ready.spec.writes == "answers" else ready.model(ids)
    for hook in hooks:
        hook.remove()
    assert len(seen) == len(values) == len(given) > 0
    for (*_, chances), v, out in zip(seen, values, given):
        mixed = chances @ v.repeat_interleave(chances.size(1) // v.size(1), 1).float()
        assert torch.allclose(mixed.transpose(1, 2).flatten(2), out.float(), atol=1e-4)
        assert torch.allclose(chances.sum(-1), torch.ones(()), atol=1e-5)


def test_like_texts_are_near_on_the_map() -> None:
    found = try_model("small/bert", "embed", {"texts": "a dog\na dog\nthe king of the land\n\nto run"}).result
    assert len(found.texts) == 4
    assert found.points[0] == found.points[1] != found.points[2]
    assert found.alike[0][1] == pytest.approx(1, abs=1e-3)
    assert 0 < found.explained <= 1


@pytest.mark.parametrize(
    ("name", "said", "why"),
    [
        ("write", {"tokens": "61"}, "from 1 to 60"),
        ("write", {"tokens": "9" * 40}, "a whole number"),
        ("write", {"temperature": "nan"}, "a number"),
        ("write", {"prompt": "x" * 2001}, "2001 letters"),
        ("write", {"prompt": "word " * 300}, "positions"),
        ("attention", {"text": "word " * 60}, "from 1 to 48"),
        ("embed", {"texts": "one"}, "from 3 to 24"),
    ],
)
def test_what_cannot_be_is_said(name: str, said: dict[str, str], why: str) -> None:
    found = try_model("small/gpt-2", name, said)
    assert why in found.error
    assert found.result is None


def test_a_trial_of_another_kind_gives_way_and_an_unknown_one_is_refused() -> None:
    assert try_model("small/bert", "write", {}).name == "fill"
    with pytest.raises(InputError, match="did you mean 'write'"):
        try_model("small/bert", "writ", {})
    assert {*TRIALS} >= {"write", "beams", "fill", "attention", "embed"}


def test_the_steps_of_attention_lead_to_what_a_head_hands_on() -> None:
    found = attention_steps("small/gpt-2", "The dog sees a cat", 2, 3, 4)
    assert [each.token for each in found.rows] == [*found.tokens[:4]]  # no token sees a later one
    total = sum(math.exp(each.score) for each in found.rows)
    for each in found.rows:
        product = sum(a * b for a, b in zip(found.query, each.key)) / len(each.key) ** 0.5
        assert each.score == pytest.approx(product, abs=1e-4)
        assert each.weight == pytest.approx(math.exp(each.score) / total, abs=1e-5)
    mixed = [sum(each.weight * each.value[i] for each in found.rows) for i in range(len(found.output))]
    assert found.output == pytest.approx(mixed, abs=1e-4)
    assert found.maps == try_model("small/gpt-2", "attention", {"text": "The dog sees a cat"}).result.maps
    with pytest.raises(InputError, match="token is 9; there are 6"):
        attention_steps("small/gpt-2", "The dog sees a cat", 1, 1, 9)
