"""Which declaration and layout a config means, and which layout a model can be written in."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import groupby

from clados.checkpoints.errors import LayoutError
from clados.checkpoints.mapping import biases, token_tables, values
from clados.checkpoints.mapping.config import (
    UNCOMPUTED,
    agrees,
    from_config,
    plain,
    refusal,
    to_config,
    unmapped,
    unread,
)
from clados.checkpoints.mapping.dialects import FlatConfig, flat, nested
from clados.checkpoints.mapping.names import embedding, places, used
from clados.checkpoints.mapping.parsing import parsed
from clados.models.declared import declared, package_models
from clados.names import with_article
from clados.spec.core.declaration import Declaration
from clados.spec.core.part import Change, hint, part_differences
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.heads.embedding import Embedding
from clados.spec.inputs.text import Tokens
from clados.spec.kinds.model import Model
from clados.spec.kinds.single import Decoder, Encoder
from clados.spec.layout import Layout
from clados.spec.learning.tuning import Tuning

NATIVE = "clados"  # model_type of directories that only Clados reads
UNCOUNTED = re.compile(r"^size|^init|dropout$|vocab\.")  # fields that layouts need not say
DEEPEST = 16  # pieces of a name
UNLIKE = {  # kinds of directory whose names are near to those of a declared model, and what sets them apart
    "blenderbot-small": "its decoder adds positions after the norm of its inputs",
    "umt5": "each of its layers has relative biases of its own",
}


@dataclass(frozen=True, slots=True)
class LayoutMatch:
    """A card, one of its layouts, the class of theirs that the files are of, and the model that they hold."""

    card: str
    layout: Layout
    architecture: str
    model: Model
    declared: tuple[Head, ...] = ()  # the heads of the declared structure
    zeros: frozenset[str] = frozenset()  # tensors of the files that are zeros, and nothing of the model
    body: bool = False  # what lies beside the body and is no head of ours is left aside: the class is not known here


@cache
def layouts() -> tuple[tuple[str, Layout, Model], ...]:
    """Every declared layout: the card, the layout, and the structures that it is read into, first as it is declared.

    Models that start from another's weights come last: what their parent can hold is taken for their parent's.
    """
    return tuple(_layouts())


def _layouts() -> Iterator[tuple[str, Layout, Model]]:
    every = {card: declared(card) for card in sorted(package_models())}
    for card, declaration in sorted(every.items(), key=lambda each: _tuned(each[1])):
        structures = dict.fromkeys(
            [declaration.model, *(m for m in declaration.sizes.values() if isinstance(m, Model))]
        )
        for layout in declaration.layouts:
            for model in structures:
                if (ported := _ported(layout, model)) is not None:
                    yield card, layout, ported


def _tuned(declaration: Declaration) -> bool:
    """Whether a model starts from another's weights."""
    return isinstance(declaration.recipe.stages[0], Tuning)


def _ported(layout: Layout, model: Model) -> Model | None:
    """The structure as the layout's implementation has it; None where it departs from another, or lacks its fields."""
    try:
        ported = model.but(**(layout.port or Change()))
        to_config(layout, ported)
    except (LayoutError, SpecError):
        return None
    return ported


def detect(config: FlatConfig, head: Embedding | None = None, architecture: str | None = None) -> LayoutMatch:
    """The declaration, layout and class that a flat config means.

    Args:
        head: what makes a text's vector of the body's states, where the files lie in a directory that says so; other
            heads are then left out, as there.
        architecture: the class of theirs to read the files as, instead of the one that the config names.

    Raises:
        LayoutError: no declared layout has its model_type, or the class, or none with it takes all its fields.
    """
    named = config.get("model_type")
    if named == NATIVE:
        if architecture:
            raise LayoutError(
                f"architecture is '{architecture}'; the files hold Clados's own names, of no class of theirs"
            )
        return native_layout(str(config.get("clados.card")), parsed(str(config.get("clados.model"))))
    every = layouts()
    fitting = [each for each in every if each[1].model_type == named]
    if not fitting:
        if why := UNLIKE.get(str(named)):
            raise LayoutError(f"model_type is {named!r}, which is not supported: {why}")
        known = {layout.model_type for _, layout, _ in every}
        raise LayoutError(f"model_type is {named!r}, which no declared model is kept as{hint(str(named), known)}")
    names = [architecture] if architecture else named_classes(config)
    knowing = [each for each in fitting if {*names} & {*each[1].architectures, *each[1].tuned}]
    if architecture and not knowing:
        known = {name for _, layout, _ in fitting for name in (*layout.architectures, *layout.tuned)}
        raise LayoutError(f"architecture is '{architecture}', which no {named} is read as{hint(architecture, known)}")
    config = {**config, "architectures": names} if architecture else config
    fitting, body = knowing or fitting, bool(architecture or (names and not knowing))
    refused, found = [], list[tuple[tuple[bool, tuple[int, int]], LayoutMatch]]()
    by = partial(_preference, config, head)
    for _, alike in groupby(sorted(fitting, key=lambda each: by(*each)), lambda each: by(*each)):
        for card, layout, model in alike:
            try:
                choice = _fitting(card, layout, model, config, head)
                base = replace_heads(model, slots(choice.model))
                found.append(((_tuned(declared(card)), _apart(base, choice.model)), replace(choice, body=body)))
            except LayoutError as error:
                refused.append(error)
        if found:
            return min(found, key=lambda each: each[0])[1]
    raise refused[0]


def _fitting(card: str, layout: Layout, model: Model, config: FlatConfig, head: Embedding | None) -> LayoutMatch:
    """What a config means in one layout of one structure.

    Raises:
        LayoutError: when it is not of this structure.
    """
    base = model if head is None else embedder(model, head)
    if why := refusal(layout, base, config) or (_headless(layout, model, config) if head is None else ""):
        raise LayoutError(why)
    choice = _chosen(card, layout, base, config, head)
    places(layout, choice.model)
    return choice


def _headless(layout: Layout, model: Model, config: FlatConfig) -> str:
    """Which head of the class that the files are of this structure lacks; empty when none."""
    architecture = _architecture(layout, config)
    lacking = sorted({each for each in heads(layout, architecture) if isinstance(each, str)} - {*slots(model)})
    return f"{architecture} has a head '{lacking[0]}', which the declared model lacks" if lacking else ""


def _preference(
    config: FlatConfig, head: Embedding | None, card: str, layout: Layout, model: Model
) -> tuple[int, int, bool, bool, int]:
    """Layouts that refuse nothing, that know all keys, the files' card, the same vector, more fields alike.

    Among equals the declared structure wins from which the files differ in the fewest fields.
    """
    repeated = sum(key in config for key in layout.fixed)
    wrong = sum(key in config and not agrees(value, config[key]) for key, value in layout.fixed.items())
    unknown = len(unread(layout, config))
    return wrong, unknown, config.get("clados.card") != card, head is not None and embedding(model) != head, -repeated


def embedder(model: Model, head: Embedding) -> Model:
    """The body of a model with a head that makes a text's vector of its states.

    Raises:
        LayoutError: for a kind of model whose states no such head reads.
    """
    if not isinstance(model, Encoder | Decoder) or not isinstance(model.inputs, Tokens):
        raise LayoutError(f"a text's vector is not made of the states of {with_article(type(model).__name__)}")
    return model.but(heads=(head,))


def body(layout: Layout) -> str:
    """The class of theirs that is the body alone, or with a pooler; empty where a layout has none."""
    few = {name: theirs for name, theirs in layout.architectures.items() if set(theirs) <= {"pooler", Embedding.slot}}
    return min(few, key=lambda name: "pooler" in few[name], default="")


def _chosen(card: str, layout: Layout, base: Model, config: FlatConfig, head: Embedding | None) -> LayoutMatch:
    architecture, ours = _architecture(layout, config), base
    if head is not None:
        architecture = body(layout) or next(iter(layout.architectures))
    else:
        ours = replace_heads(base, heads(layout, architecture))
    stored = config.get("clados.model")
    kept = parsed(stored) if stored else None
    if kept is None or set(slots(kept)) != set(slots(ours)):
        return LayoutMatch(card, layout, architecture, from_config(layout, ours, config), base.own_heads)
    if head is not None:
        kept = kept.but(heads=base.heads)  # type: ignore[attr-defined]
    model = from_config(layout, kept, config)  # their fields win: others may have changed them since
    return LayoutMatch(card, layout, architecture, kept if model == plain(kept) else model, base.own_heads)


def native_layout(card: str, model: Model) -> LayoutMatch:
    """The layout of directories that only Clados reads: our names, and the declaration itself as config."""
    kind = type(model).__name__
    names = [".".join("*" * pieces) for pieces in range(1, DEEPEST)]
    layout = Layout(model_type=NATIVE, architectures={kind: slots(model)}, rules=dict(zip(names, names)), config={})
    return LayoutMatch(card, layout, kind, model)


def named_classes(config: FlatConfig) -> list[str]:
    """The classes of theirs that a config names; none, one, or several.

    Raises:
        LayoutError: ``architectures`` is something else than names.
    """
    said = config.get("architectures") or []
    names = [said] if isinstance(said, str) else said
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise LayoutError(f"architectures is {said!r}; a list of names of classes is allowed")
    return names


def _architecture(layout: Layout, config: FlatConfig) -> str:
    """The first class that the config names and the layout knows; the layout's own first when there is none."""
    known = (name for name in named_classes(config) if name in layout.architectures or name in layout.tuned)
    return next(known, next(iter(layout.architectures)))


def heads(layout: Layout, architecture: str) -> tuple[str | Head, ...]:
    """What a class of theirs has around its body: slots of declared heads, or heads of its own."""
    return layout.tuned[architecture] if architecture in layout.tuned else layout.architectures[architecture]


def replace_heads(model: Model, held: Sequence[str | Head]) -> Model:
    """The model with only the heads in these slots, and with these others."""
    if not isinstance(model.towers[0], Model):  # towers keep theirs
        return model
    own = tuple(head for head in model.own_heads if head.slot in held)
    wanted = (*own, *(each for each in held if isinstance(each, Head)))
    return model if wanted == model.own_heads else model.but(heads=wanted)  # some kinds can have none


def tuned_heads(model: Model, ending: str, model_type: str = "") -> tuple[Head, ...]:
    """The heads of the class of theirs for a task, such as "SequenceClassification"; none where no class has them.

    Of several layouts that of a ``model_type``, then that of the declared model from which this one differs the least.
    """
    for _, layout, _ in sorted(
        _of_kind(model), key=lambda each: (each[1].model_type != model_type, _apart(each[2], model))
    ):
        for name, theirs in layout.tuned.items():
            if name.endswith(f"For{ending}"):
                return theirs
    return ()


def slots(model: Model) -> tuple[str, ...]:
    """The slots of a model's heads, or of those of its towers."""
    return tuple(dict.fromkeys(head.slot for head in model.all_heads))


def classes(model: Model) -> tuple[str, ...]:
    """The slots of the heads that make a class of their own around a body: all but what is made of its states alone."""
    return tuple(slot for slot in slots(model) if slot != Embedding.slot)


def is_directory(layout: Layout) -> bool:
    """Whether the layout is that of a directory with a config.json."""
    return not {".", ":"} & set(layout.model_type)


def writable(model: Model, model_type: str = "") -> LayoutMatch:
    """A layout that a model can be written in without loss of anything that is computed; our own when there is none.

    Of several, one of that ``model_type``, as whose files it was read; then that of the declared model from which it
    differs in the fewest fields. Where a layout's implementation has biases that the model lacks, the choice's model
    has them too: zeros add nothing.
    """
    every = sorted(_classes_like(model), key=lambda each: each[1].model_type != model_type)
    for card, layout, architecture, base in every:
        if _holds(layout, base, model):
            return LayoutMatch(card, layout, architecture, model)
    for card, layout, architecture, base in every:
        if (ported := biases.added(layout, model)) is not None and _holds(layout, base, ported):
            return LayoutMatch(card, layout, architecture, ported)
    return native_layout("", model)


def of_file(model_type: str, model: Model) -> LayoutMatch:
    """The layout of a kind of file, for a model that it loses nothing of.

    Raises:
        LayoutError: it is of other models, or has no key for something of this one.
    """
    every = [each for each in layouts() if each[1].model_type == model_type and type(each[2]) is type(model)]
    if not every:
        raise LayoutError(f"{model_type} holds no {type(model).__name__}")
    for card, layout, base in every:
        if _holds(layout, base, model):
            return LayoutMatch(card, layout, next(iter(layout.architectures)), model)
    raise LayoutError(f"{model_type} has no key for {', '.join(_without_key(*every[0][1:], model))}")


def why_unwritable(model: Model) -> str:
    """Why a model fits into nobody's files: what the layout of the declared model most like it has no key for.

    Or that no class of that layout has its heads, where those of others do.
    """
    reasons = [
        (_nearest(card, model), layout.model_type, _without_key(layout, base, model))
        for card, layout, _, base in _classes_like(model)
    ]
    with_heads = f" with the heads {', '.join(slots(model))}" if slots(model) else ""
    if not reasons:
        return f"no layout holds a model of the kind {type(model).__name__}{with_heads}"
    # what cannot say what is read (images) is not like it, however much of the rest is the same
    least, named, fields = min(reasons, key=lambda each: ("inputs" in each[2], each[0], len(each[2])))
    every = {card: layout.model_type for card, layout, _ in reversed(_of_kind(model))}  # the first of each card
    apart, like = min((_nearest(card, model), model_type) for card, model_type in every.items())
    if apart < least and like not in {each for _, each, _ in reasons}:
        return f"{like} has no class{with_heads}"
    return f"{named} has no key for {', '.join(fields)}"


def _of_kind(model: Model) -> list[tuple[str, Layout, Model]]:
    """The layouts of directories that hold models of this kind."""
    return [each for each in layouts() if is_directory(each[1]) and type(each[2]) is type(model)]


def _nearest(card: str, model: Model) -> tuple[int, int]:
    """In how many fields a model differs from the declared one of a card that is most like it, as ``_apart`` counts."""
    alike = (each for each in declared(card).models().values() if type(each) is type(model))
    return min((_apart(each, model) for each in alike), default=(DEEPEST, 0))


def _without_key(layout: Layout, base: Model, model: Model) -> tuple[str, ...]:
    """The fields of a model that a layout cannot say; where these are all said, what its class has besides."""
    base = token_tables.like(layout, base, model)
    try:
        back = _read_back(layout, base, model)
        besides = used(layout, back) - used(layout, model)
        fields = unmapped(back, model) or tuple(sorted(f"a model without {name}" for name in besides))
    except (LayoutError, SpecError):
        back = base
        hows = (how for said in layout.config.values() for how in values.each_of(said))
        said = {path for how in hows for path in values.paths(how, base)}
        paths = (re.sub(r"\[\d+\]|, in turn", "", path) for path, _, _ in part_differences(base, model))
        fields = tuple(path for path in dict.fromkeys(paths) if path not in said and not UNCOUNTED.search(path))
    heads = {head.slot: head for head in back.own_heads}
    ours = [
        f"heads[{head.slot}]{path and '.'}{path}"
        for head in model.own_heads
        for path, _, _ in part_differences(heads.get(head.slot), head)
    ]
    spelt = (word.removesuffix(", in turn") for word in fields)
    return tuple(dict.fromkeys(each for word in spelt for each in (ours if word == "heads" else [word])))


def _classes_like(model: Model) -> Iterator[tuple[str, Layout, str, Model]]:
    """The classes that hold a model's heads: card, layout, name, and declared structure, that most like it first."""
    head = embedding(model)
    for card, layout, base in sorted(_of_kind(model), key=lambda each: _apart(each[2], model)):
        for architecture in (*layout.architectures, *layout.tuned):
            like = head is not None and architecture == body(layout)
            alike = base.but(heads=(head,)) if like else replace_heads(base, heads(layout, architecture))
            if set(slots(alike)) == set(slots(model)):
                yield card, layout, architecture, alike


def _apart(base: Model, model: Model) -> tuple[int, int]:
    """In how many fields two models differ, whatever their sizes and the ids of their tokens.

    Those that change what is computed come first; dropout and initialisation part models that are else alike.
    """
    every = [path for path, _, _ in part_differences(base, model)]
    counted = [path for path in every if not re.search(r"^size|vocab\.(?!kind)", path)]
    return sum(not UNCOMPUTED.search(path) or path.endswith("vocab.kind") for path in counted), len(counted)


def _read_back(layout: Layout, base: Model, model: Model) -> Model:
    """The model that others' config says, once it is written and read again."""
    config = nested({**to_config(layout, model), "model_type": layout.model_type}, layout.model_type)
    return from_config(layout, base, flat(config))


def _holds(layout: Layout, base: Model, model: Model) -> bool:
    """Whether a layout loses nothing of a model, and misses no tensor that it has of the declared one."""
    base = token_tables.like(layout, base, model)
    try:
        back = _read_back(layout, base, model)
        return not unmapped(back, model) and bool(places(layout, model)) and used(layout, back) <= used(layout, model)
    except (LayoutError, SpecError):
        return False
