"""What models are called with: what is wrong is refused in one line, and heads read their own positions."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from clados import spec as s
from clados.models.declared import declared
from clados.nn import build


@pytest.fixture(scope="module")
def model() -> Callable[[str], nn.Module]:
    made: dict[str, nn.Module] = {}

    def of(name: str) -> nn.Module:
        if name not in made:
            made[name] = build(s.tiny(declared(name).model))
        return made[name]

    return of


def ids(length: int, batch: int = 1) -> Tensor:
    return torch.arange(batch * length).view(batch, length) + 5


GPT, BERT, T5, VIT, CLIP, ACTS = "gpt", "bert", "t5", "vit", "clip", "decision-transformer"


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        (GPT, {"input_ids": ids(513)}, r"input_ids reaches position 513; this model has learned 512"),
        ("roberta", {"input_ids": ids(513)}, r"input_ids reaches position 513; this model has learned 512"),
        (GPT, {"input_ids": ids(0)}, r"input_ids is \[1, 0\]: there is nothing to read"),
        (
            GPT,
            {"input_ids": [[5, 6]]},
            r"input_ids is a list; a tensor of whole numbers, \[batch, length\], is allowed",
        ),
        (GPT, {"input_ids": ids(3)[0]}, r"input_ids is a tensor \[3\] of torch.int64; a tensor of whole numbers"),
        (GPT, {"input_ids": ids(3).float()}, r"input_ids is a tensor \[1, 3\] of torch.float32; a tensor of whole"),
        (GPT, {"input_ids": ids(3) * 10_000}, "ids reach from 50000 to 70000; this table has rows 0 to 40477"),
        (BERT, {"input_ids": ids(3) - 8}, "ids reach from -3 to -1; this table has rows 0 to 30521"),
        (GPT, {}, "this model reads input_ids, and none were given"),
        (GPT, {"input_id": ids(3)}, r"this model takes no input_id; did you mean 'input_ids'\?"),
        (BERT, {"input_ids": ids(3), "token_types": ids(3)}, "takes no token_types; did you mean 'token_type_ids'"),
        (T5, {"input_ids": ids(3)}, "this model writes after decoder_input_ids, and none were given"),
        (T5, {"input_ids": ids(0), "decoder_input_ids": ids(2)}, "there is nothing to read"),
        (T5, {"input_ids": ids(3), "decoder_inputs": ids(2)}, "takes no decoder_inputs; did you mean"),
        (
            VIT,
            {"pixel_values": torch.zeros(1, 3, 224, 224), "position_ids": ids(3)},
            "this model takes no position_ids",
        ),
        (VIT, {"input_ids": ids(3)}, "this model takes no input_ids"),
        (VIT, {}, "this model reads pixel_values, and none were given"),
        (CLIP, {}, "this model reads input_ids, pixel_values or both, and none were given"),
        (CLIP, {"pixels": 3}, r"this model takes no pixels; did you mean 'pixel_values'\?"),
        (ACTS, {"states": torch.zeros(1, 2, 11)}, "this model reads actions, and none were given"),
    ],
)
def test_what_a_model_cannot_read_is_refused(
    model: Callable[[str], nn.Module], name: str, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(s.SpecError, match=said) as found:
        model(name)(**given)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("name", [GPT, T5])
def test_a_full_cache_takes_no_more(model: Callable[[str], Any], name: str) -> None:
    cache = model(name).cache(1, 4)
    reads = {"input_ids": ids(2), "decoder_input_ids": ids(3)} if name == T5 else {"input_ids": ids(3)}
    model(name)(**reads, cache=cache)
    assert cache.used == 3
    last = next(reversed(reads))
    with pytest.raises(s.SpecError, match="the cache is full: 3 of 4 positions are used, and 2 more do not fit"):
        model(name)(**{**reads, last: ids(2)}, cache=cache)


def test_only_words_are_scored_at_the_last_positions_alone(model: Callable[[str], nn.Module]) -> None:
    whole, last = (model(BERT)(ids(6, 2), logits_to_keep=keep) for keep in (0, 2))
    torch.testing.assert_close(last.logits, whole.logits[:, -2:])
    torch.testing.assert_close(last.pooler_output, whole.pooler_output)
    torch.testing.assert_close(last.seq_relationship_logits, whole.seq_relationship_logits)
    assert last.last_hidden_state.shape == whole.last_hidden_state.shape


def test_a_share_of_a_head_is_turned_two_by_two() -> None:
    neox = declared("gpt-neox-20b").model
    assert s.tiny(neox).size.dims.head_dim % 8 == 0  # type: ignore[attr-defined]
    odd = neox.but(size=s.Size(layers=1, d_model=48, heads=4))
    with pytest.raises(s.SpecError, match=r"Rotary\.fraction is 0\.25, which turns 3 of a head's 12 numbers"):
        build(odd, device="meta")
    with pytest.raises(s.SpecError, match="it turns them two by two"):
        s.count(neox.but(stack=s.but(position=s.but(fraction=0.0))))
