"""fairseq's checkpoints: one pickle that holds the arguments of its training and the tensors."""

import argparse
from pathlib import Path

import torch

from clados.checkpoints.choose import layouts
from clados.checkpoints.dialects import Words
from clados.checkpoints.errors import CheckpointError, LayoutError
from clados.checkpoints.files import REFUSED, Stored, held, unpickled

PREFIX = "fairseq:"  # model_type of its layouts, before the first word of the architecture's name
TABLES = {"vocab_size": "embed_tokens.weight", "positions": "embed_positions.weight"}  # rows that no argument says


def opened(file: Path, *, allow_pickle: bool) -> tuple[Words, dict[str, Stored]]:
    """The words and the tensors of a checkpoint.

    Of the arguments, which are a whole command line, those that the architecture's layout names are kept. Sizes of
    tables are read off the tensors; the mask is the last word (fairseq/tasks/masked_lm.py adds it so).

    Raises:
        CheckpointError: the file is a pickle and pickles are not allowed, is damaged, or of another program.
        LayoutError: no declared layout describes the architecture.
    """
    if not allow_pickle:
        raise CheckpointError(f"{file}: {REFUSED}")
    with torch.serialization.safe_globals([argparse.Namespace]):
        whole = unpickled(file)
    if not isinstance(whole, dict) or not isinstance(whole.get("args"), argparse.Namespace) or "model" not in whole:
        raise CheckpointError(f"{file}: not a checkpoint of fairseq, which holds 'args' and 'model'")
    tensors, said = held(file, whole["model"]), vars(whole["args"])
    named = PREFIX + str(said.get("arch")).partition("_")[0]
    keys = {key for _, layout, _ in layouts() if layout.model_type == named for key in (*layout.config, *layout.fixed)}
    if not keys:
        raise LayoutError(f"{file}: its arch is {said.get('arch')!r}, which no declared model is kept as")
    words = {key: value for key, value in said.items() if key in keys} | {"model_type": named}
    for key, ending in TABLES.items():
        rows = [each.shape[0] for name, each in tensors.items() if name.endswith(ending)]
        words |= {key: rows[0]} if rows and key in keys else {}
    return words | ({"mask": words["vocab_size"] - 1} if "mask" in keys and "vocab_size" in words else {}), tensors
