"""Reading data: an embedded set by its name, or the user's own files."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from clados.data.corpus import Corpus, File
from clados.data.decoding import IMAGE_SUFFIXES
from clados.data.errors import BadLines, DataError
from clados.data.examples import AnyExample, Encoded, Episode, Example, Labelled, Text
from clados.data.formats import FILE_READERS, LARGE, PACKED, hidden, suffix
from clados.data.rows import alike, replace_surrogates
from clados.data.sets import SETS
from clados.files import JsonObject
from clados.names import did_you_mean
from clados.progress import progress

ALLOWED = (
    f"a folder or file of {', '.join(PACKED)} (or these as .gz or .zst), .parquet, .arrow, .npz (episodes), .pdb or "
    ".cif (proteins), .tar (images with captions), or a folder of images in a folder a class"
)
IN_MEMORY = LARGE  # bytes of files from which on texts stay in them
NO_DATA = ("readme", "license", "licence", "notice", "changelog", "citation")  # files that come along with data
SPLITS = {  # names of folders and files
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}


def read(source: str | Path, bad: BadLines | None = None) -> Sequence[Example]:
    """The examples of an embedded set (`english`, `digits`, or in one language `translation/de`) or of a path.

    Those of a path are of one kind; texts of more than 64 MB stay in their files (``Corpus``). A set's name is taken
    before a path; `./english` is the path.

    Args:
        bad: counts lines that cannot be used, where they are to be skipped.

    Raises:
        DataError: no such path or set, nothing readable in it, a line that cannot be used, or examples of several
            kinds.
    """
    if not str(source):
        raise DataError(f"data is empty; allowed: the name of an embedded set, or {ALLOWED}")
    path = Path(source)
    named = isinstance(source, str) and source.partition("/")[0] in SETS
    own = BadLines(bad is not None and bad.skip)
    examples = _path(path, own) if path.exists() and not named else _embedded(str(source))
    if bad is not None:
        bad.add(own)
    if isinstance(examples, Corpus):
        return examples
    kinds = sorted({type(example).__name__ for example in examples})
    if not kinds and own.number:
        all_of = "the only line is" if own.number == 1 else f"all {own.number:,} lines are"
        raise DataError(f"{source}: {all_of} bad, so no example is left; first {own.first[0]}")
    if not kinds:
        raise DataError(f"{source}: no examples; allowed: {ALLOWED}")
    if len(kinds) > 1 and not named:
        raise DataError(f"{source}: holds {' and '.join(kinds)}; one kind at a time is allowed")
    if kinds == ["Episode"]:
        try:
            return alike(cast(list[Episode], examples))
        except DataError as error:
            raise DataError(f"{source}: {error}") from error
    return examples


def read_as(kind: type[AnyExample], source: str | Path) -> list[AnyExample]:
    """The examples of a source, which must be of that kind.

    Raises:
        DataError: they are of another kind, or cannot be read.
    """
    examples = read(source)
    if not isinstance(examples[0], kind):
        raise DataError(f"{source}: holds {type(examples[0]).__name__}; {kind.__name__} is needed here")
    return cast(list[AnyExample], list(examples))  # in memory, whatever they are


def _embedded(name: str) -> Sequence[Example]:
    base, _, language = name.partition("/")
    if base not in SETS:
        hint = did_you_mean(base, SETS) or f"; embedded sets: {', '.join(SETS)}; or {ALLOWED}"
        raise DataError(f"{name}: no such path or embedded set{hint}")
    examples = SETS[base]()
    if not language:
        return examples
    found = sorted({getattr(example, "language", "") for example in examples} - {""})
    if language not in found:
        raise DataError(f"{name}: '{base}' has {', '.join(found) or 'no languages'}")
    return [example for example in examples if getattr(example, "language", "") == language]


def _path(path: Path, bad: BadLines) -> Sequence[Example]:
    if path.is_file():
        if suffix(path) not in FILE_READERS:
            raise DataError(f"{path}: '{suffix(path)}' files are not read; allowed: {ALLOWED}")
        return _of_files([File(path, replace_surrogates(path.name))], bad)
    files = sorted(_files(path))
    readable = [file for file in files if suffix(file) in FILE_READERS]
    images = [file for file in files if file.suffix.lower() in IMAGE_SUFFIXES]
    data = [file for file in readable if not file.name.lower().startswith(NO_DATA)] if images else _data(readable)
    if images and data:
        raise DataError(f"{path}: holds images and {data[0].name}; one kind of data is allowed")
    if images:
        return list(_folders(path, images))
    if not readable:
        raise DataError(f"{path}: nothing readable; allowed: {ALLOWED}")
    sides = _sides({file: _split(path, file) for file in data})
    return _of_files([File(file, _below(path, file), held_out) for file, held_out in sides.items()], bad)


def _of_files(files: Sequence[File], bad: BadLines) -> Sequence[Example]:
    """What some files hold; many texts stay in them."""
    if sum(file.path.stat().st_size for file in files) >= IN_MEMORY:
        first = next((example for file in files for example in file.examples(BadLines(bad.skip))), None)
        if isinstance(first, Text):
            return cast(Sequence[Example], Corpus.read(files, bad))
    with progress("reading", len(files)) as advance:
        found = list[Example]()
        for file in files:
            found += file.examples(bad)
            advance(1)
    return found


def _files(root: Path) -> Iterator[Path]:
    """The files below a folder, links followed, but none of a system's or an editor's own."""
    seen = {root.resolve()}
    for folder, below, names in os.walk(root, followlinks=True):
        here = Path(folder)
        kept = [name for name in below if not hidden(name) and (here / name).resolve() not in seen]
        seen.update((here / name).resolve() for name in kept)
        below[:] = kept
        yield from (here / name for name in names if not hidden(name) and (here / name).is_file())


def _data(files: Sequence[Path]) -> list[Path]:
    """Files without those that only describe the others, where there are others.

    Beside Arrow files stand those that say which of them are the data: Hugging Face's datasets keep others there.
    """
    if arrow := [file for file in files if suffix(file) == ".arrow"]:
        listed = {folder: _listed(folder / "state.json") for folder in {file.parent for file in arrow}}
        return [file for file in arrow if file.name in listed[file.parent] or not listed[file.parent]]
    return [file for file in files if not file.name.lower().startswith(NO_DATA)] or list(files)


def _listed(state: Path) -> set[str]:
    """The files of a folder that ``save_to_disk`` wrote; empty where it did not."""
    if not state.exists():
        return set()
    files = JsonObject.read(state, DataError).take("_data_files", list, [])
    return {str(file.get("filename")) for file in files if isinstance(file, dict)}


def _below(root: Path, file: Path) -> str:
    return replace_surrogates(file.relative_to(root).as_posix())


def _sides(splits: Mapping[Path, str]) -> dict[Path, bool | None]:
    """The files to be read, by the split of each, and whether each is held out.

    Where every file is of a split and there is one to train on, the others are held out; of validation and test the
    first alone. Elsewhere all are read.
    """
    held = "validation" if "validation" in splits.values() else "test"
    if "" in splits.values() or not {"train", held} <= set(splits.values()):
        return dict.fromkeys(splits)
    return {file: split == held for file, split in splits.items() if split in ("train", held)}


def _split(root: Path, file: Path) -> str:
    """The split that the folder just below the root names, or else the file: train-00000-of-00002.parquet, my_val.csv.

    It is one of train, validation and test; empty for none.
    """
    parts = file.relative_to(root).parts
    if len(parts) > 1 and (named := SPLITS.get(parts[0].lower())):
        return named
    words = re.split(r"[-_. ]", file.name.lower())
    return next((SPLITS[word] for word in words if word in SPLITS), "")


def _folders(root: Path, images: Sequence[Path]) -> Iterator[Example]:
    """Images in a folder a class, just below the root or below a folder a split."""
    parts = {image: Path(_below(root, image)).parts for image in images}
    splits = {image: SPLITS.get(part[0].lower(), "") for image, part in parts.items()}
    depth = 1 if all(splits.values()) else 0
    for image, part in parts.items():
        if len(part) < 2 + depth:
            allowed = "/".join([*part[:-1], "CLASS", part[-1]])
            raise DataError(f"{image}: an image outside a class's folder; {root}/{allowed} is allowed")
    if not depth and "train" in splits.values() and len(set(splits.values())) > 2:
        tops = ", ".join(sorted({part[0] for part in parts.values()}))
        raise DataError(f"{root}: holds {tops}: splits and other folders; folders of classes or of splits are allowed")
    sides = _sides(splits)
    classes = sorted({parts[image][depth] for image in sides})
    if len(classes) < 2:
        raise DataError(f"{root}: one class ('{classes[0]}'); a folder each for two or more is needed")
    Encoded(images[0]).pixels()
    for image, held_out in sides.items():
        name = parts[image][depth]
        yield Labelled("/".join(parts[image]), Encoded(image), classes.index(name), name, held_out)
