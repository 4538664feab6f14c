"""What a model can do for its user, computed from its kind, inputs and heads, and from what it has learned."""

from collections.abc import Callable

from clados import spec as s
from clados.errors import InputError
from clados.names import with_article

_Learned = s.Objective | None  # None: not known, as for weights of others


def _fills(model: s.Model, learned: _Learned) -> bool:
    """Masks in an encoder that scores tokens, masks or sentinels where a decoder writes what they stand for."""
    if model.writes == "infills":
        return model.vocab.mask is not None and (learned is None or learned.verb == "fill")
    if model.writes == "answers":
        marked = model.vocab.sentinels > 0 or (learned is not None and model.vocab.mask is not None)
        return marked and (learned is None or learned.verb == "fill")
    return model.writes is None and not model.captions and _reads_text(model) and model.head("lm") is not None


def _reads_text(model: s.Model) -> bool:
    return model.reads(s.Tokens) is not None


def _embeds(model: s.Model, learned: _Learned) -> bool:
    """Texts or images, of a model that makes neither images nor captions."""
    return (_reads_text(model) or model.reads(s.ImageInputs) is not None) and not model.paints and not model.captions


def _scores_pairs(model: s.Model) -> bool:
    """Whether it gives one number for two texts that it reads together: a cross-encoder."""
    head = model.head("classifier")
    return getattr(head, "classes", 0) == 1


def _summarizes(model: s.Model, learned: _Learned) -> bool:
    """One text in answer to another: what was learned is that, or a template, or not known."""
    return model.writes == "answers" and (learned is None or learned.verb in ("summarize", "chat"))


def _answers(model: s.Model, learned: _Learned) -> bool:
    """Heads for an answer's two ends, or writing: by a template that was learned, or one not known to be none."""
    quotes = model.head("start") is not None and model.head("end") is not None
    return quotes or (_writes(model) and (learned is None or learned.verb == "chat"))


def _writes(model: s.Model) -> bool:
    return model.writes is not None and model.head("lm") is not None


def _acts(model: s.Model, learned: _Learned) -> bool:
    """The next action of a trajectory, plans of what comes, or tokens of actions."""
    if model.reads(s.Multimodal) is not None:
        return model.head("lm") is not None
    if model.reads(s.Binned) is not None:
        return model.head("bins") is not None
    return model.reads(s.Trajectory) is not None and model.head("action") is not None


VERBS: dict[str, Callable[[s.Model, _Learned], bool]] = {
    "generate": lambda model, learned: _writes(model),
    "chat": lambda model, learned: model.writes is not None and getattr(learned, "template", None) is not None,
    "fill": _fills,
    "discriminate": lambda model, learned: _reads_text(model) and model.head("discriminator") is not None,
    "embed": _embeds,
    "rank": lambda model, learned: _reads_text(model) and (model.head("embedding") is not None or _scores_pairs(model)),
    "score": lambda model, learned: _reads_text(model) and model.head("reward") is not None,
    "translate": lambda model, learned: model.writes == "answers" and (learned is None or learned.verb == "translate"),
    "summarize": _summarizes,
    "answer": _answers,
    "classify": lambda model, learned: not model.compares and model.head("classifier") is not None,
    "tag": lambda model, learned: _reads_text(model) and model.head("token_classifier") is not None,
    "match": lambda model, learned: model.compares,
    "paint": lambda model, learned: model.paints,
    "reconstruct": lambda model, learned: getattr(model, "codes", getattr(model, "coder", None)) is not None,
    "caption": lambda model, learned: model.captions,
    "fold": lambda model, learned: model.reads(s.Alignment) is not None,
    "act": _acts,
    "move": lambda model, learned: model.reads(s.Points) is not None and model.head("motion") is not None,
}


def verbs(model: s.Model, learned: _Learned = None) -> tuple[str, ...]:
    """The verbs (names of commands) that a model supports.

    Args:
        learned: the objective that its weights were trained on, where that is known; it narrows the choice.
    """
    return tuple(name for name, able in VERBS.items() if able(model, learned))


def kind(model: s.Model) -> str:
    """A model in a few words: ``a Decoder of tokens``."""
    kinds: dict[type[s.Inputs], str] = {
        s.ImageInputs: "image patches",
        s.Pixels: "pixels",
        s.Tokens: "tokens",
        s.Trajectory: "trajectories",
        s.Frames: "frames",
        s.Binned: "binned trajectories",
        s.Alignment: "alignments of proteins",
        s.Points: "points in space",
    }
    read = " and ".join(what for kind, what in kinds.items() if model.reads(kind) is not None)
    return f"{with_article(type(model).__name__)} of {read}"


def check_verb(verb: str, name: str, model: s.Model, learned: _Learned = None) -> None:
    """Refuse a verb that a model does not support.

    Raises:
        InputError: with what it is, and what it can do.
    """
    able = verbs(model, learned)
    if verb in able:
        return
    trained = f" trained on {type(learned).__name__}" if learned is not None and verb in verbs(model) else ""
    can = f"it can {', '.join(able)}" if able else "it has no verb of its own"
    raise InputError(f"{name} is {kind(model)}{trained}: {can}; not {verb}")
