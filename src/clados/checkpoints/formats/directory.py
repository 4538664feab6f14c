"""The tensors of a checkpoint's directory: one file, or shards with an index; else those in few bits."""

from collections.abc import Callable
from pathlib import Path

from clados.checkpoints.errors import CheckpointError
from clados.checkpoints.formats.few_bits import FEW_BITS, read_few_bits
from clados.checkpoints.formats.pickle import REFUSED, read_pickled_tensors
from clados.checkpoints.formats.safetensors import read_safetensors
from clados.checkpoints.mapping.lazy import LazyTensor
from clados.files import JsonObject

SAFE, PICKLED = "model.safetensors", "pytorch_model.bin"


def stored(directory: Path, *, allow_pickle: bool, name: str = "") -> dict[str, LazyTensor]:
    """Every tensor of a checkpoint's directory, none of them read yet (pickles excepted).

    Args:
        name: of the files, before their endings, where it is not the usual one.

    Raises:
        CheckpointError: there is none, a file is damaged, absent or a pickle, or the index contradicts the files.
    """
    safe, pickled = (f"{name}.safetensors", f"{name}.bin") if name else (SAFE, PICKLED)
    for file, reader in ((safe, read_safetensors), (pickled, read_pickled_tensors)):
        index = directory / f"{file}.index.json"
        if not (directory / file).exists() and not index.exists():
            continue
        if reader is read_pickled_tensors and not allow_pickle:
            raise CheckpointError(f"{directory / file}: {REFUSED}")
        return reader(directory / file) if (directory / file).exists() else _sharded(index, reader)
    if (directory / FEW_BITS).exists():
        return read_few_bits(directory / FEW_BITS)
    raise CheckpointError(f"{directory}: there is no {safe}, no index of shards, and no {pickled}")


def _sharded(index: Path, reader: Callable[[Path], dict[str, LazyTensor]]) -> dict[str, LazyTensor]:
    said = JsonObject.read(index, CheckpointError)
    if "weight_map" not in said:
        raise CheckpointError(f"{index}: it has no weight_map")
    weight_map = said.inside("weight_map")
    shard_of = {name: weight_map.take(name, str, "") for name in weight_map.keys()}  # noqa: SIM118
    shards: dict[str, dict[str, LazyTensor]] = {}
    for shard in sorted({*shard_of.values()}):
        if not shard or not shard.isprintable() or Path(shard).name != shard:
            raise CheckpointError(f"{index}: '{shard}' is not the name of a file beside it")
        shards[shard] = reader(index.with_name(shard))
    for name, shard in shard_of.items():
        if name not in shards[shard]:
            raise CheckpointError(f"{index}: it puts '{name}' into {shard}, which does not hold it")
    return {name: each for shard in shards.values() for name, each in shard.items()}
