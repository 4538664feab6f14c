"""Models that nobody has built: each a declared model with some words changed, numbers small and huge among them."""

import random
from functools import cache

from clados import spec as s
from clados.models.declared import declared, package_models
from clados.proofs.mutations import mutants, put

NUMBERS = (1, 2, 3, 5, 7, 13, 31, 97, 1001, 65_537, 999_999_937, 2**31 - 1)
NAMES = ("a", "Wider", "of a name", "that is longer than any", "drawing-is-wide", "XXL", "(with more of everything)")


@cache
def invented_model(seed: int) -> tuple[str, s.Model]:
    """A name and a model that are always those of the seed: changed words, changed sizes, and numbers out of scale.

    Seeds that follow each other take their parents from all kinds of models in turn.
    """
    draw, kinds = random.Random(seed), _by_kind()
    parent = draw.choice(kinds[sorted(kinds)[seed % len(kinds)]])
    model = declared(parent).model
    changed: list[str] = []
    own = {"clados", "builtins"}  # no parts of other tests, nor of their plugins
    found = [each for each in mutants(model) if type(each.new).__module__.split(".")[0] in own]
    for mutant in draw.sample(found, min(len(found), 8)):
        if mutant.part is not None and not any(mutant.path.startswith(path) for path in changed):
            model = _tried(model, mutant.path, mutant.new)
            changed.append(mutant.path)
    for path in draw.sample(paths := _paths(model, int, s.Size), min(len(paths), draw.randint(1, 4))):
        model = _tried(model, path, draw.choice(NUMBERS))
    for path in _paths(model, s.Size, int):
        model = _tried(model, path, _size(draw)) if draw.random() < 0.7 else model
    return " ".join([parent, *draw.sample(NAMES, draw.randint(0, 4))]), model


@cache
def _by_kind() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in sorted(package_models()):
        found.setdefault(type(declared(name).model).__name__, []).append(name)
    return found


def _tried(model: s.Model, path: str, value: object) -> s.Model:
    """The model with a value at a path; as it is, where that makes no model."""
    try:
        changed: s.Model = put(model, path, value)
        s.count_parameters(changed)
    except s.SpecError:
        return model
    return changed


def _size(draw: random.Random) -> s.Size:
    heads, head_dim = draw.choice((1, 3, 7, 12, 96)), draw.choice((2, 6, 64, 128))
    kv_heads = draw.choice([each for each in range(1, heads + 1) if heads % each == 0])
    return s.Size(
        draw.choice((1, 2, 3, 5, 12, 97)), heads * head_dim, heads, draw.choice((None, 1, 11, 49_152)),
        kv_heads=kv_heads, experts=draw.choice((None, 2, 3, 6, 7, 8, 2048)),
    )  # fmt: skip


def _paths(part: s.Part, kind: type, not_in: type, path: str = "") -> list[str]:
    """The paths of all values of a kind, but those inside of parts of another."""
    found = []
    for name, value in s.part_fields(part).items():
        here = f"{path}.{name}".lstrip(".")
        if isinstance(value, kind) and not isinstance(value, bool):
            found.append(here)
        elif isinstance(value, s.Part) and not isinstance(value, not_in):
            found += _paths(value, kind, not_in, here)
    return found
