"""Every kind of part by its name: ours, and those of users, which an entry point may name."""

from __future__ import annotations

import importlib
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from clados.errors import CladosWarning
from clados.names import did_you_mean
from clados.spec.errors import SpecError

if TYPE_CHECKING:
    from clados.spec.core.part import Part

GROUP = "clados.parts"  # entry points whose values are names of modules that define parts, or build them
KINDS: dict[str, type[Part]] = {}


def register(kind: type[Part]) -> None:
    """Know a kind of part by its name.

    Raises:
        SpecError: when another module has a part of this name.
    """
    name, known = kind.__name__, KINDS.get(kind.__name__)
    if known is not None and (known.__module__, known.__qualname__) != (kind.__module__, kind.__qualname__):
        raise SpecError(f"{kind.__module__} has a part '{name}', as {known.__module__} has: another name is needed")
    KINDS[name] = kind


def kind_named(name: str) -> type[Part]:
    """The kind of part of a name; an unknown one is looked for in the modules that ``import_parts`` imports.

    Raises:
        SpecError: when there is none.
    """
    if name not in KINDS:
        import_parts()
    if name not in KINDS:
        near = did_you_mean(name, KINDS)
        own = f"one of your own is known once its module is imported, which an entry point of '{GROUP}' may name"
        raise SpecError(f"there is no part '{name}'{near}; {own}")
    return KINDS[name]


def import_parts() -> None:
    """Import the modules that installed packages name in the entry-point group ``clados.parts``.

    One that cannot be imported is named in a warning: it may hold nothing that is needed here.
    """
    from importlib.metadata import distributions

    here = Path.cwd()  # perhaps a folder of weights, which brings no code
    paths = [each for each in sys.path if Path(each).resolve() != here]
    for each in {each for package in distributions(path=paths) for each in package.entry_points.select(group=GROUP)}:
        try:
            importlib.import_module(each.module)
        except Exception as error:  # noqa: BLE001 (whatever a plugin raises)
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            text = f"the plugin {each.name} = {each.value} cannot be imported: {reason}"
            warnings.warn(CladosWarning(text), stacklevel=2)
