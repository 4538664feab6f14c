"""What models are called with: what is wrong is refused in one line, and heads read their own positions."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from clados import spec as s
from clados.apply.generate import generate
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


def ones(*shape: int) -> Tensor:
    return torch.ones(shape, dtype=torch.long)


PAIR = {"input_ids": ids(4, 2), "decoder_input_ids": ids(3, 2)}
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
        (BERT, {"input_ids": ids(3), "token_type_ids": ids(2)}, r"token_type_ids is \[1, 2\]; \[1, 3\] is allowed"),
        ("xlnet", {"input_ids": ids(3), "token_type_ids": ids(2)}, r"token_type_ids is \[1, 2\]; \[1, 3\] is allowed"),
        (
            "transformer-xl",
            {"input_ids": ids(3), "attention_mask": ones(1, 2)},
            r"attention_mask is \[1, 2\]; \[1, 3\] is allowed",
        ),
        ("transformer-xl", {"input_ids": ids(3), "position_ids": ids(2)}, r"position_ids is \[1, 2\]; \[1, 3\]"),
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
        (CLIP, {"pixels": 3}, "this model takes no pixels; it has .*pixel_values"),
        (ACTS, {"states": torch.zeros(1, 2, 11)}, "this model reads actions, and none were given"),
        (
            GPT,
            {"input_ids": ids(7, 2), "attention_mask": ones(2, 5)},
            r"attention_mask is \[2, 5\]; \[2, 7\] is allowed",
        ),
        (GPT, {"input_ids": ids(2), "attention_mask": [[1, 1]]}, r"attention_mask is a list; \[1, 2\] is allowed"),
        (GPT, {"input_ids": ids(7, 2), "position_ids": ids(7, 3)}, r"is \[3, 7\]; \[2, 7\] or \[1, 7\] is allowed"),
        (
            GPT,
            {"input_ids": ids(2), "position_ids": ids(2).float()},
            "position_ids are of torch.float32; whole numbers",
        ),
        (GPT, {"input_ids": ids(2), "position_ids": ones(1, 2, 2)}, "this model's positions are single ones"),
        ("glm", {"input_ids": ids(2), "position_ids": ones(1, 2, 3)}, r"is \[1, 2, 3\]; \[1, 2, 2\] is allowed"),
        (
            VIT,
            {"pixel_values": torch.zeros(1, 3, 224, 224), "attention_mask": ones(1, 3)},
            r"attention_mask is \[1, 3\]",
        ),
        (T5, {**PAIR, "attention_mask": ones(2, 5)}, r"attention_mask is \[2, 5\]; \[2, 4\] is allowed"),
        (
            T5,
            {**PAIR, "decoder_attention_mask": ones(2, 4)},
            r"decoder_attention_mask is \[2, 4\]; \[2, 3\] is allowed",
        ),
        (T5, {**PAIR, "input_ids": ids(4)}, r"encoder_outputs is \[1, 4, \d+\]; \[2, length, \d+\] is allowed"),
        (T5, {**PAIR, "encoder_outputs": torch.zeros(2, 4, 3)}, r"is \[2, 4, 3\]; \[2, length, \d+\] is allowed"),
        ("xlnet", {"input_ids": ids(3, 2), "perm_mask": ones(2, 3)}, r"perm_mask is \[2, 3\]; \[2, 3, 3\] is allowed"),
        (
            "xlnet",
            {"input_ids": ids(3, 2), "target_mapping": ones(2, 1, 4)},
            r"target_mapping is \[2, 1, 4\]; \[2, asked, 3\] is allowed",
        ),
        ("xlnet", {"input_ids": ids(3, 2), "attention_mask": ones(2, 4)}, r"attention_mask is \[2, 4\]; \[2, 3\] is"),
        (
            "ernie",
            {"input_ids": ids(3), "entity_embeds": torch.zeros(1, 3, 2)},
            r"\[1, 3, 2\]; \[1, 3, \d+\] is allowed",
        ),
        ("ernie", {"input_ids": ids(3), "entity_mask": ones(1, 2)}, r"entity_mask is \[1, 2\]; \[1, 3\] is allowed"),
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


@pytest.mark.parametrize("name", [GPT, T5])
def test_a_cache_of_other_texts_is_refused(model: Callable[[str], Any], name: str) -> None:
    reads = {"input_ids": ids(2, 2), "decoder_input_ids": ids(3, 2)} if name == T5 else {"input_ids": ids(3, 2)}
    with pytest.raises(s.SpecError, match="the cache is of 3 texts; 2 are given"):
        model(name)(**reads, cache=model(name).cache(3, 4))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"input_ids": [[5, 6]]}, r"input_ids is a list; a tensor of whole numbers, \[batch, length\], is allowed"),
        ({"input_ids": ids(3)[0]}, r"input_ids is a tensor \[3\] of torch.int64"),
        ({"input_ids": ids(7, 2), "attention_mask": ones(2, 5)}, r"attention_mask is \[2, 5\]; \[2, 7\] is allowed"),
    ],
)
@pytest.mark.parametrize("name", [GPT, T5])
def test_what_cannot_be_written_after_is_refused(
    model: Callable[[str], nn.Module], name: str, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(s.SpecError, match=said):
        generate(model(name), **given, max_new_tokens=2)  # type: ignore[arg-type]


@pytest.mark.parametrize("mask", ["attention_mask", "pooling_mask"])
def test_a_text_of_nothing_but_padding_has_the_vector_zero(model: Callable[[str], nn.Module], mask: str) -> None:
    keep = torch.tensor([[1, 1, 0], [0, 0, 0]])
    found = model("e5")(ids(3, 2), **{mask: keep}).sentence_embedding
    assert not found[1].any()
    torch.testing.assert_close(found[0].norm(), torch.tensor(1.0))


def test_only_words_are_scored_at_the_last_positions_alone(model: Callable[[str], nn.Module]) -> None:
    whole, last = (model(BERT)(ids(6, 2), logits_to_keep=keep) for keep in (0, 2))
    torch.testing.assert_close(last.logits, whole.logits[:, -2:])
    torch.testing.assert_close(last.pooler_output, whole.pooler_output)
    torch.testing.assert_close(last.seq_relationship_logits, whole.seq_relationship_logits)
    assert last.last_hidden_state.shape == whole.last_hidden_state.shape


def test_a_share_of_a_head_is_turned_two_by_two() -> None:
    neox = declared("gpt-neox-20b").model
    assert s.tiny(neox).size.dims.head_dim % 8 == 0
    odd = neox.but(size=s.Size(layers=1, d_model=48, heads=4))
    with pytest.raises(s.SpecError, match=r"Rotary\.fraction is 0\.25, which turns 3 of a head's 12 numbers"):
        build(odd, device="meta")
    with pytest.raises(s.SpecError, match=r"turns 0 of a head's .* it turns them two by two"):
        s.count_parameters(neox.but(stack=s.but(position=s.but(fraction=0.001))))
