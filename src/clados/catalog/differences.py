"""Differences: what changed from one model to another, in words, in parts and in parameters."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clados.catalog.sentences import said
from clados.spec import ledger
from clados.spec.kinds import EncoderDecoder, Model, TwoTower
from clados.spec.part import diff, words
from clados.spec.sizes import Size


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two models differ: the path of the word, what it says in each, and a sentence."""

    path: str
    old: Any
    new: Any
    words: str


@dataclass(frozen=True, slots=True)
class Differences:
    """All places where two models differ, and the parameters of each by what they belong to."""

    changes: tuple[Difference, ...]
    parameters: Mapping[str, tuple[int, int]]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON; parts as they are written in a declaration."""
        changes = [
            {"path": each.path, "old": _plain(each.old), "new": _plain(each.new), "words": each.words}
            for each in self.changes
        ]
        return {
            "changes": changes,
            "parameters": {
                name: {"old": old, "new": new, "difference": new - old} for name, (old, new) in self.parameters.items()
            },
        }


def compared(old: Model, new: Model) -> Differences:
    """What changed from one model to another; of unlike kinds, the slots that both have, then what only one has."""
    one, other = _sized_alike(old, new)
    found = diff(one, other) if type(old) is type(new) else _unlike(one, other)
    changes = [Difference(*each, words=said(*each)) for each in found]
    return Differences(tuple(_once(changes)), _parameters(old, new))


def _sized_alike(old: Model, new: Model) -> tuple[Model, Model]:
    """Both models, what one size says and the other leaves to the usual said by both."""
    sizes = [getattr(model, "size", None) for model in (old, new)]
    one, other = sizes
    if not isinstance(one, Size) or not isinstance(other, Size):
        return old, new
    names = [name for name, value in words(one).items() if (value is None) != (getattr(other, name) is None)]
    filled = [size.but(**{name: getattr(size.dims, name) for name in names}) for size in (one, other)]
    return old.but(size=filled[0]), new.but(size=filled[1])


def _once(changes: list[Difference]) -> Iterator[Difference]:
    """The same change in the encoder and in the decoder is said once."""
    twins = {(_side(each.path), repr(each.old), repr(each.new)): each for each in changes if _sided(each.path)}
    both = {key for key in twins if sum(_key(each) == key for each in changes if _sided(each.path)) == 2}
    for each in changes:
        if not _sided(each.path) or _key(each) not in both:
            yield each
        elif each.path.startswith("encoder."):
            where = f"encoder, decoder: {each.words.removeprefix('encoder: ')}"
            yield Difference(f"{{encoder,decoder}}.{_side(each.path)}", each.old, each.new, where)


def _sided(path: str) -> bool:
    return path.startswith(("encoder.", "decoder."))


def _side(path: str) -> str:
    return path.partition(".")[2]


def _key(each: Difference) -> tuple[str, str, str]:
    return _side(each.path), repr(each.old), repr(each.new)


# ---------------------------------------------------------------- unlike kinds


def _unlike(old: Model, new: Model) -> Iterator[tuple[str, Any, Any]]:
    yield "kind", type(old).__name__, type(new).__name__
    olds, news = _slots(old), _slots(new)
    for name in [*olds, *(each for each in news if each not in olds)]:
        yield from diff(olds.get(name), news.get(name), name)


def _slots(model: Model) -> dict[str, Any]:
    """A model's slots, its main stack under one name: an encoder's and a decoder's stack answer to each other.

    An encoder-decoder's encoder stands against a single stack; a pair's image tower does too.
    """
    said = words(model)
    if isinstance(model, EncoderDecoder):
        said["stack"] = said.pop("encoder")
    if isinstance(model, TwoTower):
        image = said.pop("image")
        said |= {"size": model.size.image, "inputs": image.inputs, "stack": image.stack, "heads": image.heads}
    return said


# ---------------------------------------------------------------- parameters


def _parameters(old: Model, new: Model) -> dict[str, tuple[int, int]]:
    """Parameters of each by what they belong to, and the totals."""
    groups = [_groups(model) for model in (old, new)]
    names = dict.fromkeys(name for each in groups for name in each)
    pairs = {name: (groups[0].get(name, 0), groups[1].get(name, 0)) for name in names}
    counts = [ledger.count(model) for model in (old, new)]
    return {
        **pairs,
        "non-embedding": (counts[0].non_embedding, counts[1].non_embedding),
        "total": (counts[0].total, counts[1].total),
    }


GROUPS = (
    (r"(.*\.)?inputs\..*", "inputs"),
    (r".*\.cross\..*", "cross-attention"),
    (r".*\.attn\..*", "attention"),
    (r".*\.mlp\..*", "feed-forward"),
    (r".*norm.*", "norms"),
    (r".*\.position\..*", "positions"),
    (r"(.*\.)?heads\..*", "heads"),
)


def _groups(model: Model) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in ledger.rows(model):
        name = next((name for pattern, name in GROUPS if re.match(pattern, row.path)), "other")
        found[name] = found.get(name, 0) + row.count
    return found


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)
