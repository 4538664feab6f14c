"""What a model can do for its user, computed from its kind, inputs and heads, and from what it has learned."""

from collections.abc import Callable

from clados import spec as s
from clados.errors import InputError

Learned = s.Objective | None  # None: not known, as for weights of others


def _reads_tokens(model: s.Model) -> bool:
    return isinstance(getattr(model, "inputs", None), s.Tokens)


def _writes(model: s.Model) -> bool:
    return _reads_tokens(model) and _head(model, "lm") and isinstance(model, s.Decoder | s.EncoderDecoder)


def _head(model: s.Model, slot: str) -> bool:
    return any(head.slot == slot for head in getattr(model, "heads", ()))


def _fills(model: s.Model, learned: Learned) -> bool:
    """Masks in an encoder that reads words out, sentinels where a decoder spells out what they stand for."""
    if isinstance(model, s.Encoder):
        return _reads_tokens(model) and _head(model, "lm")
    restores = learned is None or learned.verb == "fill"
    return isinstance(model, s.EncoderDecoder) and model.vocab.sentinels > 0 and restores


def _classifies(model: s.Model, learned: Learned) -> bool:
    images = isinstance(getattr(model, "inputs", None), s.Patches)
    return isinstance(model, s.Encoder) and images and _head(model, "classifier")


def _acts(model: s.Model, learned: Learned) -> bool:
    return isinstance(getattr(model, "inputs", None), s.Trajectory) and _head(model, "action")


VERBS: dict[str, Callable[[s.Model, Learned], bool]] = {
    "generate": lambda model, learned: _writes(model),
    "fill": _fills,
    "discriminate": lambda model, learned: _reads_tokens(model) and _head(model, "discriminator"),
    "embed": lambda model, learned: _reads_tokens(model) or isinstance(model, s.TwoTower),
    "translate": lambda model, learned: (
        isinstance(model, s.EncoderDecoder) and (learned is None or learned.verb == "translate")
    ),
    "classify": _classifies,
    "match": lambda model, learned: isinstance(model, s.TwoTower),
    "act": _acts,
}


def verbs(model: s.Model, learned: Learned = None) -> tuple[str, ...]:
    """What a model can do, by the names of the commands.

    Args:
        learned: the objective that its weights were trained on, where that is known; it narrows the choice.
    """
    return tuple(name for name, able in VERBS.items() if able(model, learned))


def kind(model: s.Model) -> str:
    """A model in a few words: ``a Decoder of tokens``."""
    read: dict[type[s.Part], str] = {
        s.Tokens: "tokens",
        s.Patches: "image patches",
        s.Trajectory: "trajectories",
        s.Frames: "frames",
    }
    name = type(model).__name__
    article = "an" if name[0] in "AEIOU" else "a"
    inputs: s.Part = getattr(model, "inputs", model)
    what = next((words for part, words in read.items() if isinstance(inputs, part)), "images and texts")
    return f"{article} {name} of {what}"


def check(verb: str, name: str, model: s.Model, learned: Learned = None) -> None:
    """Refuse a verb that a model cannot do.

    Raises:
        InputError: with what it is, and what it can do.
    """
    able = verbs(model, learned)
    if verb in able:
        return
    trained = f" trained on {type(learned).__name__}" if learned is not None and verb in verbs(model) else ""
    can = f"it can {', '.join(able)}" if able else "it has no verb of its own"
    raise InputError(f"{name} is {kind(model)}{trained}: {can}; not {verb}")
