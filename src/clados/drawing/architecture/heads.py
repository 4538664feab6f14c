"""What is read off the last states."""

from functools import singledispatch

from clados.catalog.called import act_said
from clados.drawing.architecture.drawer import Here, Words, box, drawn, words
from clados.drawing.layout.joins import Spread
from clados.drawing.layout.nodes import Drawable, InColumn, Lettering
from clados.spec.convolutions.resnet import AttentionPool
from clados.spec.core.pieces import Named
from clados.spec.heads.actions import ActionLogits, NextAction, NextReturn, NextState
from clados.spec.heads.adaptive import AdaptiveSoftmax
from clados.spec.heads.base import Head
from clados.spec.heads.binned import BinLogits
from clados.spec.heads.captioned import TextOrCodes
from clados.spec.heads.classes import Classifier, LastClassifier, MeanClassifier
from clados.spec.heads.embedding import Embedding, Projected
from clados.spec.heads.entity import EntityHead
from clados.spec.heads.folding import FoldHead, ProjectedFoldHead
from clados.spec.heads.lm import Narrowed, Tied, Untied
from clados.spec.heads.pooled import NextSentence, Pooler, SentenceOrder
from clados.spec.heads.tokens import Discriminator
from clados.spec.inputs.text import vocab_size

SIDE_BY_SIDE = 196.0  # width of a head beside others


@words.register
def _head(part: Head, here: Here) -> Words:
    return Words("head", f"{part.slot.replace('_', ' ').capitalize()} head")


@words.register
def _tied(part: Tied, here: Here) -> Words:
    before = f"linear layer, {act_said(part.transform)}, norm; " if part.transform else ""
    scaled = ("states divided by √d_model",) if part.scaled else ()
    return Words("head", "LM head", (*scaled, f"{before}the token embedding, used again"))


@words.register
def _narrowed(part: Narrowed, here: Here) -> Words:
    return Words("head", "LM head", ("a linear layer, then", "the token embedding, used again"))


@words.register
def _untied(part: Untied, here: Here) -> Words:
    notes = (f"{here.given.dims.d_model:,} → {vocab_size(here.given):,}",)
    return Words("head", "LM head", (*notes, "states divided by √d_model") if part.scaled else notes)


@words.register
def _adaptive(part: AdaptiveSoftmax, here: Here) -> Words:
    return Words("head", "Adaptive softmax", ("the embedding's tables, by class",))


@words.register
def _classifier(part: Classifier, here: Here) -> Words:
    where = "from the mean of all" if isinstance(part, MeanClassifier) else "from the first position"
    return Words("head", "Classifier", (where, f"{part.classes:,} classes"))


@words.register
def _last_classifier(part: LastClassifier, here: Here) -> Words:
    return Words("head", "Classifier", ("from the last token", f"{part.classes:,} classes"))


@words.register
def _pooler(part: Pooler, here: Here) -> Words:
    return Words("head", "Pooler", ("tanh of the first position",))


@words.register
def _next_sentence(part: NextSentence, here: Here) -> Words:
    return Words("head", "Next sentence", ("2 scores from the pooler",))


@words.register
def _order(part: SentenceOrder, here: Here) -> Words:
    return Words("head", "Sentence order", ("2 scores from the pooler",))


@words.register
def _discriminator(part: Discriminator, here: Here) -> Words:
    return Words("head", "Discriminator", ("was each token replaced?",))


@words.register
def _projected(part: Projected, here: Here) -> Words:
    where = {"first": "class vector", "eos": "end-of-text token", "highest": "highest id"}[part.at]
    return Words("head", "Projection", (f"of the {where}", f"to {here.given.joint}"))


@words.register
def _pool(part: AttentionPool, here: Here) -> Words:
    return Words("head", "Attention pool", ("the mean attends to all places", f"to {here.given.joint}"))


@words.register
def _embedding(part: Embedding, here: Here) -> Words:
    steps = ", ".join(type(step).__name__ for step in part.steps)
    names = {"UnitLength": "unit length", "Dense": "linear layer", "VectorNorm": "norm"}
    for name, said in names.items():
        steps = steps.replace(name, said)
    return Words("head", "Embedding", (f"pooled: {', '.join(part.pools)}", *([steps] if steps else [])))


@drawn.register
def _draw_embedding(part: Embedding, here: Here) -> Drawable:
    return box(part, here)


@drawn.register
def _draw_head(part: Head, here: Here) -> Drawable:
    return box(part, here)


@words.register
def _entity(part: EntityHead, here: Here) -> Words:
    return Words("head", "Entity head", ("which entity, at every token",))


@words.register
def _text_or_codes(part: TextOrCodes, here: Here) -> Words:
    return Words("head", "Head of text and codes", ("a table for each",))


@words.register
def _bins(part: BinLogits, here: Here) -> Words:
    return Words("head", "Bins of the next number", ("a linear layer for each place in a step",))


@words.register
def _action(part: NextAction, here: Here) -> Words:
    return Words("head", "Next action", ("tanh, from states",))


@words.register
def _state(part: NextState, here: Here) -> Words:
    return Words("head", "Next state", ("from actions",))


@words.register
def _return(part: NextReturn, here: Here) -> Words:
    return Words("head", "Next return", ("from actions",))


@words.register
def _logits(part: ActionLogits, here: Here) -> Words:
    return Words("head", "Scores of actions", ("from states",))


_FOLD_HEADS = {"lddt": "Confidence (pLDDT)", "masked_msa": "Masked MSA"}
_FOLD_SOURCES = {
    "alignment": "from the MSA",
    "pair": "from the pairs",
    "single": "from the single representation",
    "states": "from the structure's states",
}


@words.register
def _fold_head(part: FoldHead, here: Here) -> Words:
    return Words(
        "head", _FOLD_HEADS.get(part.slot, part.slot.replace("_", " ").capitalize()), (_FOLD_SOURCES[part.source],)
    )


@words.register
def _fold_classes(part: ProjectedFoldHead, here: Here) -> Words:
    said = _fold_head(part, here)
    return Words("head", said.name, (*said.notes, f"{part.classes} classes"))


@singledispatch
def gives(part: Head, here: Here) -> tuple[str, ...]:
    """What comes out of a head, in a word, and its shape."""
    return ()


@gives.register(Tied)
@gives.register(Untied)
@gives.register(Narrowed)
@gives.register(AdaptiveSoftmax)
def _scores(part: Head, here: Here) -> tuple[str, ...]:
    return ("scores of tokens", f"[length, {vocab_size(here.given):,}]")


@gives.register
def _classes(part: Classifier, here: Here) -> tuple[str, ...]:
    return ("scores of classes", f"[{part.classes:,}]")


@gives.register
def _vector(part: Embedding, here: Here) -> tuple[str, ...]:
    return ("a text's vector",)


@gives.register
def _actions(part: NextAction, here: Here) -> tuple[str, ...]:
    return ("actions", "[steps, numbers]")


def heads_above(named: Named, here: Here, width: float = SIDE_BY_SIDE) -> list[Drawable]:
    """The heads: one above the stack, several side by side; those that read the pooler above it."""
    narrow = here if len(named.held) == 1 else here.but(width=width)
    found: list[Drawable] = []
    pooler: list[Drawable] = []
    for slot, held in named.held.items():
        at = narrow.inside(f"heads.{slot}", held)
        node = drawn(held.part, at)
        lines = gives(held.part, at) if isinstance(held.part, Head) else ()
        ends = InColumn((node, Lettering(f"{at.path}.given", lines))) if lines else node
        reads = isinstance(held.part, Head) and held.part.pooled
        if isinstance(held.part, Pooler) or reads:
            pooler.append(ends)
        else:
            found.append(ends)
    found += [InColumn(tuple(pooler))] if pooler else []
    return found if len(found) < 2 else [Spread(here.key("heads"), tuple(found))]
