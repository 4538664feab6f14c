"""Sentences: what a difference between two declarations says in words."""

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from clados.catalog.called import TOKENS, act_said
from clados.names import ROLES
from clados.spec.attention.masks import Banded, WithoutValues
from clados.spec.core.part import Part, part_fields
from clados.spec.feedforward.experts import Experts
from clados.spec.inputs.binned import Binned
from clados.spec.inputs.factorised import Factorised, Widened
from clados.spec.inputs.image import OverlappingPatches, Patches, PatchMap
from clados.spec.inputs.multimodal import Multimodal
from clados.spec.inputs.points import Points
from clados.spec.inputs.text import Tokens
from clados.spec.inputs.trajectory import Frames, Trajectory
from clados.spec.kinds.single import Tower
from clados.spec.positions.alibi import ALiBi
from clados.spec.positions.bias import LayerBias, RelativeBias
from clados.spec.positions.rotary import Rotary
from clados.spec.residuals import FromNorm, Parallel, Post, Pre
from clados.spec.stacks.stack import Stack
from clados.spec.stacks.windows import WindowStack

Say = Callable[[Any, Any], str]
_SIZES = ("d_model", "d_ff", "d_embedding", "head_dim", "kv_heads")  # fields that are written so in papers too
_LABELS = {
    "lr": "learning rate",
    "eps": "epsilon",
    "act": "activation",
    "mlp": "feed-forward layer",
    "attn": "attention",
    "relative": "scaling by the weights",  # of the rate
    "rising": "a linear rise",
    "clean": "a last step to no noise",
    "permuted": "permuted sentences",
    "reverse": "distances both ways",
    "around": "zeros around the image",
    "in_batch": "answers of other questions",
}
CALLED = {  # kinds whose names are words of papers
    **{name: name for name in ("AdamW", "Adafactor", "Adagrad", "Lion", "Noam", "Glorot", "Kaiming")},
    **{name: name for name in ("LayerNorm", "DeepNorm", "ALiBi")},
    "CrossAttention": "cross-attention",
    "ScaledAdam": "scaled Adam",
    "Alignment": "an alignment of sequences",
    "ProductMLP": "MLP of gate × up",
    "TwoTowerInit": "a law for each tower",
    "Causal": "what comes before it",
    "All": "all positions",
    "Prefix": "all of a prefix, then what comes before it",
    "NextToken": "the next token",
}


def sentence(path: str, old: Any, new: Any) -> str:
    """A sentence for a difference, the side or the layer in front; the path where no sentence is known.

    >>> said("stack.norm_out", False, True)
    'a norm after the last layer'
    """
    if path == "decoder" and isinstance(old or new, Tower):
        return "no decoder of codes" if new is None else "decoder of a text and the codes of an image"
    if path in _LONE and (old is None or new is None):
        return f"{'no ' if new is None else ''}{_LONE[path]}"
    if path.startswith("size."):
        return instead(f"{path.removeprefix('size.')}:")(old, new)
    known = re.sub(r"^target\.", "inputs.", path)
    say = next((say for pattern, say in _SENTENCES if re.fullmatch(pattern, known)), instead(_plain(path)))
    where = [*re.findall(r"^(encoder|decoder|target|image|text)\b(?=\.)", path), *_layer(path)]
    where += ["cross-attention"] if ".cross." in path and not path.endswith(".dropout") else []
    return ": ".join([", ".join(where), say(old, new)] if where else [say(old, new)])


def _plain(path: str) -> str:
    """``recipe.stages[0].optimiser.lr``: ``optimiser, learning rate:``."""
    steps = re.sub(r"^recipe\.stages\[\d+\]\.|\[\w+\]", "", path).split(".")
    return f"{', '.join(each if each in _SIZES else _LABELS.get(each, each.replace('_', ' ')) for each in steps)}:"


def _layer(path: str) -> list[str]:
    return [f"layer {int(index) + 1} of each turn" for index in re.findall(r"block\[(\d+)\]", path)]


def instead(what: str, called: Callable[[str], str] | None = None) -> Say:
    """``what`` is the new instead of the old; ``called``: what words of declarations are called."""

    def said(value: Any) -> str:
        return called(value) if called and value is not None else short(value)

    return lambda old, new: f"{what} {said(new)} instead of {said(old)}"


def either(yes: str, no: str) -> Say:
    """One sentence where there is something, another where there is nothing."""
    return lambda old, new: yes if new else no


def short(value: Any) -> str:
    """A value as a sentence has it: numbers with commas, parts and inputs by what they are.

    >>> short(1024), short(True), short(Rotary(fraction=0.25)), short(("a", 1))
    ('1,024', 'yes', 'rotary (fraction 0.25)', 'a, 1')
    """
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"
    if isinstance(value, tuple):
        return ", ".join(map(short, value))
    if isinstance(value, Part):
        return _described(value)
    return " ".join(str(value).split())


def brief(value: Any) -> str:
    """A value in a cell: as in a sentence, but for what is not there.

    >>> brief(None), brief(Post()), brief(("a", 1))
    ('-', 'post', 'a, 1')
    """
    return "-" if value is None else short(value)


def _described(part: Part) -> str:
    """A part's name and, in brackets, what of it is not as usual; of the parts inside it the names alone."""
    usual = {each.name: each.default for each in fields(part)}  # type: ignore[arg-type]
    said = [_slot(name, value) for name, value in part_fields(part).items() if value != usual[name]]
    return _name(part) + (f" ({', '.join(said)})" if said and type(part) not in _READ else "")


def _slot(name: str, value: Any) -> str:
    """A word of a part and what it says: ``act gelu``, ``norm``, ``without bias``."""
    called = name if name in _SIZES else _LABELS.get(name, name.replace("_", " "))
    if name == "act":
        return f"{called} {act_said(value)}"
    if isinstance(value, bool):
        return called if value else f"without {called}"
    several = value if isinstance(value, tuple) else (value,)
    inside = (_name(each) if isinstance(each, Part) else short(each) for each in several)
    return f"{called} {' and '.join(inside)}"


def _name(part: Part) -> str:
    """What a kind of part is called: ``rotary``, ``relative bias``, ``RMSNorm``."""
    return _type_called(type(part).__name__)


def _type_called(name: str) -> str:
    """What a kind of part is called, by the name of its type."""
    if read := next((said for kind, said in _READ.items() if kind.__name__ == name), ""):
        return read
    pieces = re.findall(r"[A-Z][a-z]+|[A-Z0-9]+(?![a-z])", name)
    camel = "".join(pieces) == name and not any(len(each) > 1 and each.isupper() for each in pieces)
    return CALLED.get(name, " ".join(pieces).lower() if camel else name)


# slots that only some kinds of model have
_LONE = {
    "encoder": "encoder, whose states the decoder reads by cross-attention",
    "decoder": "decoder, which reads the encoder's states by cross-attention",
    "image": "image tower",
    "target": "inputs of the decoder's own",
    "text": "text tower",
    "temperature": "learned temperature",
    "warmest": "bound on the temperature",
    "memory": "memory of states that it met before",
    "reused": "part of a text that the next one begins with",
}
_READ: dict[type[Part], str] = {
    Tokens: "tokens",
    Factorised: "tokens through a narrow table",
    Widened: "tokens as narrow vectors",
    Multimodal: "texts, numbers and patches of images",
    Patches: "patches of an image",
    PatchMap: "a map of an image's patches",
    OverlappingPatches: "a map of an image's overlapping patches",
    Trajectory: "returns, states and actions",
    Frames: "returns, frames and actions",
    Binned: "bins of states, actions, rewards and returns to go",
    Points: "points in space",
    WindowStack: "stages of attention in windows",
    Stack: "one stack, all of one width",
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
        Rotary: "queries and keys are rotated by their positions",
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
    if isinstance(new, WithoutValues):
        return "attention sees no returns to go"
    return "attention sees all that the stack may see" if new is None else f"attention pattern: {short(new)}"


def _groups(old: Any, new: Any) -> str:
    if new is None:
        return "layers share no weights"
    return f"layers share {new} sets of weights" if new > 1 else "all layers share one set of weights"


def _turns(old: Any, new: Any) -> str:
    return f"{new} kinds of layer take turns instead of {old}" if new > 1 else "all layers are of one kind"


_HEADS = {"lm": "LM", "nsp": "next-sentence"}


def _heads(old: Any, new: Any) -> str:
    olds, news = ({head.slot: head for head in heads or ()} for heads in (old, new))  # some kinds have none
    names = {slot: _HEADS.get(slot, slot) for slot in (*olds, *news)}
    gone = [f"no {names[slot]} head" for slot in olds if slot not in news]
    come = [f"{names[slot]} head: {short(news[slot])}".removesuffix(f": {slot}") for slot in news if slot not in olds]
    both = [slot for slot in olds if slot in news and olds[slot] != news[slot]]
    changed = [f"its {names[slot]} head is {short(news[slot])} instead of {short(olds[slot])}" for slot in both]
    return "; ".join([*changed, *gone, *come]) or "its heads stand in another order"


def _kinds(what: str) -> Say:
    """``what`` is the new kind of part instead of the old, both given by the names of their types."""
    return lambda old, new: f"{what} {_type_called(new)} instead of {_type_called(old)}"


def _either_kind(name: str, yes: str, no: str) -> Say:
    """One sentence where the new kind is of this name, another where the old was."""
    return lambda old, new: yes if new == name else no


def _spaced(name: str) -> str:
    """``EncoderDecoder``: ``encoder-decoder``."""
    return "-".join(re.findall(r"[A-Z][a-z]*", name)).lower()


def _variance(old: Any, new: Any) -> str:
    return f"norms add {short(new)} to the variance instead of {short(old)}"


# a path's pattern: its sentence; the first that fits
_SENTENCES: tuple[tuple[str, Say], ...] = (
    (r"kind", lambda old, new: f"the model is of another kind: {_spaced(new)} instead of {_spaced(old)}"),
    (r"(.*\.)?inputs, kind", _kinds("it reads")),
    (r".*inputs\.position, kind", _kinds("position embeddings:")),
    (
        r"target, kind",
        _either_kind("OwnTarget", "the decoder has tables of its own", "the decoder reads the encoder's tables"),
    ),
    (
        r".*\.residual, kind",
        _either_kind("Skipped", "layers are left out at times in training", "no layer is left out in training"),
    ),
    (r".*position, kind", _kinds("positions in attention:")),
    (r"init, kind", _kinds("weights are drawn by")),
    (r".*, kind", _kinds("of another kind:")),
    (r"recipe\..*objective", instead("learns by")),
    (r"recipe\..*template\..*", lambda old, new: "prompts and answers are written by another template"),
    (r"recipe\..*data", lambda old, new: f"learns from {new} instead of {old}"),
    (r"recipe\..*start", instead("starts from")),
    (r".*, in turn", _turns),
    (r".*\.residual", _residual),
    (r".*\.residual\.dropout", instead("share of texts that a branch is left out of:")),
    (r".*\.mlp", _mlp),
    (r".*norm_out", either("a norm after the last layer", "no norm after the last layer")),
    (r"(.*\.)?inputs\.norm", either("a norm on the inputs", "no norm on the inputs")),
    (r".*\.norm\.eps", _variance),
    (r".*\.norm", instead("norms are")),
    (r".*\.pattern", _pattern),
    (r".*\.biases", instead("attention's projections with biases:")),
    (r".*\.(attn|cross)\.scale", either("scores have a scale of their own", "scores are scaled by 1/sqrt(head_dim)")),
    (r".*\.cross", either("cross-attention to the encoder's states", "no cross-attention")),
    (r".*\.mlp\.act", instead("activation", act_said)),
    (r".*\.residual\.norms", instead("norms before attention and feed-forward side by side:")),
    (r".*\.layer_scale", either("branches end in a learned scale", "branches are not scaled")),
    (r".*\.attn", instead("attention:")),
    (r"stack", instead("layers:")),
    (r".*\.mlp\.gated", either("the feed-forward layer is gated", "the feed-forward layer is not gated")),
    (r".*\.mlp\.bias", either("feed-forward layers with biases", "feed-forward layers without biases")),
    (r"(.*\.)?inputs\.side", instead("side of a patch or frame:")),
    (r"(.*\.)?inputs\.image", instead("side of an image:")),
    (r"(.*\.)?inputs\.bias", either("patches are projected with a bias", "patches are projected without a bias")),
    (r".*inputs\.scaled", either("token vectors are scaled by sqrt(d_model)", "token vectors are not scaled")),
    (r".*inputs\.types", instead("segment types:")),
    (r".*inputs\.position\.length", instead("positions:")),
    (r".*inputs\.position\.start", instead("positions count from row")),
    (r".*inputs\.position", instead("position embeddings:")),
    (r"(.*\.)?position", _position),
    (r"(.*\.)?position\.fraction", instead("share of each head that is rotated:")),
    (r"(.*\.)?position\.pairs", instead("rotated planes are made of")),
    (r"(.*\.)?position\.base", instead("base of the angles")),
    (r".*vocab\.size", instead("vocabulary of")),
    (r".*vocab\.kind", instead("tokenised by", TOKENS.__getitem__)),
    (rf".*vocab\.({'|'.join(ROLES)}|sentinels)", lambda old, new: "other special tokens"),
    (r".*\.sees", instead("each position sees")),
    (r"stack\.groups", _groups),
    (r"stack\.convolution", either("a convolution beside the first layer", "no convolution beside the first layer")),
    (r"stack\.decoder", either("a decoder of masked words for last layer", "no decoder of masked words")),
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
