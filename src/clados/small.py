"""The small pretrained models that the package brings along, by id: ``small/gpt-2``."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from clados.errors import InputError
from clados.files import JsonObject, path_exists
from clados.names import did_you_mean

PREFIX = "small/"
FOLDER = "pretrained"  # of the package, with a folder for each model


@dataclass(frozen=True)
class SmallModel:
    """A small pretrained model.

    Attributes:
        id: what stands for its directory; card: the model that it is.
        bytes: of its files together.
        length: tokens of the sequences that it was trained on.
        verbs: the commands that it is for.
        data, licence: what it was trained on, and whose that is.
        seconds: of processor time that it was trained.
        measure, value, beside, trivial: what is measured on held-out data, what it reaches, and what the named answer
            reaches that needs no model.
    """

    id: str
    folder: Path
    card: str
    verbs: tuple[str, ...]
    parameters: int
    length: int
    bytes: int
    data: str
    licence: str
    seconds: float
    measure: str
    value: float
    beside: str
    trivial: float

    @classmethod
    def read(cls, folder: Path) -> "SmallModel":
        """The model of a folder, as its run.json describes it."""
        run = JsonObject.read(folder / "run.json")
        data, held_out = run.inside("data"), run.inside("held out")
        return cls(
            id=PREFIX + folder.name,
            folder=folder,
            card=run.take("model", str, ""),
            verbs=tuple(map(str, run.take("verbs", list, []))),
            parameters=run.take("parameters", int, 0),
            length=run.take("length", int, 0),
            bytes=sum(each.stat().st_size for each in folder.rglob("*") if each.is_file()),
            data=data.take("name", str, ""),
            licence=data.take("licence", str, ""),
            seconds=run.take("processor seconds", float, 0.0),
            measure=held_out.take("measure", str, ""),
            value=held_out.take("value", float, 0.0),
            beside=held_out.take("beside", str, ""),
            trivial=held_out.take("trivial", float, 0.0),
        )

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {**vars(self), "folder": str(self.folder)}


def small_models() -> list[SmallModel]:
    """The models that the package brings along, by id."""
    return [SmallModel.read(folder) for folder in _folders().values()]


def small_model(card: str) -> SmallModel | None:
    """The model that the package brings along of a card, if any."""
    folder = _folders().get(card)
    return SmallModel.read(folder) if folder else None


def model_folder(source: str | Path) -> Path:
    """The directory that a path or the id of a small model stands for. A path that exists is taken before an id.

    Raises:
        InputError: it begins with ``small/``, and is neither; or it is empty.
    """
    if not str(source):
        raise InputError("the directory of a model is empty; a path is needed, or the id of a small model")
    path = Path(source)
    if path.parts[:1] != (PREFIX[:-1],) or len(path.parts) != 2 or path_exists(path):
        return path
    known = _folders()
    if path.name not in known:
        ids = [PREFIX + name for name in known]
        hint = did_you_mean(path.as_posix(), ids) or f"; small models: {', '.join(ids) or 'none'}"
        raise InputError(f"{path.as_posix()}: no such directory or small model{hint}")
    return known[path.name]


def _folders() -> dict[str, Path]:
    root = Path(str(files("clados"))) / FOLDER
    return {each.name: each for each in sorted(root.iterdir()) if each.is_dir()} if root.is_dir() else {}
