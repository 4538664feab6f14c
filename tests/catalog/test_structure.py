"""The structure of a size in words, computed from its declaration, beside published descriptions."""

from dataclasses import replace

import pytest

from clados.catalog.card import declaration_of
from clados.catalog.differences import diff
from clados.catalog.load import catalog
from clados.catalog.structure import structure, training_compute
from clados.drawing.drawings import draw
from clados.errors import CladosError


@pytest.mark.parametrize(
    ("model", "size", "name", "text"),
    [
        ("palm", "540b", "attention", "multi-query, 48 heads of 256"),  # arXiv:2204.02311 §2, table 1
        ("palm", "540b", "norm", "LayerNorm before attention and feed-forward in parallel"),  # §2
        ("llama", "7b", "positions", "rotary"),  # arXiv:2302.13971 §2.2
        ("llama", "7b", "feed-forward", "SwiGLU, 11,008 wide"),  # §2.2
        ("bloom", "176b", "positions", "ALiBi"),  # arXiv:2211.05100 §3.2.2
        ("switch", "c", "decoder feed-forward", "2,048 experts, 1 a token, ReLU, 6,144 wide"),  # arXiv:2101.03961 §5.6
        (
            "gpt-neo",
            "2.7b",
            "attention",
            "multi-head, 20 heads of 128 / multi-head, 20 heads of 128, the last 256 positions",
        ),
        ("vit", "b/16", "reads", "images of 224 x 224 pixels as 196 patches of 16 x 16"),  # arXiv:2010.11929 §3.1
        ("roberta", "large", "reads", "up to 512 tokens"),  # 514 rows, of which the first two are not used
        ("clip", "vit-b/32", "text positions", "learned absolute"),  # arXiv:2103.00020 §2.4
        ("stable-diffusion", "v1", "noise", "1,000 steps, deviations on a line; it predicts the noise"),
        (  # CompVis/stable-diffusion configs/stable-diffusion/v1-inference.yaml
            "stable-diffusion",
            "v1",
            "U-Net",
            "320/640/1,280/1,280 channels, 2 residual blocks a level; self-attention and cross-attention to the text "
            "at sides of 64/32/16/8",  # the middle's too: ldm/modules/diffusionmodules/openaimodel.py middle_block
        ),
        (  # arXiv:2204.06125 §2.1, table 3
            "dall-e-2",
            "upsampler-1024",
            "reads",
            "an image of 1024 x 1024 pixels with noise; the same of 256 x 256",
        ),
        ("dall-e", "dvae", "makes", "32 x 32 codes of 8,192 kinds"),  # arXiv:2102.12092 §2.1
    ],
)
def test_the_structure_is_said_as_the_papers_say_it(model: str, size: str, name: str, text: str) -> None:
    assert structure(catalog()[model], size).rows[name] == text


@pytest.mark.parametrize(
    ("model", "size", "bytes_a_token"),
    [
        ("gpt-2", "small", 2 * 12 * 12 * 64 * 2),
        ("llama", "65b", 2 * 80 * 64 * 128 * 2),
        ("palm", "540b", 2 * 118 * 1 * 256 * 2),  # one head of keys and values for all
        ("t5", "base", 2 * 12 * 12 * 64 * 2),  # of the decoder alone
        ("bert", "base", None),
        ("clip", "vit-b/32", None),
    ],
)
def test_the_kv_cache_counts_keys_and_values_of_each_layer_that_writes(
    model: str, size: str, bytes_a_token: int | None
) -> None:
    assert structure(catalog()[model], size).kv_cache == bytes_a_token


def test_every_declared_size_has_a_structure() -> None:
    cards = [card for card in catalog().values() if card.runnable]
    for card in cards:
        for size in declaration_of(card).sizes:
            rows = structure(card, size).rows
            assert rows
            assert all(rows.values()), (card.id, size)


def test_a_size_that_is_not_declared_is_refused_with_those_that_are() -> None:
    with pytest.raises(CladosError, match=r"cm3:125m is not declared; medium, large"):
        structure(catalog()["cm3"], "125m")


def test_published_computations_are_six_times_parameters_times_tokens() -> None:
    """GPT-3's table D.1 is made so; PaLM's count adds attention's scores (arXiv:2204.02311, appendix B)."""
    for card in (catalog()["gpt-3"], catalog()["palm"]):
        for size in card.sizes:
            if size.compute and size.tokens:
                derived = training_compute(card, replace(size, compute=None))
                assert derived is not None
                assert derived.kind == "derived"
                assert float(str(derived)) == pytest.approx(size.compute.items[0], rel=0.08)


def test_no_computation_is_derived_for_encoders_or_without_tokens() -> None:
    bert, gpt2 = catalog()["bert"], catalog()["gpt-2"]
    assert training_compute(bert, replace(bert.sizes[-1], compute=None)) is None
    assert training_compute(gpt2, gpt2.sizes[0]) is None


def test_what_a_paper_says_of_its_computation_goes_before_what_follows_from_its_tokens() -> None:
    """Gopher's count holds rematerialisation: 6.31e8 PFLOPs (arXiv:2112.11446, appendix), where 6 N D gives 5.0e23."""
    gopher = catalog()["gopher"]
    size = next(each for each in gopher.sizes if each.name == "280b")
    said, derived = training_compute(gopher, size), training_compute(gopher, replace(size, compute=None))
    assert said is not None
    assert derived is not None
    assert (said.kind, said.value, derived.kind) == ("reported", 6.31e23, "derived")


def test_a_diff_has_what_each_token_takes() -> None:
    found = diff("llama:7b", "gpt-2:small")
    assert found.costs["KV cache, bytes"] == (2 * 32 * 4096 * 2, 2 * 12 * 768 * 2)
    # Kaplan et al. 2020, table 1: 4 x d_model x layers x (2 d_attn + d_ff), with norms and SwiGLU's third
    llama, gpt2 = found.costs["FLOPs, 2 N"]
    assert llama == 2 * 32 * (4 * 4096**2 + 3 * 4096 * 11_008 + 2 * 4096) + 2 * 4096
    assert gpt2 == pytest.approx(2 * 2 * 768 * 12 * (2 * 768 + 3072), rel=2e-3)
    assert found.as_dict()["costs"]["KV cache, bytes"] == {"old": 524_288, "new": 36_864}
    assert "For each token" in str(found.page())


def test_weights_that_layers_share_take_operations_in_each_layer() -> None:
    bert, albert = diff("bert:large", "albert:xxlarge").costs["FLOPs, 2 N"]
    assert bert is not None
    assert albert is not None
    # as above, of 12 layers with d_model 4096 and d_ff 16,384 (Lan et al. 2020, table 1), though one set is counted
    assert albert == pytest.approx(2 * 2 * 4096 * 12 * (2 * 4096 + 16_384), rel=1e-2)
    assert albert > 7 * bert


def test_what_has_no_cost_for_each_token_says_so() -> None:
    found = diff("t5:base", "bert:base")
    assert found.costs["FLOPs, 2 N"][0] is None
    assert found.costs["KV cache, bytes"][1] is None
    assert diff("swin", "swin").costs == {}


def test_gated_layers_are_called_alike_wherever_they_are_said() -> None:
    """GLaM's activation comes after the product of gate and up, which is not GEGLU."""
    for name, said in (("glam", "gate × up, then GELU"), ("t5-v1.1", "GEGLU (tanh)"), ("llama", "SwiGLU")):
        drawn = {note for each in draw(name).data["boxes"] for note in each["notes"]}
        rows = structure(catalog()[name]).rows
        assert said in drawn
        assert any(said in row for key, row in rows.items() if key.endswith("feed-forward"))
