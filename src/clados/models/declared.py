"""The declarations: one Python file beside each card, run only when it is asked for.

Those of the package and of the folders in ``CLADOS_PATH`` are known by their ids; a name that stands in a file, such as
a trained model's run.json, is looked up among these and never taken for a path.
"""

import functools
import importlib
import importlib.util
import re
import traceback
from pathlib import Path

from clados import spec as s
from clados.errors import CladosError
from clados.layouts.table import layouts_of
from clados.names import card_folders
from clados.spec import Declaration, SpecError
from clados.spec.core.part import hint

HERE = Path(__file__).parent


@functools.cache
def package_models() -> dict[str, str]:
    """Every declared model of the package: its id, and the module that declares it. Imports nothing."""
    files = sorted(file for file in HERE.glob("*/*.toml") if file.with_suffix(".py").exists())
    return {_id(file): f"clados.models.{file.parent.name}.{file.stem}" for file in files}


def user_models() -> dict[str, Path]:
    """Every declared model of the user's folders, named in ``CLADOS_PATH``: its id, and its file. Imports nothing."""
    files = sorted(file for folder in card_folders() for depth in ("*.toml", "*/*.toml") for file in folder.glob(depth))
    return {_id(file): file.with_suffix(".py") for file in files if file.with_suffix(".py").exists()}


def declared(model: str) -> Declaration:
    """The declaration of a model, of the package or of the user's folders, by its id.

    Raises:
        SpecError: when no such model is declared, with the nearest name.
    """
    if model in package_models():
        return _packaged(package_models()[model], model)
    mine = user_models()
    if model not in mine:
        raise SpecError(f"no model '{model}' is declared{hint(model, [*package_models(), *mine])}")
    return declared_in(mine[model])


def declared_in(file: str | Path) -> Declaration:
    """The declaration in a Python file, which is run: only for a path that the user has named.

    Raises:
        SpecError: when there is none in it.
    """
    return _of(_from(Path(file)), str(file))


@functools.cache
def _packaged(module: str, model: str) -> Declaration:
    return _of(importlib.import_module(module), model).but(layouts=layouts_of(model))


def _id(file: Path) -> str:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if re.match(r"id\s*=", line) and line.count('"') > 1:
                return line.split('"')[1]
    raise SpecError(f"{file}: the card has no id")


def _from(path: Path) -> object:
    spec = importlib.util.spec_from_file_location(path.stem, path.absolute())
    if spec is None or spec.loader is None or not path.exists():
        raise SpecError(f"{path}: there is no declaration here")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except CladosError:
        raise
    except SyntaxError as error:
        file = path if error.filename in (None, spec.origin) else error.filename
        raise SpecError(f"{file}:{error.lineno or 1}: {error.msg}") from error
    except Exception as error:
        lines = [each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename == spec.origin]
        near = hint(error.name, dir(s)) if isinstance(error, NameError) and error.name else ""
        raise SpecError(f"{path}:{lines[-1] if lines else 1}: {type(error).__name__}: {error}{near}") from error
    return module


def _of(module: object, where: str) -> Declaration:
    declaration = getattr(module, "declaration", None)
    if not isinstance(declaration, Declaration):
        raise SpecError(f"{where}: the file must end with 'declaration = Declaration(...)'")
    return declaration
