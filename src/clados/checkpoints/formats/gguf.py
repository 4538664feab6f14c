"""GGUF: llama.cpp's files, metadata and tensors in one. The ``gguf`` library parses them and undoes quantisation."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from clados.checkpoints.errors import CheckpointError, LayoutError
from clados.checkpoints.mapping.detect import layouts
from clados.checkpoints.mapping.dialects import FlatConfig
from clados.checkpoints.mapping.lazy import LazyTensor
from clados.errors import how_to_install
from clados.files import JsonObject

if TYPE_CHECKING:
    from clados.data.tokenizer import Tokenizer

SUFFIX = ".gguf"
GGUF_PREFIX = "gguf:"  # model_type of its layouts, before the architecture's name
LONGEST_TEXT = 2**22  # items of an array, of which the longest are vocabularies and merges
ROWS = {"vocab_size": "token_embd.weight", "type_vocab_size": "token_types.weight"}  # sizes of tables
IDS = {  # of special tokens
    "tokenizer.ggml.bos_token_id": "bos_token_id",
    "tokenizer.ggml.eos_token_id": "eos_token_id",
    "tokenizer.ggml.unknown_token_id": "unk_token_id",
    "tokenizer.ggml.padding_token_id": "pad_token_id",
}
ASIDE = ("GGUF.", "general.", "tokenizer.", "split.", "quantize.")  # of the file, not of what is computed
TOKENIZER = "tokenizer."  # of the tokenizer
LISTS = ("tokens", "scores", "token_type", "merges")  # as long as the vocabulary
LONG = (*LISTS, "precompiled_charsmap")
# keys of llama.cpp that are written at a value at which they are nothing
NEUTRAL_VALUES = {
    "rope.scaling.type": "none",
    "rope.scaling.factor": 1.0,
    "attention.sliding_window": 0,
    "attention.clamp_kqv": 0.0,
    "attention.max_alibi_bias": 0.0,
    "attn_logit_softcapping": 0.0,
    "final_logit_softcapping": 0.0,
    "expert_count": 0,
    "expert_used_count": 0,
}
MEANINGLESS = ("rope.scaling.original_context_length", "rope.scaling.finetuned", "tensor_data_layout")
PLAIN = ("F16", "F32", "F64", "I8", "I16", "I32", "I64")  # kept as they are; other kinds come back as float32


def read_gguf(file: Path) -> tuple[FlatConfig, dict[str, LazyTensor], tuple[str, ...]]:
    """The config and the tensors of a file, and what of it is not used; no tensor is read yet.

    The config's keys are those that begin with the architecture's name, without it, and the ids of special tokens: a
    layout takes or refuses each. The tokenizer's are read by ``tokenizer_of``, the file's own (``general``) mean
    nothing. Sizes of tables are read off the tensors.

    Raises:
        CheckpointError: the file is damaged or something else, or the library is not there.
        LayoutError: no declared layout describes the architecture.
    """
    reader = _reader(file)
    metadata = _metadata(file, reader)
    said = JsonObject(file, metadata, CheckpointError)
    arch = said.take("general.architecture", str, "")
    kinds = {layout.model_type for _, layout, _ in layouts() if layout.model_type.startswith(GGUF_PREFIX)}
    if f"{GGUF_PREFIX}{arch}" not in kinds:
        known = ", ".join(sorted(kind.removeprefix(GGUF_PREFIX) for kind in kinds))
        raise LayoutError(f"{file}: its architecture is {arch!r}; read are {known}")
    if (kind := said.take("general.type", str, "model")) != "model":
        raise LayoutError(f"{file}: its general.type is {kind!r}; a model is needed")
    if (parts := said.take("split.count", int, 1)) > 1:
        raise CheckpointError(f"{file}: one of {parts} files; llama-gguf-split --merge makes one of them")
    tensors = {each.name: _stored(file, each) for each in reader.tensors}
    rows = {key: tensors[name].shape[0] for key, name in ROWS.items() if name in tensors}
    # without a table of its own the token table stands for it (llama.cpp: TENSOR_DUPLICATED of token_embd)
    tied = {} if "output.weight" in tensors else {"tie_word_embeddings": True}
    config = dict(_keys(metadata, arch))
    said.ignore(*(key for key in metadata if key.startswith((*ASIDE, f"{arch}."))))
    return {"model_type": f"{GGUF_PREFIX}{arch}", **rows, **tied, **config}, tensors, said.notes


def tokenizer_of(file: Path) -> "Tokenizer | None":
    """The tokenizer in a file; None where there is none.

    Raises:
        CheckpointError: the file is damaged.
        DataError: the tokenizer is, or it is of a kind that is not read.
    """
    from clados.data.embedded import embedded_tokenizer
    from clados.data.errors import DataError

    reader = _reader(file)
    fields = {name.removeprefix(TOKENIZER): each for name, each in reader.fields.items() if name.startswith(TOKENIZER)}
    if "ggml.tokens" not in fields or "ggml.model" not in fields:
        return None
    try:
        found = {name: field.contents() for name, field in fields.items()}
    except Exception as error:  # the library raises many kinds
        raise DataError(f"{file}: its tokenizer is damaged ({error})") from error
    lists = {name: found.pop(f"ggml.{name}") for name in LISTS if isinstance(found.get(f"ggml.{name}"), list)}
    return embedded_tokenizer(file, found, lists)


def _metadata(file: Path, reader: Any) -> dict[str, Any]:
    """Its keys, arrays aside that are as long as a vocabulary."""
    try:
        short = {name: field for name, field in reader.fields.items() if name.rpartition(".")[2] not in LONG}
        return {name: _value(field) for name, field in short.items()}
    except Exception as error:  # the library raises many kinds
        raise CheckpointError(f"{file}: its metadata is damaged ({error})") from error


def _value(field: Any) -> Any:
    value = field.contents()
    if isinstance(value, float):
        return float(str(np.float32(value)))  # 1e-5 is kept as a float32
    if isinstance(value, list) and value and value == value[:1] * len(value):
        return value[0]  # one number for each layer
    return value


def _keys(metadata: Mapping[str, Any], arch: str) -> Iterator[tuple[str, Any]]:
    for name, value in metadata.items():
        if name in IDS:
            yield IDS[name], value
        elif name.startswith(f"{arch}."):
            key = name.removeprefix(f"{arch}.")
            if key not in MEANINGLESS and NEUTRAL_VALUES.get(key, Any) != value:
                yield key, value


def _reader(file: Path) -> Any:
    try:
        from gguf import GGUFReader, GGUFValueType
    except ImportError as error:
        raise CheckpointError(f"{file}: the gguf library reads it, which {how_to_install('gguf')}") from error

    class Bounded(GGUFReader):  # type: ignore[misc]
        """Refuses what lies beyond the file's end, which the library reads as nothing, however long.

        Arrays of numbers are read at once, where the library reads one number after the other.
        """

        def _get(self, offset: int, dtype: Any, count: int = 1, override_order: Any = None) -> Any:
            if offset + np.dtype(dtype).itemsize * int(count) > len(self.data):
                raise ValueError("it ends too early")
            return super()._get(offset, dtype, count, override_order)

        def _get_field_parts(self, orig_offs: int, raw_type: int) -> Any:
            if raw_type != GGUFValueType.ARRAY:
                return super()._get_field_parts(orig_offs, raw_type)
            item, length = self._get(orig_offs, np.uint32), self._get(orig_offs + 4, np.uint64)
            if length[0] > LONGEST_TEXT:
                raise ValueError(f"an array of {length[0]}; the longest have {LONGEST_TEXT}")
            kind = GGUFValueType(item[0])
            if kind not in self.gguf_scalar_to_np:
                return super()._get_field_parts(orig_offs, raw_type)
            values = self._get(orig_offs + 12, self.gguf_scalar_to_np[kind], length[0])
            return 12 + values.nbytes, [item, length, values], [2], [GGUFValueType.ARRAY, kind]

    try:
        return Bounded(file)
    except Exception as error:  # the library raises many kinds
        raise CheckpointError(f"{file}: truncated, or not GGUF ({error})") from error


def _stored(file: Path, tensor: Any) -> LazyTensor:
    shape = tuple(int(size) for size in reversed(tensor.shape))

    def read() -> Tensor:
        from gguf.quants import dequantize

        plain = tensor.tensor_type.name in PLAIN
        numbers = tensor.data if plain else dequantize(tensor.data, tensor.tensor_type)
        return torch.from_numpy(np.array(numbers)).reshape(shape)

    return LazyTensor(file, shape, read)
