"""DALL-E 2's diffusion prior: beside diffusers 0.42.1's, its last place, and which of several vectors is taken."""

from typing import Any

import pytest
import torch
from torch import Tensor

from clados import nn as cn, spec as s
from clados.apply.foresee import foresee
from clados.checkpoints.mapping.tensors import to_theirs
from clados.models.declared import declared
from clados.proofs.cases import example_inputs, small
from clados.proofs.parity import TOLERANCE, distance
from clados.proofs.references import randomise

SMALL: Any = small(declared("dall-e-2").models()["diffusion-prior"])
PLACES = {
    "step.up": "time_embedding.linear_1",
    "step.down": "time_embedding.linear_2",
    "further.text": "embedding_proj",
    "further.picture": "proj_in",
    "further.project": "proj_to_clip_embeddings",
    "stack.norm_out": "norm_out",
}
BLOCK = {
    "attn_norm": "norm1",
    "attn.qkv": "attn1.{to_q,to_k,to_v}",
    "attn.out": "attn1.to_out.0",
    "mlp_norm": "norm3",
    "mlp.up": "ff.net.0.proj",
    "mlp.down": "ff.net.2",
}


def test_it_computes_what_the_port_does() -> None:
    """diffusers' reads a text's states where ours reads tokens, and its own last place stands beside the positions."""
    diffusers = pytest.importorskip("diffusers")
    model = SMALL.but(size=s.but(d_ff=4 * SMALL.size.d_model))
    ours: Any = cn.module(model).eval()
    held = dict(ours.named_parameters())
    randomise(held)
    read, size = example_inputs(model), model.size
    ids = read["input_ids"]
    theirs = diffusers.PriorTransformer(
        num_attention_heads=size.heads,
        attention_head_dim=size.d_model // size.heads,
        num_layers=size.layers,
        embedding_dim=model.further.joint,
        num_embeddings=ids.size(1),
        encoder_hid_proj_type=None,
    ).eval()
    blocks = s.prefixed("transformer_blocks.*.", {f"{a}.*": f"{b}.*" for a, b in BLOCK.items()}, ours="stack.blocks.*.")
    rules = blocks | {f"{a}.*": f"{b}.*" for a, b in PLACES.items()}
    rest = {name: name for name in held if name.startswith("inputs.") or name == "further.own.weight"}
    layout = s.Layout(model_type="prior", architectures={}, rules=rules | rest, config={})
    weights = {name: each for name, each in to_theirs(layout, model, held).items() if name not in rest}
    missing = theirs.load_state_dict(weights, strict=False)
    assert not missing.unexpected_keys
    assert {*missing.missing_keys} == {"positional_embedding", "prd_embedding", "clip_mean", "clip_std"}
    with torch.no_grad():
        theirs.positional_embedding[0, ids.size(1) :] = ours.further.own.weight
        mask = read["attention_mask"]
        states = ours.inputs(ids, torch.arange(ids.size(1))[None])
        one = theirs(read["sample"], read["timesteps"], read["text_embeds"], states, mask.bool())
        assert distance(ours(**read).prediction, one.predicted_image_embedding) < TOLERANCE


@torch.inference_mode()
def test_of_the_vectors_that_are_drawn_that_most_like_the_texts_is_taken() -> None:
    module: Any = cn.build(SMALL, seed=1)
    read, course = example_inputs(SMALL), list[Tensor]()

    def kept(x: Tensor, timestep: int | None) -> Tensor:
        course.append(x)
        return x

    draw = torch.Generator().manual_seed(2)
    noise = lambda x: torch.randn(x.shape, generator=draw)  # noqa: E731
    text, mask = read["text_embeds"], read["attention_mask"]
    taken = foresee(module, read["input_ids"], text, steps=3, draw=noise, attention_mask=mask, kept=kept)
    assert taken.shape == text.shape
    every = course[-1].unflatten(0, (len(text), SMALL.drawn))
    assert len(course) == 3
    likeness = (every * text[:, None]).sum(-1)
    torch.testing.assert_close((taken * text).sum(-1), likeness.amax(1))
    assert (likeness[:, 0] != likeness[:, 1]).all()


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"text_embeds": None}, "not all were given"),
        ({"sample": torch.zeros(3, 2)}, "sample"),
        ({"timesteps": torch.zeros(2)}, "timesteps"),
        ({"low_res": torch.zeros(3, 4)}, "low_res"),
    ],
)
def test_other_arguments_are_refused(given: dict[str, Any], refusal: str) -> None:
    with pytest.raises(s.SpecError, match=refusal):
        cn.module(SMALL)(**example_inputs(SMALL) | given)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"drawn": 0}, "drawn is 0"),
        ({"further": s.but(joint=0)}, "joint is 0"),
        ({"stack": s.but(sees=s.All())}, "it sees Causal"),
        ({"diffusion": s.but(variance=True)}, "says no variance"),
        ({"sampler": s.DDPM(variance="learned")}, "takes a learned variance"),
    ],
)
def test_declarations_that_do_not_fit_are_refused(change: dict[str, Any], refusal: str) -> None:
    with pytest.raises(s.SpecError, match=refusal):
        SMALL.but(**change)
