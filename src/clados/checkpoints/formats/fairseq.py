"""fairseq's checkpoints: one pickle that holds the arguments of its training and the tensors."""

import argparse
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from clados.checkpoints.errors import CheckpointError, LayoutError
from clados.checkpoints.formats.pickle import REFUSED, as_lazy, read_pickle
from clados.checkpoints.mapping.detect import layouts
from clados.checkpoints.mapping.dialects import FlatConfig
from clados.checkpoints.mapping.lazy import LazyTensor

FAIRSEQ_PREFIX = "fairseq:"  # model_type of its layouts, before the first word of the architecture's name
TABLES = {"vocab_size": "embed_tokens.weight", "positions": "embed_positions.weight"}  # rows that no argument says
OLDER_NORM = ".emb_layer_norm."  # until 2021
HEADS = re.compile(r"(?:encoder\.)?classification_heads\.([^.]+)\..+")


def read_fairseq(file: Path, *, allow_pickle: bool) -> tuple[FlatConfig, dict[str, LazyTensor], tuple[str, ...]]:
    """The config and the tensors of a checkpoint, and what is to be known of it; names as fairseq writes them today.

    Its arguments are a whole command line: those that the architecture's layout names are kept, the others are of
    training. They are in ``args``, or since the end of 2020 in ``cfg["model"]``. Sizes of tables are read off the
    tensors; the mask is the last word (fairseq/tasks/masked_lm.py adds it so).

    Raises:
        CheckpointError: the file is a pickle and pickles are not allowed, is damaged, or of another program.
        LayoutError: no declared layout describes the architecture.
    """
    if not allow_pickle:
        raise CheckpointError(f"{file}: {REFUSED}")
    with torch.serialization.safe_globals([argparse.Namespace]):
        whole = read_pickle(file)
    said = _arguments(whole)
    if not said or "model" not in whole:
        raise CheckpointError(f"{file}: not a checkpoint of fairseq, which holds 'args' or 'cfg', and 'model'")
    tensors = as_lazy(file, whole["model"])
    arch = said.get("arch") or said.get("_name")
    named = FAIRSEQ_PREFIX + str(arch).partition("_")[0]
    keys = {key for _, layout, _ in layouts() if layout.model_type == named for key in (*layout.config, *layout.fixed)}
    if not keys:
        raise LayoutError(f"{file}: its arch is {arch!r}, which no declared model is kept as")
    config = {key: value for key, value in said.items() if key in keys} | {"model_type": named}
    if any(OLDER_NORM in name for name in tensors):
        config.pop("encoder_normalize_before", None)  # until 2021 an argument that nothing read (roberta/model.py)
    heads = {found.group(1): None for name in tensors if (found := HEADS.fullmatch(name))}
    notes = (f"registered heads are not read: {', '.join(heads)}",) if heads else ()
    tensors = {name: each for name, each in _newer(file, tensors) if not HEADS.fullmatch(name)}
    for key, ending in TABLES.items():
        rows = [each.shape[0] for name, each in tensors.items() if name.endswith(ending) and each.shape]
        config |= {key: rows[0]} if rows and key in keys else {}
    mask = {"mask": config["vocab_size"] - 1} if "mask" in keys and "vocab_size" in config else {}
    return config | mask, tensors, notes


def _arguments(whole: Any) -> Mapping[str, Any]:
    """What a checkpoint says of its model; empty when it says nothing."""
    if not isinstance(whole, Mapping):
        return {}
    cfg = _plain(whole.get("cfg"))
    return _plain(whole.get("args")) or _plain(cfg.get("model"))


def _plain(said: Any) -> Mapping[str, Any]:
    said = vars(said) if isinstance(said, argparse.Namespace) else said
    return {str(key): value for key, value in said.items()} if isinstance(said, Mapping) else {}


def _newer(file: Path, tensors: Mapping[str, LazyTensor]) -> Iterator[tuple[str, LazyTensor]]:
    """Tensors under the names of today, as fairseq upgrades them itself.

    The body was a ``decoder`` until 2020, its first norm ``emb_layer_norm`` until 2021 (fairseq/models/roberta/
    model.py), and queries, keys and values were one matrix in 2019 (fairseq/modules/multihead_attention.py).
    """
    for name, each in tensors.items():
        newer = re.sub(r"^decoder\.", "encoder.", name).replace(OLDER_NORM, ".layernorm_embedding.")
        if not newer.endswith(("in_proj_weight", "in_proj_bias")):
            yield newer, each
            continue
        if not each.shape or each.shape[0] % 3:
            raise CheckpointError(f"{file}: '{name}' has {each.shape or 'no'} rows; queries, keys and values are three")
        before, _, kind = newer.rpartition("in_proj_")
        yield from ((f"{before}{part}_proj.{kind}", third) for part, third in zip("qkv", _thirds(each), strict=True))


def _thirds(fused: LazyTensor) -> list[LazyTensor]:
    shape = (fused.shape[0] // 3, *fused.shape[1:])
    return [LazyTensor(fused.file, shape, lambda i=i: fused.read().chunk(3)[i]) for i in range(3)]  # type: ignore[misc]
