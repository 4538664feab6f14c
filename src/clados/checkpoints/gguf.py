"""GGUF: llama.cpp's files, words and tensors in one. The ``gguf`` library parses them and undoes quantisation."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from clados.checkpoints.choose import layouts
from clados.checkpoints.dialects import Words
from clados.checkpoints.errors import CheckpointError, LayoutError
from clados.checkpoints.files import Stored

SUFFIX = ".gguf"
PREFIX = "gguf:"  # model_type of its layouts, before the architecture's name
ROWS = {"vocab_size": "token_embd.weight", "type_vocab_size": "token_types.weight"}  # sizes of tables
IDS = {  # of special tokens
    "tokenizer.ggml.bos_token_id": "bos_token_id",
    "tokenizer.ggml.eos_token_id": "eos_token_id",
    "tokenizer.ggml.unknown_token_id": "unk_token_id",
    "tokenizer.ggml.padding_token_id": "pad_token_id",
}
PLAIN = ("F16", "F32", "F64")  # kept as they are; other kinds of number come back as float32


def opened(file: Path) -> tuple[Words, dict[str, Stored]]:
    """The words and the tensors of a file; no tensor is read yet.

    Kept are the words that begin with the architecture's name, without it, and the ids of special tokens; the others
    tell of the tokenizer, and of the file. Sizes of tables are read off the tensors.

    Raises:
        CheckpointError: the file is damaged or something else, or the library is not there.
        LayoutError: no declared layout describes the architecture.
    """
    reader = _reader(file)
    arch = reader.fields["general.architecture"].contents() if "general.architecture" in reader.fields else None
    kinds = {layout.model_type for _, layout, _ in layouts() if layout.model_type.startswith(PREFIX)}
    if f"{PREFIX}{arch}" not in kinds:
        known = ", ".join(sorted(kind.removeprefix(PREFIX) for kind in kinds))
        raise LayoutError(f"{file}: its architecture is {arch!r}; read are {known}")
    tensors = {each.name: _stored(file, each) for each in reader.tensors}
    rows = {key: tensors[name].shape[0] for key, name in ROWS.items() if name in tensors}
    # without a table of its own the token table stands for it (llama.cpp: TENSOR_DUPLICATED of token_embd)
    tied = {} if "output.weight" in tensors else {"tie_word_embeddings": True}
    return {"model_type": f"{PREFIX}{arch}", **rows, **tied, **dict(_words(reader.fields, str(arch)))}, tensors


def _words(fields: Mapping[str, Any], arch: str) -> Iterator[tuple[str, Any]]:
    for name, field in fields.items():
        if name in IDS or name.startswith(f"{arch}."):
            value = field.contents()
            plain = float(str(np.float32(value))) if isinstance(value, float) else value  # 1e-5 is kept as a float32
            yield IDS.get(name, name.removeprefix(f"{arch}.")), plain


def _reader(file: Path) -> Any:
    try:
        from gguf import GGUFReader
    except ImportError as error:
        raise CheckpointError(f"{file}: the gguf library reads it; pip install 'clados[gguf]'") from error
    try:
        return GGUFReader(file)
    except Exception as error:  # the library raises many kinds
        raise CheckpointError(f"{file}: truncated, or not GGUF ({error})") from error


def _stored(file: Path, tensor: Any) -> Stored:
    shape = tuple(int(size) for size in reversed(tensor.shape))

    def read() -> Tensor:
        from gguf.quants import dequantize

        plain = tensor.tensor_type.name in PLAIN
        numbers = tensor.data if plain else dequantize(tensor.data, tensor.tensor_type)
        return torch.from_numpy(np.array(numbers)).reshape(shape)

    return Stored(file, shape, read)
