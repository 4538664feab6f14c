"""Memory of earlier segments, classes of words, and words in a random order."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from clados import from_pretrained, nn as cn, spec as s
from clados.models.declared import declared
from clados.proofs.cases import example_inputs, small
from clados.proofs.references import randomise

KEPT = Path(__file__).parents[2] / "src" / "clados" / "proofs" / "golden" / "transformer_xl"


def spread(model: s.Model) -> Any:
    """A small model whose weights all matter."""
    made = cn.build(model)
    randomise(dict(made.named_parameters()))
    return made


@torch.no_grad()
def test_three_segments_with_the_memory_carried_give_what_transformers_gave() -> None:
    model: Any = from_pretrained(KEPT)
    kept = load_file(KEPT / "segments.safetensors")
    mems: Any = None
    for i in range(3):
        out = model(kept[f"input_ids_{i}"], mems=mems)
        mems = out.mems
        assert torch.allclose(out.logits, kept[f"logits_{i}"], atol=2e-5), i
    assert torch.allclose(mems, load_file(KEPT / "outputs.safetensors")["mems"], atol=2e-5)


@torch.no_grad()
@pytest.mark.parametrize("size", ["wt103-large", "enwik8-12"])
def test_segments_with_memory_are_the_pass_in_which_each_layer_sees_as_far_back(size: str) -> None:
    model = spread(small(declared("transformer-xl").at(size)).but(memory=6, sliding=True))
    ids = torch.randint(131, (2, 24))
    whole, pieces = model(ids), []
    mems: Any = None
    for piece in ids.split([7, 1, 9, 7], 1):
        out = model(piece, mems=mems)
        mems = out.mems
        pieces.append(out.last_hidden_state)
    assert torch.allclose(torch.cat(pieces, 1), whole.last_hidden_state, atol=2e-5)
    assert mems.shape == (2, 3, 6, 48)


def test_no_gradient_reaches_an_earlier_segment_and_every_weight_learns_from_the_memory() -> None:
    model = spread(small(declared("transformer-xl").model))
    first = model(torch.randint(131, (1, 5)))
    assert not first.mems.requires_grad
    model(torch.randint(131, (1, 5)), mems=first.mems).logits.sum().backward()
    assert model.stack.blocks[0].attn.qkv.weight.grad.abs().sum() > 0


def test_two_memories_of_one_text_and_one_of_another_shape_are_refused() -> None:
    model = spread(small(declared("transformer-xl").model))
    ids = torch.randint(131, (2, 5))
    mems = model(ids).mems
    with pytest.raises(s.SpecError, match="two memories"):
        model(ids, mems=mems, cache=model.cache(2, 9))
    with pytest.raises(s.SpecError, match=r"this model takes \[2, 3, memory, 48\]"):
        model(ids, mems=mems[:, 1:])
    with pytest.raises(s.SpecError, match="takes no memz; did you mean 'mems'"):
        model(ids, memz=mems)
    with pytest.raises(s.SpecError, match=r"a memory needs Distances\(\)"):
        model.spec.but(stack=s.but(position=None))


@pytest.mark.parametrize("size", ["wt103-large", "wt103-standard", "lm1b-large"])
def test_the_classes_probabilities_add_up_and_are_those_that_are_learned(size: str) -> None:
    model = spread(small(declared("transformer-xl").at(size)))
    head, x, labels = model.heads["lm"], torch.randn(40, 48), torch.randint(131, (40,))
    labels[:8] = torch.tensor([0, 39, 40, 69, 70, 109, 110, 130])
    log_p = head(x, model.inputs, {})
    assert torch.allclose(log_p.exp().sum(-1), torch.ones(40), atol=1e-5)
    said = -log_p.gather(1, labels[:, None]).sum()
    assert torch.allclose(head.nll(x, labels, model.inputs), said, rtol=1e-5)
    among = labels.unique()
    confined = -log_p[:, among].log_softmax(-1).gather(1, torch.searchsorted(among, labels)[:, None]).sum()
    assert torch.allclose(head.nll(x, labels, model.inputs, among=among), confined, rtol=1e-5)
    smoothed = 0.9 * said - 0.1 * log_p.mean(-1).sum()
    assert torch.allclose(head.nll(x, labels, model.inputs, smoothing=0.1), smoothed, rtol=1e-5)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"cutoffs": (5, 5)}, "rise from above 0"),
        ({"shrink": 0}, "at least 1"),
        ({"cutoffs": (40, 300)}, "beyond the vocabulary's 131"),
        ({"shrink": 1}, "nothing to project"),
    ],
)
def test_classes_that_cannot_be_are_refused(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(s.SpecError, match=why):
        s.count_parameters(small(declared("transformer-xl").model).but(inputs=s.but(**changed)))


@torch.no_grad()
def test_no_word_that_is_asked_for_is_seen_before_its_turn() -> None:
    model = spread(small(declared("xlnet").model))
    read = example_inputs(model.spec)
    del read["attention_mask"]
    before = model(**read).logits
    for t in range(5):
        place = read["target_mapping"][:, t].argmax(-1)
        changed = read["input_ids"].clone()
        changed[range(3), place] = (changed[range(3), place] + 1) % 131
        after = model(**{**read, "input_ids": changed}).logits
        assert torch.equal(after[:, : t + 1], before[:, : t + 1])  # up to itself: nobody before it sees it
        if t < 4:
            assert not torch.allclose(after[:, t + 1 :], before[:, t + 1 :])


@torch.no_grad()
def test_one_stream_is_that_of_transformers_and_blanks_are_asked_of_the_other(tmp_path: Path) -> None:
    import transformers

    config = transformers.XLNetConfig(
        vocab_size=131, d_model=24, n_layer=2, n_head=3, d_inner=40, mem_len=None, reuse_len=None
    )
    theirs = transformers.XLNetLMHeadModel(config).eval()
    for each in theirs.parameters():
        each.normal_(0, 0.3)
    theirs.save_pretrained(tmp_path)
    ours: Any = from_pretrained(tmp_path)
    assert ours.spec.memory is None
    ids, keep = torch.randint(6, 131, (2, 9)), torch.ones(2, 9, dtype=torch.long)
    keep[1, 6:] = 0
    one, other = ours(ids, attention_mask=keep).logits, theirs(ids, attention_mask=keep).logits
    assert torch.allclose(one[keep.bool()], other[keep.bool()], atol=1e-4)
    blank = torch.zeros(2, 9, dtype=torch.bool)
    blank[:, 3] = True
    hidden, asked = torch.zeros(2, 9, 9), torch.zeros(2, 1, 9)
    hidden[:, :, 3], asked[:, 0, 3] = 1, 1
    expected = theirs(ids, attention_mask=keep, perm_mask=hidden, target_mapping=asked).logits[:, 0]
    found = ours.heads["lm"](ours.blanks(ids, keep, blank)[:, 3], ours.inputs, {})
    assert torch.allclose(found, expected, atol=1e-4)


@torch.no_grad()
def test_texts_that_stand_backwards_are_those_of_transformers(tmp_path: Path) -> None:
    """With its ``bi_data`` (5.23.0), of which the second half of a batch is read from its end to its start."""
    import transformers

    config = transformers.XLNetConfig(vocab_size=131, d_model=24, n_layer=2, n_head=3, d_inner=40, mem_len=8)
    theirs = transformers.XLNetLMHeadModel(config).eval()
    for each in theirs.parameters():
        each.normal_(0, 0.3)
    theirs.save_pretrained(tmp_path)
    ours: Any = from_pretrained(tmp_path)
    theirs.transformer.bi_data = True
    read = example_inputs(small(declared("xlnet").model))
    given = {name: read[name][:2].repeat_interleave(2, 0) for name in ("perm_mask", "target_mapping", "token_type_ids")}
    first, second = (torch.randint(6, 131, (4, given["perm_mask"].size(1))) for _ in range(2))
    backwards = torch.tensor([False, False, True, True])
    mems = ours(first, backwards=backwards).mems
    expected = theirs(first, use_mems=True).mems
    assert torch.allclose(mems, torch.stack(expected, 1).transpose(0, 2), atol=1e-4)
    found = ours(second, mems=mems, backwards=backwards, **given).logits
    assert torch.allclose(found, theirs(second, mems=expected, use_mems=True, **given).logits, atol=1e-4)
    assert not torch.allclose(found[2:], ours(second, mems=mems, **given).logits[2:], atol=1e-2)
