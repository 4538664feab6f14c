"""Oracles: models written once more from their papers' equations, in plain loops over float64 numbers.

The modules of this folder import numpy and nothing of ours; only this one knows both sides.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import torch

from clados import spec as s
from clados.nn.attention.block_sparse import drawn
from clados.proofs.oracles import (
    alexatm_20b,
    decision_transformer,
    big_bird,
    cm3,
    deberta,
    ernie,
    galactica,
    glam,
    glm,
    gopher,
    gpt_3,
    lamda,
    llama,
    palm,
    pegasus,
    switch,
    transformer,
    transformer_xl,
)

EVERYTHING = 10**9  # a band as wide as any text

Numbers = Mapping[str, Any]
Arrays = Mapping[str, Any]


@dataclass(frozen=True)
class Oracle:
    """One oracle.

    Attributes:
        card: whose paper it follows.
        source: where its equations stand.
        fits: whether a declared structure is the one that it computes.
        numbers: what it is told of a model: sizes and constants, and by these which of its paper's variants it is.
        run: numbers, weights by our names and inputs to outputs by name.
        sizes: further words of a size that it understands.
    """

    card: str
    source: str
    fits: Callable[[s.Model], bool]
    numbers: Callable[[Any], Numbers]
    run: Callable[[Numbers, Arrays, Arrays], dict[str, Any]]
    sizes: tuple[str, ...] = ()


def _stack(model: Any) -> dict[str, Any]:
    """Sizes of a model with one stack."""
    dims = model.size.dims
    named = {name: getattr(dims, name) for name in ("layers", "heads", "kv_heads", "head_dim")}
    return {**named, "eps": model.stack.norm.eps}


@cache
def _drawn(layer: int, heads: int, blocks: int, window: int, random: int) -> list[list[list[int]]]:
    which, there = drawn(layer, heads, blocks, window, random, torch.device("cpu"))
    return [
        [[block for block, found in zip(*each) if found] for each in zip(*head)]
        for head in zip(which.tolist(), there.tolist())
    ]


def _blocks(model: Any, size: s.Size, stack: Any, written: int = 0) -> dict[str, Any]:
    """The numbers of a stack over blocks, and the random blocks of each layer and head: lists of lists."""
    attn, heads = stack.blocks(1)[0].attn, size.dims.heads
    pattern = attn.pattern

    def lists(layer: int, blocks: int) -> list[list[list[int]]]:
        return _drawn(layer, heads, blocks, pattern.window, pattern.random)

    named = {"layers": size.layers, "heads": heads, "eps": stack.norm.eps, "biased": attn.biases == "all"}
    told = {"block": pattern.block, "window": pattern.window, "extra": pattern.extra, "written": written}
    return {**named, **told, "lists": lists}


def _in_blanks(model: Any) -> bool:
    """GLM's pairs of learned positions."""
    return isinstance(model.inputs.position, s.Blanks)


def _deep(model: Any) -> bool:
    """GLM-130B's residual branches."""
    return isinstance(model.stack.block.residual, s.DeepNorm)


def _sides(model: Any) -> dict[str, Any]:
    """Sizes of a model with two."""
    sides = model.sides
    return {
        "layers": (sides.encoder.layers, sides.decoder.layers),
        "heads": sides.encoder.heads,
        "eps": model.encoder.norm.eps,
    }


def _experts(model: Any) -> dict[str, Any]:
    """Sizes of Switch Transformer, with the room of its experts."""
    room = s.in_turn(model.encoder.block)[-1].mlp.capacity  # type: ignore[attr-defined]
    return {
        "encoder": model.sides.encoder.layers,
        "decoder": model.sides.decoder.layers,
        "heads": model.sides.encoder.heads,
        "eps": model.encoder.norm.eps,
        "buckets": model.encoder.position.buckets,
        "distance": model.encoder.position.distance,
        "least": room.least,
        "factor": room.evaluation,
        "every": len(s.in_turn(model.encoder.block)),
    }


def _gated(model: Any) -> bool:
    return bool(s.in_turn(model.encoder.block)[-1].mlp.gated)  # type: ignore[attr-defined]


def _glam(model: Any) -> dict[str, Any]:
    position = model.stack.position
    named = {**_stack(model), "buckets": position.buckets, "distance": position.distance}
    for each in s.parts(model):
        if isinstance(each, s.OfBatch):
            named |= {"least": each.least, "factor": each.evaluation}
    return named


ORACLES = (
    Oracle(
        "galactica",
        "arXiv:2211.09085 §4",
        lambda model: isinstance(model, s.Decoder),
        _stack,
        galactica.run,
    ),
    *(
        Oracle(
            card,
            "arXiv:2112.11446 §3.1, arXiv:1901.02860 §3.3 (distances)",
            lambda model: isinstance(model, s.Decoder),
            _stack,
            gopher.run,
            ("head_dim",),
        )
        for card in ("gopher", "chinchilla", "gophercite", "sparrow")
    ),
    Oracle(
        "ernie",
        "arXiv:1905.07129 §3, github:thunlp/ERNIE code/knowledge_bert/modeling.py",
        lambda model: isinstance(model, s.EntityEncoder),
        lambda model: {**_stack(model), "plain": model.plain, "entity_heads": model.entities.heads},
        ernie.run,
    ),
    Oracle(
        "transformer",
        "arXiv:1706.03762 §3",
        lambda model: isinstance(model, s.EncoderDecoder),
        _sides,
        transformer.run,
    ),
    Oracle(
        "llama",
        "arXiv:2302.13971 §2.2, arXiv:2104.09864 eq. 12-14",
        lambda model: isinstance(model, s.Decoder),
        lambda model: {**_stack(model), "base": model.stack.position.base},
        llama.run,
        ("d_ff", "kv_heads", "head_dim"),
    ),
    Oracle(
        "decision-transformer",
        "arXiv:2106.01345 §3, appendix A; github:kzl/decision-transformer atari/mingpt/model_atari.py",
        lambda model: isinstance(model, s.Decoder) and isinstance(model.inputs, s.Frames),
        lambda model: {**_stack(model), "strides": tuple(stride for _, _, stride in model.inputs.convolutions)},
        decision_transformer.run,
    ),
    *(
        Oracle(
            name,
            "arXiv:2204.02311 §2, arXiv:2104.09864 eq. 12-14",
            lambda model: isinstance(model, s.Decoder),
            lambda model: {**_stack(model), "base": model.stack.position.base},
            palm.run,
            ("d_ff", "kv_heads", "head_dim"),
        )
        for name in ("palm", "flan-palm", "minerva")
    ),
    Oracle(
        "lamda",
        "arXiv:2201.08239 §3, arXiv:1910.10683 §2.1",
        lambda model: isinstance(model, s.Decoder),
        lambda model: {
            **_stack(model),
            "buckets": model.stack.position.buckets,
            "distance": model.stack.position.distance,
        },
        lamda.run,
        ("d_ff", "kv_heads", "head_dim"),
    ),
    Oracle(
        "pegasus",
        "arXiv:1912.08777 §6; github:google-research/pegasus pegasus/layers",
        lambda model: isinstance(model, s.EncoderDecoder),
        _sides,
        pegasus.run,
    ),
    *(
        Oracle(
            name,
            "arXiv:2005.14165 §2.1, arXiv:1904.10509 §4.2 (bands)",
            lambda model: isinstance(model, s.Decoder),
            lambda model: {**_stack(model), "span": model.stack.block[1].attn.pattern.span},
            gpt_3.run,
        )
        for name in ("gpt-3", "instructgpt", "gpt-3.5", "chatgpt")
    ),
    Oracle(
        "anthropic-assistant",
        "arXiv:2112.00861 appendix A, arXiv:2005.14165 §2.1",
        lambda model: isinstance(model, s.Decoder),
        lambda model: {**_stack(model), "span": EVERYTHING},
        gpt_3.run,
    ),
    Oracle(
        "switch",
        "arXiv:2101.03961 §2, arXiv:1910.10683 §2.1",
        lambda model: not _gated(model),
        _experts,
        partial(switch.run, gated=False),
    ),
    Oracle(
        "switch",
        "arXiv:2101.03961 §2 and table 9, arXiv:2002.05202 eq. 6",
        _gated,
        _experts,
        partial(switch.run, gated=True),
    ),
    Oracle(
        "transformer-xl",
        "arXiv:1901.02860 §3.2-3.3, arXiv:1609.04309 §3",
        lambda model: isinstance(model, s.Recurrent),
        lambda model: {
            **_stack(model),
            "d_model": model.size.d_model,
            "memory": model.memory,
            "words": model.vocab.size,
            "cutoffs": getattr(model.inputs, "cutoffs", ()),
            "shrink": getattr(model.inputs, "shrink", 1),
        },
        transformer_xl.run,
    ),
    Oracle(
        "deberta",
        "arXiv:2006.03654 eq. 2-4, §3.2; github:microsoft/DeBERTa (buckets, convolution, discriminator)",
        lambda model: isinstance(s.reach(model, "stack.position"), s.Disentangled),
        lambda model: {
            **_stack(model),
            "furthest": model.stack.position.furthest,
            "buckets": model.stack.position.buckets,
            "reverse": model.stack.position.reverse,
            "kernel": model.stack.convolution.kernel if model.stack.convolution else 0,
            "passes": model.stack.decoder.passes if model.stack.decoder else 0,
        },
        deberta.run,
    ),
    Oracle(
        "alexatm-20b",
        "arXiv:2208.01448 §2; github:amazon-science/alexa-teacher-models (segments, positions)",
        lambda model: isinstance(model, s.EncoderDecoder),
        lambda model: {**_sides(model), "skipped": model.target.position.start},
        alexatm_20b.run,
    ),
    Oracle(
        "cm3",
        "arXiv:2201.07520 appendix A.1, arXiv:1706.03762 §3.5",
        lambda model: isinstance(model, s.Decoder),
        _stack,
        cm3.run,
    ),
    Oracle(
        "glam",
        "arXiv:2112.06905 §4, arXiv:2006.16668 algorithm 1, arXiv:1910.10683 §2.1",
        lambda model: isinstance(model, s.Decoder),
        _glam,
        glam.run,
        ("d_ff", "head_dim"),
    ),
    Oracle(
        "big-bird",
        "arXiv:2007.14062 §2, appendix D",
        lambda model: isinstance(model, s.EncoderDecoder) or s.reach(model, "stack.block.attn.pattern.extra") > 0,
        lambda model: (
            _blocks(model, model.sides.encoder, model.encoder, written=model.sides.decoder.layers)
            if isinstance(model, s.EncoderDecoder)
            else _blocks(model, model.size, model.stack)
        ),
        big_bird.run,
    ),
    Oracle(
        "glm",
        "arXiv:2103.10360 §2",
        _in_blanks,
        _stack,
        glm.run,
    ),
    Oracle(
        "wu-dao-2",
        "arXiv:2103.10360 §2, arXiv:2103.13262 §3",
        _in_blanks,
        lambda model: {**_stack(model), "routed": True},
        glm.run,
    ),
    Oracle(
        "glm",
        "arXiv:2210.02414 §2.1, arXiv:2104.09864 eq. 14-15",
        _deep,
        lambda model: {**_stack(model), "power": model.stack.block.residual.power, "base": model.stack.position.base},
        glm.run,
        ("d_ff",),
    ),
)


def oracles(card: str, model: s.Model) -> list[Oracle]:
    """The oracles of a declared structure."""
    return [each for each in ORACLES if each.card == card and each.fits(model)]


__all__ = ["ORACLES", "Oracle", "oracles"]
