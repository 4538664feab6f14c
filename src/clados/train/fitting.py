"""A declared model made to fit the data at hand: its vocabulary, positions, images, classes, states and actions."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import singledispatch
from typing import Any

from clados import spec as s
from clados.data.corpus import SAMPLE, Corpus
from clados.data.examples import (
    Captioned,
    DataError,
    Dialogue,
    Episode,
    Labelled,
    Pair,
    PointSample,
    RankedAnswers,
    RuledAnswer,
    Text,
)
from clados.data.roles import Roles
from clados.data.scaling import Scales, scales
from clados.data.tokenizer import Tokenizer
from clados.data.training import train_tokenizer
from clados.errors import InputError
from clados.names import TOKEN_ROLES, parse_number, with_article
from clados.objectives.tasks import of_kind, task
from clados.spec.core.declaration import replaced
from clados.spec.core.part import Part
from clados.spec.core.scale import mixes, nearest_size, scaled, width

SMALL_PARAMS = "5M"
PATCHES = 8  # along each side of a small image
NFNET_PLACE = 32  # pixels along each side of a place of NFNet's last map
SEEN = 64  # images that are looked at to know their size


@dataclass(frozen=True)
class Facts:
    """What the data make of a model, kept with a run for those who use it afterwards."""

    classes: tuple[str, ...] = ()
    scales: Scales = field(default_factory=Scales)

    def json(self) -> dict[str, Any]:
        """As plain data."""
        return {"classes": list(self.classes), "scales": asdict(self.scales)}


def texts(examples: Sequence[Any]) -> list[str]:
    """All that is written in some examples; of those that stay in their files, in a sample."""
    found: list[str] = []
    for each in examples.sample(SAMPLE) if isinstance(examples, Corpus) else examples:
        match each:
            case Text():
                found.append(each.text)
            case Pair():
                found += [each.source, each.target]
            case RankedAnswers():
                found += [each.prompt, *each.answers]
            case RuledAnswer():
                found += [each.rule, each.prompt, each.answer]
            case Dialogue():
                found += [said for _, said in each.messages]
            case Captioned():
                found += each.captions
    return found


def tokenizer_for(model: s.Model, examples: Sequence[Any], size: int, marks: Sequence[str] = ()) -> Tokenizer | None:
    """A tokenizer of the model's kind, trained on the examples; None for a model without text.

    Args:
        marks: tokens of an objective's own.
    """
    text = model.reads(s.Tokens)
    if text is None:
        return None
    vocab = text.vocab
    roles = replace(Roles.of(vocab), marks=tuple(marks))
    if vocab.kind in ("word", "wordpiece", "unigram") and roles.unk is None:  # these are never all of a text's
        roles = replace(roles, unk="<unk>")
    if isinstance(text.position, s.Learned) and text.position.start:
        # RoBERTa's positions begin after the id of the padding, so that in transformers it must keep its id
        order = sorted(roles.named(), key=lambda role: int(getattr(vocab, role)))
        roles = replace(roles, order=tuple(order))
    if model.writes == "continues" and vocab.kind == "bytes":  # nothing stands around texts, as in GPT-2
        roles = replace(roles, single="", pair="")
    if model.kept is not None:  # XLNet's marks stand behind the text
        marked = f"$A {roles.sep} $B:1 {roles.sep}:1 {roles.cls}:2"
        roles = replace(roles, single=f"$A {roles.sep} {roles.cls}:2", pair=marked)
    if model.writes == "infills" and roles.cls:  # GLM's texts have their mark alone
        roles = replace(roles, single=f"{roles.cls} $A", pair="")
    if model.compares:  # an end of id 2 is how transformers knows CLIP's files of 2021, read otherwise
        roles = replace(roles, order=tuple(sorted(roles.named(), key=("pad", "unk", "eos", "bos").index)))
    return train_tokenizer(texts(examples), vocab.kind, size, roles)


def fitted_vocab(vocab: s.Vocabulary, tokenizer: Tokenizer) -> s.Vocabulary:
    """The vocabulary with a tokenizer's size and ids, each role played by the token that played it."""
    roles = [role for role in TOKEN_ROLES if getattr(vocab, role) is not None]
    ids = {role: tokenizer.id(role) for role in roles}
    if vocab.start is not None:
        other = next((role for role in ("pad", "bos", "cls") if role in roles), "pad")
        same = next((role for role in roles if getattr(vocab, role) == vocab.start), other)
        ids["start"] = tokenizer.id(same)
    return vocab.but(size=tokenizer.size, sentinels=len(tokenizer.sentinels), **ids)


@dataclass(frozen=True)
class FitContext:
    """What a model is made to fit; ``share`` is what the length is of the paper's."""

    examples: Sequence[Any]
    tokenizer: Tokenizer | None
    length: int
    facts: Facts
    share: float = 1.0


@singledispatch
def fit_inputs(inputs: s.Inputs, context: FitContext) -> s.Inputs:
    """What a model reads, made to fit the data."""
    return inputs


@fit_inputs.register
def _(inputs: s.Tokens, context: FitContext) -> s.Inputs:
    if context.tokenizer is None:
        return inputs
    return inputs.but(vocab=fitted_vocab(inputs.vocab, context.tokenizer), position=_reaching(inputs.position, context))


@fit_inputs.register
def _(inputs: s.AdaptiveTokens, context: FitContext) -> s.Inputs:
    """The classes of tokens in proportion."""
    if context.tokenizer is None:
        return inputs
    vocab = fitted_vocab(inputs.vocab, context.tokenizer)
    cutoffs = [max(i + 1, cut * vocab.size // inputs.vocab.size) for i, cut in enumerate(inputs.cutoffs)]
    return inputs.but(vocab=vocab, cutoffs=tuple(cutoffs))


@fit_inputs.register
def _(inputs: s.Target, context: FitContext) -> s.Inputs:
    return inputs.but(position=_reaching(inputs.position, context))


def _reaching(position: s.Position | None, context: FitContext) -> s.Position | None:
    """Positions for a run's length, where each has a vector of its own."""
    return position.but(length=context.length + position.start) if isinstance(position, s.Learned) else position


@fit_inputs.register
def _(inputs: s.Patches, context: FitContext) -> s.Inputs:
    """Small images as they are, cut into about eight patches a side; large ones as the paper has them."""
    image, channels = _images(context)
    return inputs if image >= inputs.image else inputs.but(image=image, side=_side(image, PATCHES), channels=channels)


def _images(context: FitContext) -> tuple[int, int]:
    """The least side of some images, and their channels."""
    shapes = [each.image.shape for each in context.examples[:SEEN]]
    return min(min(shape[:2]) for shape in shapes), 1 if all(shape[2:] == (1,) for shape in shapes) else 3


def _side(image: int, patches: int) -> int:
    """The side of squares that divide an image, about so many of them along each side."""
    return min((n for n in range(1, image + 1) if image % n == 0), key=lambda n: abs(n - image / patches))


@fit_inputs.register
def _(inputs: s.Pixels, context: FitContext) -> s.Inputs:
    """Small images as they are."""
    if not context.examples:
        return inputs
    image, channels = _images(context)
    return inputs if image >= inputs.image else inputs.but(image=image, channels=channels)


@fit_inputs.register
def _(inputs: s.TextThenCodes, context: FitContext) -> s.Inputs:
    """As many places of a text as a run is long; the image's follow from its levels."""
    if context.tokenizer is None:
        return inputs
    text = min(inputs.text, context.length or inputs.text)
    return inputs.but(vocab=fitted_vocab(inputs.vocab, context.tokenizer), position=inputs.position.but(text=text))


@fit_inputs.register
def _(inputs: s.PatchMap, context: FitContext) -> s.Inputs:
    """Small images as they are, in twice as many patches along each side, of which four stages make one or two."""
    image, channels = _images(context)
    if image >= inputs.image:
        return inputs
    return inputs.but(image=image, side=_side(image, 2 * PATCHES), channels=channels)


@fit_inputs.register
def _(inputs: s.ThreeConvolutions | s.OverlappingPatches, context: FitContext) -> s.Inputs:
    """Small images brought to a multiple of 32 pixels, so that every map can be halved."""
    image, channels = _images(context)
    return inputs if image >= inputs.image else inputs.but(image=-(-image // 32) * 32, channels=channels)


@fit_inputs.register
def _(inputs: s.NFNet, context: FitContext) -> s.Inputs:
    """Small images at twice their side, in multiples of the 32 pixels that become one place."""
    if not context.examples:
        return inputs
    image, channels = _images(context)
    side = -(-2 * image // NFNET_PLACE) * NFNET_PLACE
    return inputs if side >= inputs.image else inputs.but(image=side, channels=channels)


@fit_inputs.register
def _(inputs: s.Trajectory, context: FitContext) -> s.Inputs:
    _same_shape(inputs, context)
    first, longest = context.examples[0], max(map(len, context.examples))
    return inputs.but(
        states=context.facts.scales.kinds or first.observations[0].size,
        actions=context.facts.scales.choices or first.actions.shape[1],
        timesteps=max(longest, context.length),
        context=context.length,
    )


@fit_inputs.register
def _(inputs: s.Binned, context: FitContext) -> s.Inputs:
    """A choice is one number; of a window the last token is predicted alone."""
    _same_shape(inputs, context)
    first = context.examples[0]
    fitted = inputs.but(
        states=1 if context.facts.scales.kinds else first.observations[0].size, actions=first.actions[0].size
    )
    return fitted.but(context=context.length * fitted.step - 1)


@fit_inputs.register
def _(inputs: s.Frames, context: FitContext) -> s.Inputs:
    _same_shape(inputs, context)
    longest = max(map(len, context.examples))
    return inputs.but(
        actions=context.facts.scales.choices, timesteps=max(longest, context.length), context=context.length
    )


@fit_inputs.register
def _(inputs: s.Points, context: FitContext) -> s.Inputs:
    first = context.examples[0]
    scalars, vectors, edges = (0 if each is None else each.shape[each.ndim - 1 - vector] for each, vector in (
        (first.scalars, 0), (first.vectors, 1), (first.edges, 0)
    ))  # fmt: skip
    return inputs.but(scalars=scalars, vectors=vectors, edges=edges)


def _same_shape(inputs: s.Inputs, context: FitContext) -> None:
    shape = context.examples[0].observations.shape[1:]
    if isinstance(inputs, s.Frames):
        wanted = (inputs.frames, inputs.side, inputs.side)
        if shape != wanted:
            raise DataError(f"the data's observations are {shape}, the model's {wanted}")
    elif len(shape) > 1:
        raise DataError(f"the data's observations are {shape}; the model reads one row of numbers a step")


def fit_model(model: s.Model, context: FitContext) -> s.Model:
    """The declared model with inputs, heads, memory and patterns that fit the data; everything else stays.

    Raises:
        DataError: for examples of a kind that the model cannot read.
    """
    kinds: dict[type[s.Inputs], type[Any]] = {
        s.ImageInputs: Labelled,
        s.Pixels: Captioned,
        s.Trajectory: Episode,
        s.Frames: Episode,
        s.Binned: Episode,
        s.Points: PointSample,
    }
    read = next((kinds[each] for each in kinds if model.reads(each)), None)
    wanted = Captioned if model.compares or model.captions else read
    if wanted is not None:
        of_kind(context.examples, wanted)
    classes = len(context.facts.classes)

    def fit_head(head: s.Head) -> s.Head:
        if isinstance(head, s.Motion | s.Property):
            number = context.examples[0].targets.shape[-2:][0]
            return head.but(vectors=number) if isinstance(head, s.Motion) else head.but(properties=number)
        return head.but(classes=classes) if isinstance(head, s.Classifier) and classes else head

    def fit_pattern(part: Part) -> Part:
        return part.shortened(context.share) if isinstance(part, s.Pattern) else part

    shorter: s.Model = replaced(model.shortened(context.share), fit_pattern)
    return shorter.adapted(lambda inputs: fit_inputs(inputs, context), fit_head)


def sized(
    declaration: s.Declaration, size: str | None, params: str | None, stage: s.Stage, context: FitContext
) -> s.Model:
    """A declared model that fits the data: at a published size, or brought to a budget from that or the nearest size.

    Without either, 5M; or the largest published size, where that is smaller.

    Raises:
        InputError: for an unknown size, or a budget that cannot be met.
        DataError: for data that no size of the model reads.
    """
    if size and params is None:
        return fit_model(headed(declaration.at(size), stage), context)
    usable = {size: headed(declaration.at(size), stage)} if size else usable_sizes(declaration, stage, context.examples)
    if not usable:
        raise DataError(
            f"the data hold {type(context.examples[0]).__name__} examples of a shape that the model does not read"
        )
    if params is None:
        fitted = (fit_model(model, context) for model in usable.values())
        largest = max(fitted, key=lambda model: s.count_parameters(model).total)
        if s.count_parameters(largest).total <= parse_number(SMALL_PARAMS):
            return largest
    paper = usable[nearest_size(usable, params or SMALL_PARAMS)]
    small = scaled(fit_model(paper, context), params or SMALL_PARAMS)
    return small.but(init=paper.init.narrowed(width(paper), width(small)))


def usable_sizes(declaration: s.Declaration, stage: s.Stage, examples: Sequence[Any]) -> dict[str, s.Model]:
    """The published sizes that a stage trains on such data, with its head: of the declared kind, and trained alike."""
    alike = {
        name: model
        for name, model in declaration.models().items()
        if _built(model) == _built(declaration.model)
        and stage_like(declaration.recipe_at(name), stage)
        and not task(stage.objective).refusal(headed(model, stage))  # ELECTRA's generators are among its sizes
    }
    return {name: headed(model, stage) for name, model in alike.items() if reads(model, examples)}


def _built(model: s.Model) -> tuple[type | bool, ...]:
    """Of which kind a model and its towers are, and whether it has experts.

    CLIP's images are read by a Transformer, or by a ResNet; GLaM's smaller sizes are dense.
    """
    return type(model), mixes(model), *(type(tower) for tower in model.towers)


def stage_like(recipe: s.Recipe, stage: s.Stage) -> s.Stage | None:
    """The stage of a recipe that starts from the same, and learns the same; DeBERTa v3 learns otherwise than v1."""
    return next((each for each in recipe.stages if _kind(each) == _kind(stage)), None)


def _kind(stage: s.Stage) -> tuple[Any, ...]:
    """What two sizes' stages have in common that are one stage of their model."""
    start = stage.start.partition(":")[0] if isinstance(stage, s.Tuning) else ""
    return stage.name, type(stage), start, type(stage.objective), stage.exponent


def headed(model: s.Model, stage: s.Stage) -> s.Model:
    """The model with the head that a stage puts in place of its own.

    Raises:
        InputError: for a model that has no heads of its own to replace.
    """
    head = stage.head
    if head is None:
        return model
    if not model.own_heads:
        raise InputError(
            f"Stage.head is {head!r}, but {with_article(type(model).__name__)} has no heads of its own to replace"
        )
    return model.but(heads=(*(each for each in model.own_heads if each.slot != head.slot), head))


def reads(model: s.Model, examples: Sequence[Any]) -> bool:
    """Whether a model is of the data's shape: numbers for a trajectory's states, or frames; vectors of points."""
    first, frames = examples[0], model.reads(s.Frames)
    if isinstance(first, PointSample) and model.reads(s.Points):
        return (first.targets.ndim > 1) == (model.head("motion") is not None)
    if not isinstance(first, Episode) or not (frames or model.reads(s.Trajectory)):
        return True
    return bool(frames) == (first.observations.ndim > 2)


def facts_of(examples: Sequence[Any], held_out: Sequence[Any] = ()) -> Facts:
    """Classes of images, scales of trajectories; a class or choice that is held out alone is one too."""
    if isinstance(examples[0], Labelled):
        names = {each.label: each.name for each in (*examples, *held_out)}
        return Facts(classes=tuple(names.get(i, str(i)) for i in range(max(names) + 1)))
    if isinstance(examples[0], Episode):
        return Facts(scales=scales(examples, held_out))
    return Facts()
