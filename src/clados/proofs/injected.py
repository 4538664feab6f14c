"""What others draw by chance and we do too: our draws put into their models, so that both see the same."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from clados import spec as s
from clados.nn.attention.block_sparse import random_blocks
from clados.spec.core.declaration import parts

DRAWS = "_bigbird_block_rand_mask_with_head"  # transformers' BigBird: the list of random blocks of each head


def inject(module: nn.Module, model: s.Model) -> None:
    """Our random blocks into each of their layers that draws some; they draw none in evaluation (all are block 0)."""
    patterns = [each for each in parts(model) if isinstance(each, s.BlockSparse)]
    for each in module.modules():
        if patterns and hasattr(each, DRAWS):
            setattr(each, DRAWS, _lists(patterns[0], int(each.seed)))  # type: ignore[arg-type]


def _lists(pattern: s.BlockSparse, layer: int) -> Callable[..., Any]:
    """Numbers among all blocks: theirs count the first too, which is global."""

    def lists(*, from_seq_length: int, num_heads: int, **plan: Any) -> list[Any]:
        blocks = from_seq_length // pattern.block - 2
        which, _ = random_blocks(layer, num_heads, blocks, pattern.window, pattern.random, torch.device("cpu"))
        return list((which + 1).numpy().astype(np.int32))

    return lists
