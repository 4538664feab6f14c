"""Oracles: models written once more from their papers' equations, in plain loops over float64 numbers.

A file that has ``run`` is the oracle of the card of its name (``big_bird.py`` of ``big-bird``) and says all of itself:

- ``SOURCE``: where its equations stand;
- ``run``: numbers, weights by our names and inputs to outputs by name;
- ``numbers`` (``stack_numbers`` where it has none): what is given of a declared model, sizes and constants;
- ``fits`` (all do): whether a declared structure is the one that it computes;
- ``SIZES``: further sizes that it understands (``kv_heads``);
- ``CARDS``: the cards whose oracle it is, where these are others or several.

Only ``fits`` and ``numbers`` see the model; the equations use numpy and nothing of ours. A user's oracles stand in the
folder ``oracles`` of a folder of cards (``CLADOS_PATH``).
"""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from clados import spec as s
from clados.names import card_folders
from clados.proofs.oracles.plain import Arrays, Numbers, Outputs, stack_numbers

_OURS = [*__path__]


@dataclass(frozen=True)
class Oracle:
    """One oracle, of one card: what its file says."""

    card: str
    source: str
    fits: Callable[[s.Model], bool]
    numbers: Callable[[Any], Numbers]
    run: Callable[[Numbers, Arrays, Arrays], Outputs]
    sizes: tuple[str, ...] = ()


def oracles(card: str, model: s.Model) -> list[Oracle]:
    """The oracles of a declared structure."""
    return [each for each in found() if each.card == card and each.fits(model)]


def found() -> list[Oracle]:
    """Every oracle of the package and of the user's folders of cards."""
    __path__[:] = [*_OURS, *(str(folder / "oracles") for folder in card_folders())]
    modules = [import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__)]
    return [each for module in modules if hasattr(module, "run") for each in _of(module)]


def _every_model(model: s.Model) -> bool:
    return True


def _of(module: Any) -> list[Oracle]:
    """What a file says, for each of its cards."""
    name = module.__name__.rpartition(".")[2].replace("_", "-")
    fits, numbers = getattr(module, "fits", _every_model), getattr(module, "numbers", stack_numbers)
    rest = (module.SOURCE, fits, numbers, module.run, getattr(module, "SIZES", ()))
    return [Oracle(card, *rest) for card in getattr(module, "CARDS", (name,))]


__all__ = ["Oracle", "found", "oracles"]
