"""Which declaration and layout a config means, and which layout a model can be written in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from clados.checkpoints.dialects import Words
from clados.checkpoints.errors import LayoutError
from clados.checkpoints.names import places
from clados.checkpoints.words import plain, read, refusal, unsaid
from clados.checkpoints.written import parsed
from clados.models.declared import declared, found
from clados.spec.errors import SpecError
from clados.spec.kinds import Model, TwoTower
from clados.spec.layout import Layout
from clados.spec.part import Change, hint

OWN = "clados"  # model_type of directories that only Clados reads
DEEPEST = 16  # pieces of a name


@dataclass(frozen=True, slots=True)
class Chosen:
    """A card, one of its layouts, the class of theirs that the files are of, and the model that they hold."""

    card: str
    layout: Layout
    architecture: str
    model: Model


def layouts() -> Iterator[tuple[str, Layout, Model]]:
    """Every declared layout: the card, the layout, and the structures that it is read into, the headline one first."""
    for card in found():
        declaration = declared(card)
        structures = dict.fromkeys(
            [declaration.model, *(m for m in declaration.sizes.values() if isinstance(m, Model))]
        )
        for layout in declaration.layouts:
            for model in structures:
                yield card, layout, model.but(**(layout.port or Change()))


def chosen(config: Words) -> Chosen:
    """The declaration, layout and class that a flat config means.

    Raises:
        LayoutError: no declared layout has its model_type, or none with it takes all its words.
    """
    named = config.get("model_type")
    if named == OWN:
        return own(str(config.get("clados.card")), parsed(str(config.get("clados.model"))))
    every = list(layouts())
    fitting = [each for each in every if each[1].model_type == named]
    if not fitting:
        known = {layout.model_type for _, layout, _ in every}
        raise LayoutError(f"model_type is {named!r}, which no declared model is kept as{hint(str(named), known)}")
    refused = []
    for card, layout, model in sorted(fitting, key=lambda each: _preference(config, *each)):
        if not (why := refusal(layout, model, config)):
            return _chosen(card, layout, model, config)
        refused.append(why)
    raise LayoutError(refused[0])


def _preference(config: Words, card: str, layout: Layout, model: Model) -> tuple[int, bool, int, str]:
    """Layouts that refuse nothing, then the card that the files name, then more fixed words that they repeat."""
    repeated = sum(key in config for key in layout.fixed)
    wrong = sum(config.get(key, value) != value for key, value in layout.fixed.items())
    return wrong, config.get("clados.card") != card, -repeated, card


def _chosen(card: str, layout: Layout, base: Model, config: Words) -> Chosen:
    architecture = _architecture(layout, config.get("architectures"))
    held, stored = layout.architectures[architecture], config.get("clados.model")
    kept = parsed(stored) if stored else None
    if kept is None or set(slots(kept)) != set(held):
        return Chosen(card, layout, architecture, read(layout, headed(base, held), config))
    model = read(layout, kept, config)  # their words win: others may have changed them since
    return Chosen(card, layout, architecture, kept if model == plain(kept) else model)


def own(card: str, model: Model) -> Chosen:
    """The layout of directories that only Clados reads: our names, and the declaration itself as config."""
    kind = type(model).__name__
    names = [".".join("*" * pieces) for pieces in range(1, DEEPEST)]
    layout = Layout(model_type=OWN, architectures={kind: slots(model)}, rules=dict(zip(names, names)), config={})
    return Chosen(card, layout, kind, model)


def _architecture(layout: Layout, said: Any) -> str:
    names = said if isinstance(said, Sequence) and said else [next(iter(layout.architectures))]
    known = [name for name in names if name in layout.architectures]
    if not known:
        allowed = ", ".join(layout.architectures)
        raise LayoutError(
            f"architectures is {', '.join(map(str, names))}, whose heads nothing holds; allowed: {allowed}"
        )
    return str(known[0])


def headed(model: Model, slots: Sequence[str]) -> Model:
    """The model with only the heads in these slots."""
    heads = getattr(model, "heads", ())
    return model.but(heads=tuple(head for head in heads if head.slot in slots)) if heads else model


def slots(model: Model) -> tuple[str, ...]:
    """The slots of a model's heads, or of those of its towers."""
    holders = (model.image, model.text) if isinstance(model, TwoTower) else (model,)
    return tuple(dict.fromkeys(head.slot for each in holders for head in getattr(each, "heads", ())))


def is_directory(layout: Layout) -> bool:
    """Whether the layout is that of a directory with a config.json."""
    return not {".", ":"} & set(layout.model_type)


def writable(model: Model) -> Chosen:
    """A layout that a model can be written in without loss of anything that is computed; our own when there is none."""
    for card, layout, base in layouts():
        for architecture, held in layout.architectures.items():
            if is_directory(layout) and set(held) == set(slots(model)):
                try:
                    if unsaid(layout, headed(base, held), model):
                        continue
                    places(layout, model)
                except (LayoutError, SpecError):
                    continue
                return Chosen(card, layout, architecture, model)
    return own("", model)
