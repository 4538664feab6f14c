"""Answers of encoder-decoders: the whole call, the source read and the first token included."""

from collections.abc import Sequence
from typing import Any

import torch
import transformers
from torch import Tensor

from benchmarks import peers
from benchmarks.harness import Figure, Limits, Run, figure, interleaved
from clados.apply.generate import generate
from clados.nn.weight_layout import prepare_for_decoding

WANTED = 1.5


def t5(limits: Limits) -> list[Figure]:
    """T5-small, greedily and with four beams."""
    ours, theirs = peers.both(transformers.T5Config(decoder_start_token_id=0))
    return _each("T5-small", ours, theirs, length=64, new=32, beams=(1, 4))


def bart(limits: Limits) -> list[Figure]:
    """BART-base in the shape of summaries: long in, short out."""
    config = transformers.BartConfig(
        d_model=768,
        encoder_layers=6,
        decoder_layers=6,
        encoder_attention_heads=12,
        decoder_attention_heads=12,
        encoder_ffn_dim=3072,
        decoder_ffn_dim=3072,
        forced_eos_token_id=None,
    )
    ours, theirs = peers.both(config)
    return _each("BART-base", ours, theirs, length=512, new=48, beams=(1, 4))


def _each(name: str, ours: Any, theirs: Any, length: int, new: int, beams: Sequence[int]) -> list[Figure]:
    ids = torch.randint(1000, 30_000, (1, length), generator=torch.Generator().manual_seed(0))
    figures = []
    for number in beams:
        prepare_for_decoding(ours, rows=number)
        runs = _runs(ours, theirs, ids, new, number)
        a, b = runs["clados"](), runs["transformers"]()
        alike = int((a == b).long().cumprod(1).sum()) - 1  # type: ignore[attr-defined]
        how = "greedily" if number == 1 else f"{number} beams"
        said = f"{name}, {length} tokens read, {new} written {how}"
        note = f"the answers agree in {alike} of {new} tokens"
        figures.append(figure(said, interleaved(runs), WANTED, note=note))
    return figures


def _runs(ours: Any, theirs: Any, ids: Tensor, new: int, beams: int) -> dict[str, Run]:
    how = {
        "max_new_tokens": new,
        "min_new_tokens": new,
        "do_sample": False,
        "num_beams": beams,
        "early_stopping": False,
    }

    def peer() -> Tensor:
        with torch.inference_mode():
            found: Tensor = theirs.generate(ids, attention_mask=torch.ones_like(ids), **how)
        return found

    return {
        "clados": lambda: generate(ours, ids, max_new_tokens=new, beams=beams, eos=()),
        "transformers": peer,
    }
