"""Differences: what changed from one model to another, in words, in parts, in training and in parameters."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import lru_cache
from itertools import zip_longest
from typing import Any, NamedTuple

from clados.catalog.card import Card, CardSize as CardSize, declaration_of
from clados.catalog.counts import NamedModel, cards_and_sizes, named_model
from clados.catalog.sentences import brief, sentence
from clados.catalog.sizes import model_of
from clados.catalog.structure import kv_cache, token_flops
from clados.spec.attention.masks import All
from clados.spec.core import ledger
from clados.spec.core.part import Part, in_turn, part_fields
from clados.spec.core.sizes import Size
from clados.spec.inputs.image import ImageInputs
from clados.spec.kinds.encoder_decoder import EncoderDecoder
from clados.spec.kinds.model import Model
from clados.spec.kinds.two_tower import TwoTower
from clados.spec.learning.recipe import Recipe, Stage
from clados.spec.learning.tuning import Tuning
from clados.tables import Illustrated, Page, TextTable


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two models differ: the path of the field, its value in each, and a sentence."""

    path: str
    old: Any
    new: Any
    sentence: str


@dataclass(frozen=True)
class Differences(Illustrated):
    """All places where two models differ, and the parameters of each by what they belong to.

    Attributes:
        models: the two.
        old, new: their names.
        changes: in the architecture.
        training: in tokenizer, objective, data, optimiser, schedule and stages; empty for models that are no card's.
        parameters: of both, by what they belong to.
        costs: of both, what a token takes: keys and values kept, operations; None where a model has no such figure.
        assumed: for each side, what its declaration assumes; and whether the counted shape itself is.
    """

    models: tuple[Model, Model] = field(repr=False)
    changes: tuple[Difference, ...]
    parameters: Mapping[str, tuple[int, int]]
    old: str = "old"
    new: str = "new"
    training: tuple[Difference, ...] = ()
    costs: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    assumed: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    assumed_shape: tuple[bool, bool] = field(default=(False, False), repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON; parts as they are written in a declaration."""
        return {
            "old": self.old,
            "new": self.new,
            "changes": [_row(each) for each in self.changes],
            "training": [_row(each) for each in self.training],
            "parameters": {
                name: {"old": old, "new": new, "difference": new - old} for name, (old, new) in self.parameters.items()
            },
            "costs": {name: {"old": old, "new": new} for name, (old, new) in self.costs.items()},
            "assumed": {"old": [*self.assumed[0]], "new": [*self.assumed[1]]},
        }

    def page(self) -> Page:
        """In words, in training, in parts and in parameters."""
        sides = (self.old, self.new)
        built = said_once(self.changes) or ["nothing: they are built the same"]
        blocks: list[Any] = [f"From {self.old} to {self.new}", built]
        if self.training:
            blocks += ["In training", said_once(self.training)]
        if self.changes:
            rows = [[each.path, brief(each.old), brief(each.new)] for each in self.changes]
            blocks += ["In parts", TextTable(("part", *sides), rows)]
        marked = [f"{side} (assumed)" if mark else side for side, mark in zip(sides, self.assumed_shape)]
        cells = [[name, *figures_of(pair)] for name, pair in self.parameters.items()]
        figures = (*marked, "difference")
        blocks += ["In parameters", TextTable(("", *figures), cells, right=figures)]
        if self.costs:
            rows = [[name, *figures_of(pair)] for name, pair in self.costs.items()]
            blocks += ["For each token", TextTable(("", *figures), rows, right=figures)]
        lines = [*dict.fromkeys(f"{side}: {line}" for side, each in zip(sides, self.assumed) for line in each)]
        return Page([*blocks, "Assumed, or otherwise than published", lines] if lines else blocks)


def said_once(found: Iterable[Difference]) -> list[str]:
    """What differences say, each sentence once."""
    return [*dict.fromkeys(each.sentence for each in found)]


def figures_of(pair: tuple[int | None, int | None]) -> tuple[str, str, str]:
    """Both figures and their difference as people read them; a dash where there is none."""
    a, b = pair
    texts = ["-" if each is None else f"{each:,}" for each in pair]
    return texts[0], texts[1], "-" if a is None or b is None else f"{b - a:+,}" if a != b else "0"


def diff(old: str | Model | NamedModel, new: str | Model | NamedModel) -> Differences:
    """What changed from one model to another: in the architecture, in training, in parameters.

    Args:
        old, new: ``MODEL`` or ``MODEL:SIZE`` (or as for ``named_model``, without what differs in training). A model
            without a size takes that of the name of another's, where that is given and it has one; else its headline
            size.

    Raises:
        NoModelError, InputError: for an unknown name or size, with the nearest.
    """
    if not (isinstance(old, str) and isinstance(new, str)) or old.endswith(".py") or new.endswith(".py"):
        one, two = named_model(old), named_model(new)
        found = compare_models(one.model, two.model, (one.name, two.name))
        return replace(found, assumed=(one.assumed, two.assumed), assumed_shape=(one.assumed_shape, two.assumed_shape))
    return sizes_compared(*cards_and_sizes((old, new)))


def sizes_compared(old: tuple[Card, CardSize], new: tuple[Card, CardSize]) -> Differences:
    """What changed from a declared size of a card to another, as `diff` says it of their names.

    Raises:
        InputError: for a size that is not declared.
    """
    (card, size), (other, its) = pairs = (old, new)
    found = compare_models(
        model_of(card, size), model_of(other, its), (f"{card.id}:{size.name}", f"{other.id}:{its.name}")
    )
    return replace(
        found,
        training=changed_training(*pairs),
        assumed=(tuple(card.assumed_for(size)), tuple(other.assumed_for(its))),
        assumed_shape=(bool(size.assumed), bool(its.assumed)),
    )


def changed_training(old: tuple[Card, CardSize], new: tuple[Card, CardSize]) -> tuple[Difference, ...]:
    """What changed in tokenizer and training from a declared size of a card to another."""
    one, other = (declaration_of(card).recipe_at(size.name) for card, size in (old, new))
    return (*_tokenizers(old[0], new[0]), *_training(one, other))


def compare_models(old: Model, new: Model, names: tuple[str, str] = ("old", "new")) -> Differences:
    """What changed from one model to another; of unlike kinds, the slots that both have, then what only one has."""
    figures = (model_figures(old), model_figures(new))
    parameters, costs = _parameters(*figures), _costs(*figures)
    return Differences((old, new), changed_parts(old, new), parameters, *names, costs=costs)


@lru_cache(maxsize=512)  # all lines of the tree, which is drawn again and again
def changed_parts(old: Model, new: Model) -> tuple[Difference, ...]:
    """What changed in the architecture from one model to another, without their figures."""
    found = _changed(*_sized_alike(old, new)) if type(old) is type(new) else _unlike(old, new)
    return tuple(_once([Difference(*each, sentence=sentence(*each)) for each in found]))


def _changed(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """As `clados.spec.diff`; parts of which one is of a special kind of the other are compared word by word too."""
    if old == new:
        return
    if isinstance(old, Part) and isinstance(new, Part) and _akin(old, new):
        if type(old) is not type(new):
            yield f"{path}, kind".lstrip(", "), type(old).__name__, type(new).__name__
        for name, one, other in _both(old, new):
            yield from _changed(one, other, f"{path}.{name}".lstrip("."))
    elif (olds := in_turn(old)) and (news := in_turn(new)) and len(olds) + len(news) > 2 and _same_kinds(olds, news):
        if len(olds) != len(news):
            yield f"{path}, in turn", len(olds), len(news)
        for i, each in enumerate(news):
            yield from _changed(olds[i % len(olds)], each, f"{path}[{i}]" if len(news) > 1 else path)
    else:
        yield path, old, new


def _both(old: Part, new: Part) -> Iterator[tuple[str, Any, Any]]:
    """Every field of either part and what it is in both; one that a part lacks is as if it were the other's usual."""
    one, other = part_fields(old), part_fields(new)
    known = [each for part in (old, new) for each in fields(part)]  # type: ignore[arg-type]
    usual = {each.name: None if each.default is MISSING else each.default for each in known}
    for name in dict.fromkeys((*one, *other)):
        yield name, one.get(name, usual[name]), other.get(name, usual[name])


def _akin(old: Part, new: Part) -> bool:
    return isinstance(new, type(old)) or isinstance(old, type(new))


def _same_kinds(olds: tuple[Part, ...], news: tuple[Part, ...]) -> bool:
    return {type(each) for each in olds} == {type(each) for each in news}


def _sized_alike(old: Model, new: Model) -> tuple[Model, Model]:
    """Both models; a default that only one size spells out is spelt out in both."""
    one, other = (model.size for model in (old, new))
    if not isinstance(one, Size) or not isinstance(other, Size):
        return old, new
    filled = _filled(one, other)
    return old.but(size=filled[0]), new.but(size=filled[1])


def _filled(one: Size, other: Size) -> tuple[Size, Size]:
    names = [name for name, value in part_fields(one).items() if (value is None) != (getattr(other, name) is None)]
    if not names:
        return one, other
    first, second = (size.but(**{name: getattr(size.dims, name) for name in names}) for size in (one, other))
    return first, second


def _once(changes: list[Difference]) -> Iterator[Difference]:
    """A change that is the same in encoder and decoder appears once."""
    twins = {(_side(each.path), repr(each.old), repr(each.new)): each for each in changes if _sided(each.path)}
    both = {key for key in twins if sum(_key(each) == key for each in changes if _sided(each.path)) == 2}
    for each in changes:
        if not _sided(each.path) or _key(each) not in both:
            yield each
        elif each.path.startswith("encoder."):
            where = f"encoder, decoder: {each.sentence.removeprefix('encoder: ')}"
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
    olds, news = _slots(old, new), _slots(new, old)
    if isinstance(olds.get("size"), Size) and isinstance(news.get("size"), Size):
        olds["size"], news["size"] = _filled(olds["size"], news["size"])
    for name in [*olds, *(each for each in news if each not in olds)]:
        one, other = olds.get(name), news.get(name)
        if one or other:  # what one kind lacks, and the other says is not so, is no difference
            yield from _changed(one, other, name)


def _slots(model: Model, other: Model) -> dict[str, Any]:
    """A model's slots, its stack that does what the other's does under one name.

    Of an encoder-decoder, the encoder answers to a stack that sees all positions, the decoder to any other; of two
    towers, the image tower to a model of images, the text tower to any other.
    """
    slots = part_fields(model)
    if isinstance(model, EncoderDecoder):
        side, left = ("encoder", "decoder") if _sees_all(other) else ("decoder", "encoder")
        slots["stack"] = slots.pop(side)
        slots["size"] = getattr(model.sides, side)
        return {**slots, left: slots.pop(left)}
    if isinstance(model, TwoTower):
        side, left = ("image", "text") if _reads_images(other) else ("text", "image")
        tower, rest = slots.pop(side), slots.pop(left)
        return {**slots, "size": getattr(model.size, side), **part_fields(tower), left: rest}
    return slots


def _sees_all(model: Model) -> bool:
    stack = model.text.stack if isinstance(model, TwoTower) else getattr(model, "stack", None)
    return isinstance(getattr(stack, "sees", None), All)


def _reads_images(model: Model) -> bool:
    return model.reads(ImageInputs) is not None


# ---------------------------------------------------------------- training


def _tokenizers(old: Card, new: Card) -> Iterator[Difference]:
    """How the texts become tokens, where the cards know it and differ."""
    one, other = (str(card.values["tokenizer"]) for card in (old, new))
    if one != other:
        yield Difference("tokenizer", one, other, f"tokenizer: {other} instead of {one}")


def _training(old: Recipe, new: Recipe) -> Iterator[Difference]:
    """Stage by stage: objective, data, optimiser, schedule, and the numbers of each; pretraining and tuning apart."""
    pairs = [pair for tuned in (False, True) for pair in zip_longest(_stages(old, tuned), _stages(new, tuned))]
    for (i, one), (j, other) in ((one or (0, None), other or (0, None)) for one, other in pairs):
        if one is None or other is None:
            yield Difference(f"recipe.stages[{i if other is None else j}]", one, other, _stage(one, other, new))
            continue
        front = f"{other.name}: " if len(pairs) > 1 else ""
        for name, was, now in _both(one, other):
            if name != "name":
                for found in _changed(was, now, f"recipe.stages[{j}].{name}"):
                    yield Difference(*found, sentence=front + sentence(*found))


def _stages(recipe: Recipe, tuned: bool) -> list[tuple[int, Stage]]:
    return [(i, stage) for i, stage in enumerate(recipe.stages) if isinstance(stage, Tuning) is tuned]


def _stage(old: Stage | None, new: Stage | None, recipe: Recipe) -> str:
    stage = new or old
    assert stage is not None
    what = f"{stage.name}: {brief(stage.objective)} on {stage.data}"
    if new is None:
        starts = [each.start for each in recipe.stages if isinstance(each, Tuning)]
        return f"no {what}" + (f"; it starts from {starts[0]}" if starts else "")
    begins = f", from {stage.start}" if isinstance(stage, Tuning) else ""
    return f"a further stage, {what}{begins}"


# ---------------------------------------------------------------- parameters


class ModelFigures(NamedTuple):
    """A model in numbers.

    Attributes:
        parameters: by what they belong to.
        totals: those outside the embedding tables, and all.
        costs: what a token takes, keys and values kept and operations; None where the model has no such figure.
    """

    parameters: Mapping[str, int]
    totals: Mapping[str, int]
    costs: Mapping[str, int | None]


@lru_cache(maxsize=128)  # a model that is compared with many is counted once
def model_figures(model: Model) -> ModelFigures:
    """The figures in which models are compared."""
    found = ledger.count_parameters(model)
    return ModelFigures(
        _groups(model),
        {"non-embedding": found.non_embedding, "total": found.total},
        {"KV cache, bytes": kv_cache(model), "FLOPs, 2 N": token_flops(model)},
    )


def _parameters(old: ModelFigures, new: ModelFigures) -> dict[str, tuple[int, int]]:
    """Parameters of each by what they belong to, and the totals."""
    names = dict.fromkeys((*old.parameters, *new.parameters))
    groups = {name: (old.parameters.get(name, 0), new.parameters.get(name, 0)) for name in names}
    return {**groups, **{name: (old.totals[name], new.totals[name]) for name in old.totals}}


def _costs(old: ModelFigures, new: ModelFigures) -> dict[str, tuple[int | None, int | None]]:
    """What a token takes in each, where either has such a figure."""
    pairs = {name: (old.costs[name], new.costs[name]) for name in old.costs}
    return {name: pair for name, pair in pairs.items() if pair != (None, None)}


_GROUPS = (
    (r"(.*\.)?inputs\..*", "inputs"),
    (r".*\.cross\..*", "cross-attention"),
    (r".*\.attn\..*", "attention"),
    (r".*\.mlp\..*", "feed-forward"),
    (r".*norm.*", "norms"),
    (r".*\.(row|column|starting|ending)\..*", "attention"),
    (r".*\.position\..*", "positions"),
    (r"(.*\.)?heads\..*", "heads"),
)


def _groups(model: Model) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in ledger.rows(model):
        name = next((name for pattern, name in _GROUPS if re.match(pattern, row.path)), "other")
        found[name] = found.get(name, 0) + row.count
    return found


def _row(each: Difference) -> dict[str, Any]:
    return {"path": each.path, "old": _plain(each.old), "new": _plain(each.new), "sentence": each.sentence}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)
