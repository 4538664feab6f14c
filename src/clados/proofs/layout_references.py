"""Which reference stands behind a layout."""

from collections.abc import Callable
from pathlib import Path

from clados import spec as s
from clados.checkpoints.mapping.detect import replace_heads
from clados.proofs.diffusers_reference import Pipeline
from clados.proofs.embedder import Embedder
from clados.proofs.file_references import (
    FileReference,
    Golden,
    GoldenDenoiser,
    GoldenFold,
    GoldenPyramid,
    MemoryReference,
    TorchTransformer,
    Transformers,
    architecture_of,
)

# One small model, which nothing varies: gone from transformers since 4.36, and since 5.0; in source alone; of timm,
# open_clip and DALL-E, which are no part of the environment.
GOLDEN = (
    "transfo-xl",
    "trajectory_transformer",
    "openfold",
    "timm-swin",
    "timm-gcvit",
    "open_clip",
    "glide",
    "openai-dvae",
)
REFERENCES: dict[str, Callable[[str, s.Layout, s.Model, Path], FileReference]] = {
    "torch.nn.Transformer": TorchTransformer,
    "xlnet": MemoryReference,
    "stable-diffusion": Pipeline,
    "transfo-xl": Golden,
    "trajectory_transformer": Golden,
    "openfold": GoldenFold,
    "glide": GoldenDenoiser,
    "timm-swin": GoldenPyramid,
    "timm-gcvit": GoldenPyramid,
    "open_clip": Golden,
    "openai-dvae": Golden,
}


def reference(card: str, layout: s.Layout, model: s.Model, folder: Path) -> FileReference:
    """The reference of a layout, for a small model."""
    if any(isinstance(head, s.Embedding) for head in model.own_heads):
        return Embedder(card, layout, model, folder)
    return REFERENCES.get(layout.model_type, Transformers)(card, layout, model, folder)


def with_heads(layout: s.Layout, model: s.Model) -> s.Model:
    """The port of a model, with the heads of the reference's class.

    What makes a text's vector of hidden states is none of them: sentence-transformers keeps it in folders of its own.
    """
    ported = model.but(**(layout.port or s.but()))
    heads = layout.architectures[architecture_of(layout, ported)]
    vector = [head.slot for head in ported.own_heads if isinstance(head, s.Embedding)] if not heads else []
    return replace_heads(ported, [*heads, *vector])
