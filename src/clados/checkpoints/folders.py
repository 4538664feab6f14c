"""Folders beside a model's own files that hold what follows it: sentence-transformers' list of modules."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from clados.checkpoints.dialects import Words
from clados.checkpoints.errors import CheckpointError
from clados.checkpoints.files import PICKLED, SAFE, Stored, json_of, stored
from clados.spec.layout import Layout

LIST, CONFIG = "modules.json", "config.json"


def beside(directory: Path, *, allow_pickle: bool) -> tuple[dict[str, Any], dict[str, Stored]]:
    """Words and tensors of the folders, each under its folder's name.

    Raises:
        CheckpointError: the list names what is no folder beside it, or a file is damaged or a pickle.
    """
    words: dict[str, Any] = {}
    found: dict[str, Stored] = {}
    for folder in _listed(directory):
        if (folder / CONFIG).exists():
            words |= {f"{folder.name}.{key}": value for key, value in json_of(folder / CONFIG).items()}
        if any((folder / file).exists() for file in (SAFE, PICKLED)):
            held = stored(folder, allow_pickle=allow_pickle)
            found |= {f"{folder.name}.{name}": each for name, each in held.items()}
    return words, found


def _listed(directory: Path) -> Iterator[Path]:
    if not (directory / LIST).exists():
        return
    for each in json.loads((directory / LIST).read_text(encoding="utf-8")):
        name = str(each.get("path", ""))
        if name and Path(name).name != name:
            raise CheckpointError(f"{directory / LIST}: '{name}' is not the name of a folder beside it")
        if name:
            yield directory / name


def folder_of(layout: Layout, name: str) -> str:
    """The folder in which a tensor or a word of theirs is kept; empty for the model's own files."""
    first = name.partition(".")[0]
    return first if first in layout.folders else ""


def apart(layout: Layout, config: Words) -> dict[str, Words]:
    """Their nested config as files: that of the model, one a folder, and the list."""
    if not layout.folders:
        return {CONFIG: config}
    files: dict[str, Any] = {CONFIG: {key: value for key, value in config.items() if key not in layout.folders}}
    files |= {f"{folder}/{CONFIG}": config.get(folder, {}) for folder in layout.folders}
    kinds: Mapping[str, str] = {"": "Transformer", **layout.folders}
    listed = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds.items())
    ]
    return {**files, LIST: listed}


def write(fresh: Path, layout: Layout, held: Mapping[str, Any], save: Callable[[dict[str, Any], Path], None]) -> None:
    """The tensors of folders, each where it belongs."""
    for folder in layout.folders:
        inside = {name.partition(".")[2]: each for name, each in held.items() if folder_of(layout, name) == folder}
        if inside:
            (fresh / folder).mkdir(exist_ok=True)
            save(inside, fresh / folder / SAFE)
