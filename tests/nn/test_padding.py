"""Padding, packing and caches change nothing for what is not padding."""

from typing import Any

import pytest
import torch
from torch import Tensor

from clados import spec as s
from clados.models.declared import declared
from clados.nn import build

NAMES = ("bert", "roberta", "gpt", "gpt-2", "gpt-3", "gpt-neox-20b", "llama", "t5")
LENGTHS = (7, 3, 5)
SMALL = 97


def made(name: str, dtype: torch.dtype = torch.float32) -> Any:
    """A small model; of GPT-3 with bands narrower than the texts."""
    model = s.tiny(declared(name).model)
    inputs = s.but(vocab=s.but(size=SMALL, **dict.fromkeys(("bos", "eos", "mask", "cls", "sep", "unk"))))
    model = model.but(inputs=inputs)
    if name == "gpt-3":
        dense, banded = model.stack.block  # type: ignore[attr-defined]
        bands = banded.but(attn=s.but(pattern=s.Banded(2)))
        model = model.but(stack=s.but(block=(dense, bands)))
    return build(model, dtype=dtype)


def batch(left: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, mask and positions of three texts of unlike lengths."""
    longest = max(LENGTHS)
    ids = torch.randint(5, SMALL, (3, longest), generator=torch.Generator().manual_seed(0))
    place = torch.arange(longest)
    size = torch.tensor(LENGTHS)[:, None]
    keep = place >= longest - size if left else place < size
    return ids, keep, (place - (longest - size) if left else place.expand(3, -1)).clamp(min=0)


def alone(model: Any, ids: Tensor, keep: Tensor) -> list[Tensor]:
    """The scores of each text by itself."""
    return [model(row[kept][None]).logits[0] for row, kept in zip(ids, keep)]


@pytest.mark.parametrize("packs", [True, False], ids=["packed", "masked"])
@pytest.mark.parametrize("left", [False, True], ids=["right", "left"])
@pytest.mark.parametrize("name", [name for name in NAMES if name != "t5"])
@torch.no_grad()
def test_a_padded_text_is_read_as_if_it_were_alone(
    name: str, left: bool, packs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not packs:
        monkeypatch.setattr("clados.nn.kinds.single.packed", lambda keep: None)
    model = made(name)
    ids, keep, positions = batch(left)
    given = {"token_type_ids": None} if name == "bert" else {}
    found = model(ids, attention_mask=keep, position_ids=positions, **given).logits
    for row, kept, wanted in zip(found, keep, alone(model, ids, keep)):
        torch.testing.assert_close(row[kept], wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("packs", [True, False], ids=["packed", "masked"])
@torch.no_grad()
def test_an_encoder_decoder_reads_a_padded_source_as_if_it_were_alone(
    packs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not packs:
        monkeypatch.setattr("clados.nn.kinds.single.packed", lambda keep: None)
    model = made("t5")
    ids, keep, _ = batch(left=True)
    target = ids.flip(1)[:, :4]
    found = model(ids, attention_mask=keep, decoder_input_ids=target).logits
    for i in range(3):
        wanted = model(ids[i : i + 1, keep[i]], decoder_input_ids=target[i : i + 1]).logits
        torch.testing.assert_close(found[i : i + 1], wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("bert", "roberta", "t5")])
@torch.no_grad()
def test_padded_texts_go_on_in_a_cache_as_if_they_were_alone(name: str) -> None:
    """Three positions at once, then two, then one by one."""
    model = made(name)
    ids, keep, positions = batch(left=True)
    cache, found, at = model.cache(3, 9), [], 0
    for step in (3, 2, 1, 1):
        end = at + step
        given = {"position_ids": positions[:, at:end], "attention_mask": keep[:, :end]}
        found.append(model(ids[:, at:end], cache=cache, **given).logits)
        at = end
    for row, kept, wanted in zip(torch.cat(found, 1), keep, alone(model, ids, keep)):
        torch.testing.assert_close(row[kept], wanted, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_an_encoder_decoder_goes_on_in_a_cache() -> None:
    model = made("t5")
    ids, keep, _ = batch(left=False)
    target = ids.flip(1)
    whole = model(ids, attention_mask=keep, decoder_input_ids=target).logits
    cache, found, at = model.cache(3, 9), [], 0
    for step in (3, 2, 1, 1):
        given = {"decoder_input_ids": target[:, at : at + step], "attention_mask": keep, "cache": cache}
        found.append(model(ids, **given).logits)
        at += step
    torch.testing.assert_close(torch.cat(found, 1), whole, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [*NAMES, "transformer"])
@torch.no_grad()
def test_every_text_model_computes_in_bfloat16(name: str) -> None:
    model = made(name, torch.bfloat16)
    ids, keep, _ = batch(left=False)
    given = {"decoder_input_ids": ids} if name in ("t5", "transformer") else {}
    scores = model(ids, attention_mask=keep, **given).logits
    assert scores.dtype is torch.bfloat16
    assert scores.isfinite().all()
