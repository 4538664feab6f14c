"""A batch as people read it: what the model sees, and what it has to predict."""

import textwrap
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from clados import spec as s
from clados.data.packing import generator
from clados.data.tokenizer import Tokenizer
from clados.errors import InputError
from clados.names import shown_token
from clados.objectives.attending import Attending, attending
from clados.objectives.base import Batch, Setting, VocabIds
from clados.objectives.own_text import row_of, turns_of, without_last
from clados.objectives.tasks import SourceConfig, Task, task
from clados.tables import Page, PageBlock, Shown, escape_controls

if TYPE_CHECKING:
    from rich.console import RenderableType

    from clados.drawing.svg import Figure

Mark = Literal["text", "special", "hidden", "replaced", "kept", "sentinel"]
MARK_MEANINGS: dict[Mark, str] = {
    "text": "seen as it is",
    "special": "a mark of the vocabulary",
    "hidden": "not seen, to be predicted",
    "replaced": "replaced by another word, to be predicted",
    "kept": "left as it is, to be predicted",
    "sentinel": "stands for a span that is gone",
}


@dataclass(frozen=True)
class Piece:
    """One position: the token there, what it is, and the token that has to be predicted from it, if any."""

    token: str
    id: int
    mark: Mark
    predicts: str | None = None


COLOURS: dict[Mark, str] = {
    "special": "dim",
    "hidden": "bold red",
    "replaced": "bold yellow",
    "kept": "bold green",
    "sentinel": "bold cyan",
}
QUESTIONS = {  # about pairs: a label of 0 means yes
    "next_sentence_label": "the second segment follows the first",
    "sentence_order_label": "the segments stand in their order",
}
LOOKS = {"reads": "who sees whom", "predicts": "whom each sees that is asked for"}
NAME_SHOWN = 14  # letters of a token before the line of those that it sees
LINE = 96  # letters of a line of tokens
LONGEST_SHOWN = 2**16  # tokens of a text that is shown


@dataclass(frozen=True)
class View(Shown):
    """One row of a batch.

    Attributes:
        sees: what the model (of two sides: the encoder) reads.
        writes: what the decoder has to write, mark by mark; empty for a model of one side.
        also: what else is to be predicted.
        paired: what belongs to it, where texts are compared.
        attends: who may look at whom in ``sees``, where it is neither all at all nor each at what came before.
    """

    sees: tuple[Piece, ...]
    writes: tuple[Piece, ...]
    also: dict[str, Any]
    attends: dict[str, Attending] = field(default_factory=dict)
    paired: tuple[Piece, ...] = ()

    def json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    def figure(self, name: str) -> "Figure":
        """What it sees and what it has to write or predict, as a picture under a title."""
        from clados.drawing.tokens import SeenGrid, Token, tokens

        sides = (
            {"sees, and predicts below": self.sees} if not self.writes else {"reads": self.sees, "writes": self.writes}
        )
        if self.paired:
            sides = {"sees": self.sees, "is near to": self.paired}
        rows = {
            side: [Token(each.token, each.mark, each.predicts or "") for each in row] for side, row in sides.items()
        }
        names = [piece.token for piece in self.sees]
        looks = {
            LOOKS[what]: SeenGrid(names, {place: list(row) for place, row in zip(each.places, each.sees)})
            for what, each in self.attends.items()
        }
        return tokens(rows, looks, name=name)

    def page(self) -> Page:
        """What it sees and what it has to write or predict, token by token."""
        blocks: list[PageBlock] = ["sees", _wrapped(_names(self.sees))]
        blocks += ["writes", _wrapped(_names(self.writes))] if self.writes else self._predicted
        return Page([*blocks, *self._attends, self._also])

    @property
    def _also(self) -> dict[str, Any]:
        return {
            what: ("no", "yes")[answer] if isinstance(answer, bool) else answer for what, answer in self.also.items()
        }

    @property
    def _attends(self) -> "list[PageBlock]":
        """A line for each position that looks, a square for each that it sees."""
        names = [f"{place:3} {name[:NAME_SHOWN]:{NAME_SHOWN}}" for place, name in enumerate(_names(self.sees))]
        blocks: list[PageBlock] = []
        for what, each in self.attends.items():
            lines = [
                f"{names[place]} {''.join('·■'[seen] for seen in row)}" for place, row in zip(each.places, each.sees)
            ]
            blocks += [LOOKS[what], lines]
        return blocks

    @property
    def _predicted(self) -> "list[PageBlock]":
        if self.paired:
            return ["is near to", _wrapped(_names(self.paired))]
        shown = zip(self.sees, _names(self.sees))
        wanted = [f"{shown_token(piece.predicts)} (from {name})" for piece, name in shown if piece.predicts]
        return ["predicts", _wrapped(wanted or ["nothing"])]

    def __rich__(self) -> "RenderableType":
        """As a page, each token coloured by its mark."""
        from rich.console import Group
        from rich.text import Text

        def line(pieces: tuple[Piece, ...]) -> Text:
            return Text("  ") + Text(" ").join(
                Text(escape_controls(name), COLOURS.get(piece.mark, "")) for piece, name in zip(pieces, _names(pieces))
            )

        sees = [Text("sees", "bold"), line(self.sees)]
        rest = [Text("writes", "bold"), line(self.writes)] if self.writes else [Page(self._predicted)]
        return Group(
            *sees,
            *rest,
            Page(self._attends),
            Page([self._also]),
        )


def view(
    batch: Batch,
    tokenizer: Tokenizer,
    row: int = 0,
    model: s.Model | None = None,
    of: Task[Any, Any] | None = None,
) -> View:
    """One row of a batch of texts; of a ``model`` also who may look at whom, where it is not plain.

    Args:
        of: whose batch it is, which says what else there is to predict.
    """
    ids = _row(batch, "input_ids", row)
    if "labels" not in batch.targets:  # questions, then as many passages
        other = _row(batch, "input_ids", row + len(next(iter(batch.targets.values()))))
        return View(_pieces(ids, {}, tokenizer), (), {}, paired=_pieces(other, {}, tokenizer))
    wanted = dict(_wanted(batch, row))
    also = {**of.objective.also, **of.also(batch, row)} if of else {}
    for name, meaning in QUESTIONS.items():
        if name in batch.targets:
            also[meaning] = not int(batch.targets[name][row])
    if "decoder_input_ids" in batch.inputs:
        hidden = [each for _, each in _wanted(batch, row, "hidden")] if "hidden" in batch.targets else []
        gone = {number for number, each in enumerate(hidden) if each}
        return View(_pieces(ids, {}, tokenizer), _pieces(list(wanted.values()), {}, tokenizer, gone=gone), also)
    apart = wanted if "target_mapping" in batch.inputs else ()  # seen by others, but not from where it is asked for
    pieces = _pieces(ids, wanted, tokenizer, masked=batch.in_place, gone=apart)
    return View(pieces, (), also, attending(model, batch, row) if model else {})


def show(
    objective: s.Objective, model: s.Model, text: str, tokenizer: Tokenizer, seed: int = 0, language: str | None = None
) -> View:
    """A user's own text as the one row of a batch.

    Args:
        language: of the text, where the objective marks it and the tokenizer marks several.

    Raises:
        InputError: when the text has too few tokens, or nothing is learned of its last turn, or the objective does not
            learn from texts; for a language that is not marked.
    """
    one = task(objective)

    def shown(text: str) -> View:
        row = row_of(one, text, SourceConfig(LONGEST_SHOWN, seed, tokenizer, writes=model.writes), language)
        batch = one.prepare([row], [generator(seed)], Setting(model, 0, VocabIds.of(tokenizer)))
        return view(batch, tokenizer, model=model, of=one)

    found = shown(text)
    if (said := turns_of(text)) and found == shown(without_last(text)):
        last = said.messages[-1][1]
        raise InputError(f"nobody answers the last turn, '{last}', and nothing is learned of it: give its answer too")
    return found


def _names(pieces: tuple[Piece, ...]) -> list[str]:
    """Their tokens as people read them."""
    return [shown_token(piece.token) for piece in pieces]


def _wrapped(words: list[str]) -> list[str]:
    return textwrap.wrap(" ".join(words), LINE)


def _row(batch: Batch, name: str, row: int) -> list[int]:
    ids = batch.inputs[name][row]
    keep = batch.inputs.get("attention_mask")
    return (ids if keep is None else ids[keep[row]]).tolist()


def _wanted(batch: Batch, row: int, name: str = "labels") -> Iterator[tuple[int, int]]:
    """Place in the row, and the id that is to be predicted there, or another target of that place."""
    seen = batch.inputs.get("decoder_input_ids", batch.inputs.get("input_ids"))
    asked = batch.inputs.get("target_mapping")
    length = 0 if seen is None else seen.size(1) if asked is None else asked.size(1)
    labels = batch.targets[name].tolist()
    places = batch.targets["at"].tolist() if "at" in batch.targets else range(len(labels))
    for place, label in zip(places, labels):
        if place // length == row:
            yield (place % length if asked is None else int(asked[row, place % length].argmax())), label


def _pieces(
    ids: list[int], wanted: dict[int, int], tokenizer: Tokenizer, *, masked: bool = False, gone: Collection[int] = ()
) -> tuple[Piece, ...]:
    """``masked``: what is wanted stands at its own place, not at the next; ``gone``: what the encoder does not see."""
    names = tokenizer.tokens(ids)
    labels = {place: tokenizer.tokens([label])[0] for place, label in wanted.items()}
    marks: Iterator[Mark] = (
        "hidden" if i in gone else _mark(id_, wanted.get(i) if masked else None, tokenizer) for i, id_ in enumerate(ids)
    )
    return tuple(Piece(name, id_, mark, labels.get(i)) for i, (name, id_, mark) in enumerate(zip(names, ids, marks)))


def _mark(id_: int, label: int | None, tokenizer: Tokenizer) -> Mark:
    if label is not None:
        return "kept" if id_ == label else "hidden" if id_ == tokenizer.ids.get("mask") else "replaced"
    if id_ in tokenizer.sentinels or id_ == tokenizer.ids.get("mask"):
        return "sentinel"
    return "special" if id_ in tokenizer.special.values() else "text"
