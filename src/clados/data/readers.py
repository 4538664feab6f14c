"""Reading data: an embedded set by its name, or the user's own files."""

import difflib
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from clados.data.examples import (
    AnyExample,
    Captioned,
    DataError,
    Dialogue,
    Encoded,
    Example,
    Labelled,
    Pair,
    Text,
    Trajectory,
)
from clados.data.sets import SETS

IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
ALLOWED = (
    "a folder or file of .txt, .jsonl, .parquet, .npz (episodes) or .tar (images with captions), "
    "or a folder of images in a folder a class"
)
ROWS = "text; prompt and completion; source and target; messages; observations, actions and rewards"


def read(source: str | Path) -> Sequence[Example]:
    """The examples of an embedded set (`english`, `digits`, or in one language `translation/de`) or of a path.

    All examples are of one kind. A set's name is taken before a path; `./english` is the path.

    Raises:
        DataError: no such path or set, nothing readable in it, or examples of several kinds.
    """
    path = Path(source)
    named = isinstance(source, str) and source.partition("/")[0] in SETS
    examples = _path(path) if path.exists() and not named else _embedded(str(source))
    kinds = sorted({type(example).__name__ for example in examples})
    if not kinds:
        raise DataError(f"{source}: no examples; allowed: {ALLOWED}")
    if len(kinds) > 1:
        raise DataError(f"{source}: holds {' and '.join(kinds)}; one kind at a time is allowed")
    return examples


def read_as(kind: type[AnyExample], source: str | Path) -> list[AnyExample]:
    """The examples of a source, which must be of that kind.

    Raises:
        DataError: they are of another kind, or cannot be read.
    """
    examples = read(source)
    if not isinstance(examples[0], kind):
        raise DataError(f"{source}: holds {type(examples[0]).__name__}; {kind.__name__} is needed here")
    return cast(list[AnyExample], list(examples))


def _embedded(name: str) -> Sequence[Example]:
    base, _, language = name.partition("/")
    if base not in SETS:
        near = difflib.get_close_matches(base, SETS, 1)
        hint = f"; did you mean '{near[0]}'?" if near else f"; embedded sets: {', '.join(SETS)}; or {ALLOWED}"
        raise DataError(f"{name}: no such path or embedded set{hint}")
    examples = SETS[base]()
    if not language:
        return examples
    found = sorted({getattr(example, "language", "") for example in examples} - {""})
    if language not in found:
        raise DataError(f"{name}: '{base}' has {', '.join(found) or 'no languages'}")
    return [example for example in examples if getattr(example, "language", "") == language]


def _path(path: Path) -> list[Example]:
    if path.is_file():
        if path.suffix not in READERS:
            raise DataError(f"{path}: '{path.suffix}' files are not read; allowed: {ALLOWED}")
        return list(_file(path, path.parent))
    files = sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
    readable = [file for file in files if file.suffix in READERS]
    images = [file for file in files if file.suffix.lower() in IMAGES]
    if images and readable:
        raise DataError(f"{path}: images beside {readable[0].name}; one kind at a time is allowed")
    if images:
        return list(_folders(path, images))
    if not readable:
        raise DataError(f"{path}: nothing readable; allowed: {ALLOWED}")
    return [example for file in readable for example in _file(file, path)]


def _file(path: Path, root: Path) -> Iterator[Example]:
    """The examples of one file; documents are named by the path below `root`."""
    try:
        yield from READERS[path.suffix](path, path.relative_to(root).as_posix())
    except DataError:
        raise
    except (OSError, ValueError, tarfile.TarError, KeyError, EOFError) as error:
        raise DataError(f"{path}: unreadable ({' '.join(str(error).split()) or type(error).__name__})") from error


def _txt(path: Path, name: str) -> Iterator[Example]:
    text = path.read_text(encoding="utf-8")
    if text.strip():
        yield Text(name, text)


def _jsonl(path: Path, name: str) -> Iterator[Example]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise DataError(f"{path}:{number}: not JSON ({error})") from error
            yield _row(row, f"{name}:{number}", f"{path}:{number}")


def _parquet(path: Path, name: str) -> Iterator[Example]:
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise DataError(f"{path}: Parquet needs pyarrow; pip install clados[parquet]") from error
    number = 0
    for batch in parquet.ParquetFile(path).iter_batches():
        for row in batch.to_pylist():
            number += 1
            yield _row(row, f"{name}:{number}", f"{path}:{number}")


def _row(row: object, document: str, where: str) -> Example:
    """The example of a row, its kind by the keys; an `id` of the row names the document."""
    if not isinstance(row, dict):
        raise DataError(f"{where}: {type(row).__name__} where an object is needed, with {ROWS}")
    document = str(row.get("id", document))
    for keys, make in MAKERS.items():
        if all(key in row for key in keys):
            try:
                return make(document, row)
            except (TypeError, ValueError, KeyError) as error:
                raise DataError(f"{where}: unusable {', '.join(keys)} ({error})") from error
    raise DataError(f"{where}: has {', '.join(map(str, row)) or 'no keys'}; needed: {ROWS}")


def _string(row: Mapping[str, Any], key: str) -> str:
    if not isinstance(row[key], str):
        raise TypeError(f"{key} is {type(row[key]).__name__}, not a string")
    return str(row[key])


def _pair(source: str, target: str) -> Callable[[str, Mapping[str, Any]], Example]:
    def make(document: str, row: Mapping[str, Any]) -> Example:
        languages = str(row.get("source_language", "")), str(row.get("language", ""))
        return Pair(document, _string(row, source), _string(row, target), *languages)

    return make


def _dialogue(document: str, row: Mapping[str, Any]) -> Example:
    messages = tuple((_string(m, "role"), _string(m, "content")) for m in row["messages"])
    return Dialogue(document, messages, str(row.get("language", "")))


def _text(document: str, row: Mapping[str, Any]) -> Example:
    return Text(document, _string(row, "text"), str(row.get("language", "")))


def _trajectory(document: str, row: Mapping[str, Any]) -> Example:
    actions = np.asarray(row["actions"])
    actions = actions.astype(np.int64 if np.issubdtype(actions.dtype, np.integer) else np.float32)
    observations = np.asarray(row["observations"], np.float32)
    rewards = np.asarray(row["rewards"], np.float32)
    if not len(rewards) or not len(observations) == len(actions) == len(rewards):
        raise ValueError(f"{len(observations)} observations, {len(actions)} actions, {len(rewards)} rewards")
    return Trajectory(document, observations, actions, rewards)


def _npz(path: Path, name: str) -> Iterator[Example]:
    with np.load(path, allow_pickle=False) as arrays:
        yield _row(dict(arrays), name, str(path))


def _folders(root: Path, images: Sequence[Path]) -> Iterator[Example]:
    """Images in a folder a class (the folder just below the root names it)."""
    loose = [image for image in images if image.parent == root]
    if loose:
        raise DataError(f"{loose[0]}: an image outside a class's folder; {root}/CLASS/{loose[0].name} is allowed")
    parts = [image.relative_to(root) for image in images]
    classes = sorted({part.parts[0] for part in parts})
    if len(classes) < 2:
        raise DataError(f"{root}: one class ('{classes[0]}'); a folder each for two or more is needed")
    Encoded(images[0]).pixels()
    for image, part in zip(images, parts):
        yield Labelled(part.as_posix(), Encoded(image), classes.index(part.parts[0]), part.parts[0])


def _tar(path: Path, name: str) -> Iterator[Example]:
    """Members that share a name up to the first dot: an image with its .txt, or .json with `caption` (WebDataset)."""
    with tarfile.open(path, "r:") as tar:
        groups: dict[str, dict[str, tarfile.TarInfo]] = {}
        for member in tar.getmembers():
            if member.isfile():
                folder, _, base = member.name.rpartition("/")
                stem, _, suffix = base.partition(".")
                groups.setdefault(f"{folder}/{stem}".lstrip("/"), {})[f".{suffix.lower()}"] = member
        for stem, members in groups.items():
            image = next((member for suffix, member in members.items() if suffix in IMAGES), None)
            caption = _caption(tar, members)
            if image is None or caption is None:
                lacks = "image" if image is None else "caption (.txt, or .json with 'caption')"
                raise DataError(f"{path}: '{stem}' has no {lacks}")
            yield Captioned(f"{name}:{stem}", Encoded(path, image.offset_data, image.size), (caption,))


def _caption(tar: tarfile.TarFile, members: Mapping[str, tarfile.TarInfo]) -> str | None:
    for suffix in (".txt", ".json"):
        file = tar.extractfile(members[suffix]) if suffix in members else None
        if file:
            text = file.read().decode()
            found = text if suffix == ".txt" else json.loads(text).get("caption")
            return str(found).strip() if found else None
    return None


MAKERS: dict[tuple[str, ...], Callable[[str, Mapping[str, Any]], Example]] = {
    ("text",): _text,
    ("prompt", "completion"): _pair("prompt", "completion"),
    ("source", "target"): _pair("source", "target"),
    ("messages",): _dialogue,
    ("observations", "actions", "rewards"): _trajectory,
}
READERS: dict[str, Callable[[Path, str], Iterable[Example]]] = {
    ".txt": _txt,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
    ".npz": _npz,
    ".tar": _tar,
}
