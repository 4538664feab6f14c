"""Sentences: what a difference between two declarations says in words."""

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from clados.spec.alibi import ALiBi
from clados.spec.experts import Experts
from clados.spec.factorised import Factorised, Widened
from clados.spec.inputs import Frames, Inputs, Patches, Tokens, Trajectory
from clados.spec.layer_bias import LayerBias
from clados.spec.part import Part, words
from clados.spec.parts import Banded, Parallel, Post, Pre, RelativeBias, Rotary
from clados.spec.residuals import FromNorm
from clados.tables import shortened

Say = Callable[[Any, Any], str]
LONGEST = 100  # letters of a part


def said(path: str, old: Any, new: Any) -> str:
    """A sentence for a difference, the side or the layer in front; the path where no sentence is known.

    >>> said("stack.norm_out", False, True)
    'a norm after the last layer'
    """
    if path in LONE and (old is None or new is None):
        return f"{'no ' if new is None else ''}{LONE[path]}"
    if path.startswith("size."):
        return instead(path.removeprefix("size."))(old, new)
    known = re.sub(r"^target\.", "inputs.", path)
    say = next((say for pattern, say in SENTENCES if re.fullmatch(pattern, known)), instead(_plain(path)))
    where = [*re.findall(r"^(encoder|decoder|target|image|text)\b(?=\.)", path), *_layer(path)]
    where += ["cross-attention"] if ".cross." in path and not path.endswith(".dropout") else []
    return ": ".join([", ".join(where), say(old, new)] if where else [say(old, new)])


def _plain(path: str) -> str:
    """``recipe.stages[0].optimiser.lr``: ``optimiser.lr``."""
    return re.sub(r"^recipe\.stages\[\d+\]\.", "", path)


def _layer(path: str) -> list[str]:
    return [f"layer {int(index) + 1} of each turn" for index in re.findall(r"block\[(\d+)\]", path)]


def instead(what: str) -> Say:
    """``what`` is the new instead of the old."""
    return lambda old, new: f"{what} {short(new)} instead of {short(old)}"


def either(yes: str, no: str) -> Say:
    """One sentence where there is something, another where there is nothing."""
    return lambda old, new: yes if new else no


def short(value: Any) -> str:
    """A value as a sentence has it: numbers with commas, inputs by what they are, parts as they are written.

    >>> short(1024), short(True), short(Pre())
    ('1,024', 'yes', 'Pre')
    """
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, tuple):
        return ", ".join(map(short, value))
    if isinstance(value, Inputs):
        return READ.get(type(value), type(value).__name__)
    return (
        brief(value).removesuffix("()") if isinstance(value, Part) else shortened(" ".join(str(value).split()), LONGEST)
    )


def brief(value: Any) -> str:
    """A value in a cell: a part as it is written, the parts inside it by their kind alone.

    >>> brief(None), brief(("a", 1)), brief(Post())
    ('-', 'a, 1', 'Post()')
    """
    if isinstance(value, tuple):
        return shortened(", ".join(map(brief, value)), LONGEST)
    if not isinstance(value, Part):
        return "-" if value is None else shortened(str(value), LONGEST)
    usual = {each.name: each.default for each in fields(value)}  # type: ignore[arg-type]
    said = [f"{name}={_inside(each)}" for name, each in words(value).items() if each != usual[name]]
    return shortened(f"{type(value).__name__}({', '.join(said)})", LONGEST)


def _inside(value: Any) -> str:
    several = value if isinstance(value, tuple) else (value,)
    if not any(isinstance(each, Part) for each in several):
        return repr(value)
    return ", ".join(f"{type(each).__name__}(…)" if words(each) else f"{type(each).__name__}()" for each in several)


# slots that only some kinds of model have
LONE = {
    "encoder": "encoder, whose states the decoder reads by cross-attention",
    "decoder": "decoder, which reads the encoder's states by cross-attention",
    "image": "image tower",
    "target": "inputs of the decoder's own",
    "text": "text tower",
    "temperature": "learned temperature",
    "warmest": "bound on the temperature",
}
READ: dict[type[Part], str] = {
    Tokens: "tokens",
    Factorised: "tokens, from a table narrower than the model",
    Widened: "tokens, whose vectors alone are narrower than the model",
    Patches: "patches of an image",
    Trajectory: "returns, states and actions",
    Frames: "returns, frames and actions",
}


STANDS: dict[type[Part], str] = {  # where a residual has its norms
    Pre: "before each branch",
    Post: "after each branch",
    FromNorm: "before each branch and what it gives is carried on",
}


def _residual(old: Any, new: Any) -> str:
    if isinstance(new, Parallel):
        norms = "one norm for both" if new.norms == 1 else "a norm for each"
        return f"attention and feed-forward run side by side, with {norms}, instead of one after the other"
    norm = f"the norm stands {STANDS.get(type(new), short(new))}"
    if isinstance(old, Parallel):
        return f"attention and feed-forward run one after the other instead of side by side; {norm}"
    return f"{norm} instead of {STANDS.get(type(old), short(old)).removesuffix(' each branch')}"


def _mlp(old: Any, new: Any) -> str:
    if isinstance(new, Experts):
        many = "one expert" if new.top == 1 else f"{new.top} experts"
        return f"each token goes to {many} instead of one layer for all"
    if isinstance(old, Experts):
        return "one feed-forward layer for all tokens instead of experts"
    return instead("feed-forward layer")(old, new)


def _position(old: Any, new: Any) -> str:
    names: dict[type, str] = {
        Rotary: "queries and keys are turned by their positions",
        RelativeBias: "scores get a learned bias by distance",
        LayerBias: "scores get a bias by distance that each layer learns",
        ALiBi: "scores fall with distance, by a slope for each head",
        type(None): "positions do not enter attention",
    }
    before = f" (before: {names.get(type(old), short(old))})" if old is not None else ""
    return names.get(type(new), f"positions in attention: {short(new)}") + before


def _pattern(old: Any, new: Any) -> str:
    if isinstance(new, Banded):
        return f"attention sees the last {new.span} positions only"
    return "attention sees all that the stack may see" if new is None else f"attention sees {short(new)}"


def _turns(old: Any, new: Any) -> str:
    return f"{new} kinds of layer take turns instead of {old}" if new > 1 else "all layers are of one kind"


def _heads(old: Any, new: Any) -> str:
    olds, news = ({head.slot: head for head in heads} for heads in (old, new))
    gone = [f"no {slot} head" for slot in olds if slot not in news]
    come = [f"{slot} head: {short(news[slot])}" for slot in news if slot not in olds]
    both = [slot for slot in olds if slot in news and olds[slot] != news[slot]]
    changed = [f"its {slot} head is {short(news[slot])} instead of {short(olds[slot])}" for slot in both]
    return "; ".join([*changed, *gone, *come]) or "its heads stand in another order"


def _variance(old: Any, new: Any) -> str:
    return f"norms add {short(new)} to the variance instead of {short(old)}"


# a path's pattern: its sentence; the first that fits
SENTENCES: tuple[tuple[str, Say], ...] = (
    (r"kind", instead("the model is of another kind:")),
    (r".*, kind", instead("of another kind:")),
    (r"recipe\..*objective", instead("learns by")),
    (r"recipe\..*template\..*", lambda old, new: "prompts and answers are written by another template"),
    (r"recipe\..*data", lambda old, new: f"learns from {new} instead of {old}"),
    (r"recipe\..*start", instead("starts from")),
    (r".*, in turn", _turns),
    (r".*\.residual", _residual),
    (r".*\.mlp", _mlp),
    (r".*norm_out", either("a norm after the last layer", "no norm after the last layer")),
    (r"(.*\.)?inputs\.norm", either("a norm on the inputs", "no norm on the inputs")),
    (r".*\.norm\.eps", _variance),
    (r".*\.norm", instead("norms are")),
    (r".*\.pattern", _pattern),
    (r".*\.biases", instead("attention's projections with biases:")),
    (r".*\.(attn|cross)\.scale", either("scores have a scale of their own", "scores are scaled by 1/sqrt(head_dim)")),
    (r".*\.cross", either("cross-attention to the encoder's states", "no cross-attention")),
    (r".*\.mlp\.act", instead("activation")),
    (r".*\.mlp\.gated", either("the feed-forward layer is gated", "the feed-forward layer is not gated")),
    (r".*\.mlp\.bias", either("feed-forward layers with biases", "feed-forward layers without biases")),
    (r"(.*\.)?inputs\.side", instead("side of a patch or frame:")),
    (r"(.*\.)?inputs\.image", instead("side of an image:")),
    (r"(.*\.)?inputs\.bias", either("patches are projected with a bias", "patches are projected without a bias")),
    (r".*inputs\.scaled", either("token vectors are scaled by sqrt(d_model)", "token vectors are not scaled")),
    (r".*inputs\.types", instead("kinds of segment:")),
    (r".*inputs\.position\.length", instead("positions:")),
    (r".*inputs\.position\.start", instead("positions count from row")),
    (r".*inputs\.position", instead("vectors of position added to the inputs:")),
    (r"(.*\.)?position", _position),
    (r"(.*\.)?position\.fraction", instead("share of each head that is turned:")),
    (r"(.*\.)?position\.pairs", instead("planes that are turned are made of")),
    (r"(.*\.)?position\.base", instead("base of the angles")),
    (r".*vocab\.size", instead("vocabulary of")),
    (r".*vocab\.kind", instead("tokens are made by")),
    (r".*vocab\.(pad|bos|eos|start|unk|cls|sep|mask|sentinels)", lambda old, new: "other special tokens"),
    (r".*\.sees", instead("each position sees")),
    (r".*attn\.dropout", instead("dropout of attention's probabilities")),
    (r".*cross\.dropout", instead("dropout of cross-attention's probabilities")),
    (r".*mlp\.dropout", instead("dropout inside the feed-forward layer")),
    (r".*block(\[\d+\])?\.dropout", instead("dropout of the branches")),
    (r"(.*\.)?inputs\.dropout", instead("dropout of the inputs")),
    (r".*dropout", instead("dropout of what leaves the stack")),
    (r"(.*\.)?heads", _heads),
    (r"(.*\.)?inputs", instead("it reads")),
    (r"init", instead("weights are drawn by")),
    (r"init\..*", lambda old, new: "weights are drawn by another law"),
)
