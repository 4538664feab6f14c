"""Switch Transformer at 8 and 32 experts: what is computed should follow the experts that are met."""

from typing import Any

import torch
import transformers

from benchmarks import peers
from benchmarks.harness import Figure, Limits, figure, interleaved
from clados.apply.generate import generate
from clados.nn.weight_layout import prepare_for_decoding
from clados.spec import rows

COUNTS = 8, 32
TEXT = 512
WORDS, NEW = 4096, 12
SHAPE = {
    "vocab_size": WORDS,
    "d_model": 256,
    "d_kv": 32,
    "d_ff": 1024,
    "num_heads": 8,
    "num_layers": 4,
    "num_decoder_layers": 4,
    "num_sparse_encoder_layers": 2,
    "num_sparse_decoder_layers": 2,
    "expert_capacity": WORDS,  # room for all: both sides compute the same tokens
    "decoder_start_token_id": 0,
}
BASE = {**SHAPE, "d_model": 768, "d_kv": 64, "d_ff": 3072, "num_heads": 12}  # as wide as Switch-Base


def decode(limits: Limits) -> list[Figure]:
    """Greedy decoding of one text and of eight."""
    figures = []
    for count in COUNTS:
        ours, theirs = peers.both(transformers.SwitchTransformersConfig(**SHAPE, num_experts=count))
        prepare_for_decoding(ours)
        for batch in (1, 8):
            ids = torch.randint(2, WORDS, (batch, 16), generator=torch.Generator().manual_seed(0))
            runs: dict[str, Any] = {
                "clados": lambda ours=ours, ids=ids: generate(ours, ids, max_new_tokens=NEW, eos=()),
                "transformers": lambda theirs=theirs, ids=ids: _theirs(theirs, ids),
            }
            same = int((runs["clados"]()[:, -NEW:] == runs["transformers"]()[:, -NEW:]).all(1).sum())
            name = f"Switch, 256 wide, {count} experts, {batch} at once, {NEW} tokens"
            note = f"{same} of {batch} texts are the same"
            figures.append(figure(name, interleaved(runs, pairs=5), 2.0, note=note))
    return figures


def encode(limits: Limits) -> list[Figure]:
    """Texts of 512 tokens through an encoder as wide as Switch-Base, beside the limit of the machine's products."""
    figures = []
    for count in COUNTS:
        ours, theirs = peers.both(transformers.SwitchTransformersConfig(**BASE, num_experts=count))
        for texts in (1, 4):
            ids = torch.randint(2, WORDS, (texts, TEXT), generator=torch.Generator().manual_seed(0))
            runs: dict[str, Any] = {
                "clados": torch.inference_mode()(lambda ours=ours, ids=ids: ours.encode(ids)),
                "transformers": torch.inference_mode()(lambda theirs=theirs, ids=ids: theirs.encoder(ids)[0]),
            }
            far = float((runs["clados"]() - runs["transformers"]()).abs().max())
            work = {"GFLOP": 2 * (_met(ours) + _attended()) * ids.numel() / 1e9}
            name = f"Switch, {BASE['d_model']} wide, {count} experts, {ids.numel():,} tokens"
            note = f"states differ by {far:.1e} at most"
            seconds = interleaved(runs, pairs=5)
            figures.append(figure(name, seconds, 1.0, work=work, limits=limits, note=note))
    return figures


def _theirs(model: Any, ids: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model.generate(ids, max_new_tokens=NEW, min_new_tokens=NEW, do_sample=False)
    return found


def _met(model: Any) -> float:
    """Numbers of the encoder's products that a token meets."""
    encoder = (row for row in rows(model.spec) if row.path.startswith("encoder.blocks") and len(row.shape) > 1)
    return sum(row.count * getattr(row.piece, "uses", 1.0) for row in encoder)


def _attended() -> float:
    """Numbers that each of the encoder's tokens meets in the keys and values of its text."""
    return float(BASE["num_layers"] * 2 * TEXT * BASE["num_heads"] * BASE["d_kv"])
