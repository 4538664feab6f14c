"""What a model made of a few questions when its run was over, as plain data that is kept with the run, and as cards.

A kind of sample is a class here: its fields are what samples.json holds, and ``card`` draws it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from clados.drawing.curve import curves
from clados.drawing.fold import fold_figure
from clados.drawing.svg import EmptyFigureError
from clados.errors import CladosError
from clados.html import Child, Html, el
from clados.names import SPACE_SIGN
from clados.reports.page import card_grid

_LEVELS = 5  # shades of confidence
_KINDS: "dict[str, type[KeptSample]]" = {}
KeptLikely = Sequence[tuple[str, float]]  # tokens, words or classes with their probabilities
# What was there and its probability, what is likeliest there and its own, and whether both are one
KeptGuess = tuple[str, float, str, float, bool]
ReadPlace = tuple[str, str, KeptGuess | None]  # a token, how the model saw it (a mark of a view), and its guess


@dataclass(frozen=True)
class KeptSample(ABC):
    """One question and what came of it."""

    kind: ClassVar[str]
    title: ClassVar[str]

    def __init_subclass__(cls) -> None:
        _KINDS[cls.kind] = cls

    @abstractmethod
    def card(self) -> Child:
        """What stands in its card."""

    def json(self) -> dict[str, Any]:
        """As plain data."""
        return {"kind": self.kind, **asdict(self)}


def sample_of(said: Any) -> KeptSample:
    """A sample from plain data.

    Raises:
        CladosError: it is none.
    """
    try:
        made = _KINDS[said["kind"]](**{name: value for name, value in said.items() if name != "kind"})
        made.card()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CladosError(f"this is no sample: {str(said)[:60]}") from error
    return made


def shown_samples(samples: Sequence[KeptSample], heading: str = "h2") -> list[Html]:
    """Texts with their guesses one below the other; all else as cards, under what was asked.

    Args:
        heading: the element of the titles.
    """
    found: list[Html] = []
    for kind in dict.fromkeys(type(each) for each in samples):
        some = [each.card() for each in samples if type(each) is kind]
        texts = [each for each in samples if type(each) is kind and isinstance(each, GuessedText)]
        found += [el(heading, kind.title), Html("".join(map(str, some))) if texts else card_grid(some)]
        found += [guess_key(texts)] if texts else []
    return found


def _level(chance: float) -> str:
    return f"c{max(0, min(int(chance * _LEVELS), _LEVELS - 1))}"


# ---------------------------------------------------------------- what is read, hidden and guessed


@dataclass(frozen=True)
class GuessedText(KeptSample):
    """A text as an example of the objective, and what the model guesses where it is asked.

    Attributes:
        sides: what the model reads and, where it has two sides, what it writes, each under its name.
        notes: what else there is to say.
    """

    kind = "read"
    title = "What it read, and what it guessed"
    below: ClassVar[str] = "below a token, what the model expects there:"
    sides: Sequence[tuple[str, Sequence[ReadPlace]]]
    notes: Sequence[str] = ()

    @property
    def guesses(self) -> list[KeptGuess]:
        """All of them, in order."""
        return [guess for _, row in self.sides for _, _, guess in row if guess]

    @property
    def right(self) -> int:
        """How many of them are right."""
        return sum(map(_is_right, self.guesses))

    @property
    def counted(self) -> str:
        """How many of them are right, as a sentence."""
        return f"{self.right} of {len(self.guesses)} guesses are right."

    def card(self) -> Child:
        """Token by token, and what else there is to say."""
        said = [self.counted] if self.guesses else []
        return el("div", self.rows(), [el("p", each, class_="faint") for each in (*said, *self.notes)], class_="read")

    def rows(self, say: Callable[[str], str] = str) -> list[Child]:
        """Token by token, the guess below each that is asked for, as dark as it is sure.

        Args:
            say: the names of sides, in the language of the page.
        """
        return [
            [
                el("p", say(name), class_="of") if name else None,
                el("p", [_box(*each, self.named(say)) for each in row], class_="guesses"),
            ]
            for name, row in self.sides
        ]

    def named(self, say: Callable[[str], str]) -> Callable[[str], str]:
        """What is guessed as it is shown: tokens in any language as they are."""
        return str


@dataclass(frozen=True)
class JudgedText(GuessedText):
    """A text in which some tokens stand in the place of others, and what the model takes each for: ``JUDGEMENTS``."""

    kind = "judged"
    title = "What it read, and what it took for replaced"
    below = "below a token, what the model takes it for:"

    @property
    def counted(self) -> str:
        """The same of tokens that were replaced, and of the rest: most are the original, so that saying so is easy."""
        original, replaced = ([each for each in self.guesses if each[0] == name] for name in JUDGEMENTS)
        found, left = (sum(map(_is_right, some)) for some in (replaced, original))
        return (
            f"Of {len(replaced)} replaced tokens it takes {found} for replaced, "
            f"of {len(original)} original ones {left} for original."
        )

    def named(self, say: Callable[[str], str]) -> Callable[[str], str]:
        return say


JUDGEMENTS = ("original", "replaced")


def _is_right(guess: KeptGuess) -> bool:
    """Two tokens may be shown alike; runs of earlier versions say no more than what is shown."""
    hidden, _, likeliest, _, *said = guess
    return said[0] if said else hidden == likeliest


def _box(token: str, mark: str, guess: KeptGuess | None, named: Callable[[str], str]) -> Html:
    if guess is None:
        return el("span", el("span", token), class_=f"t {mark}")
    (hidden, chance, likeliest, surest), right = guess[:4], _is_right(guess)
    told = f"{named(hidden)}: {chance:.1%}" + ("" if right else f"; {named(likeliest)}: {surest:.1%}")
    below = el("i", named(likeliest), class_=f"{'right' if right else 'wrong'} {_level(surest)}")
    return el("span", el("span", token), below, class_=f"t {mark}", title=told)


KEY_WORDS = ("hidden from it", "right", "wrong", "the fuller the colour, the surer")
SIDES = ("It reads", "It has to write")  # of a text of two sides


def guess_key(texts: Sequence[GuessedText], say: Callable[[str], str] = str) -> Html:
    """What stands below tokens, and what the colours mean.

    Args:
        texts: of one kind, one at least.
        say: in the language of the page.
    """
    hidden, right, wrong, fuller = map(say, KEY_WORDS)
    shades = [
        el("em", [el("span", class_=f"{kind} c{level}") for level in range(_LEVELS)], f" {name}")
        for kind, name in (("right", right), ("wrong", wrong))
    ]
    marks = {mark for each in texts for _, row in each.sides for _, mark, _ in row}
    dashed = [el("span", class_="dashed"), f" {hidden} · "] if marks & {"hidden", "replaced", "kept"} else []
    return el("p", dashed, say(texts[0].below), " ", shades[0], " ", shades[1], f" · {fuller}", class_="key")


# ---------------------------------------------------------------- what is made


@dataclass(frozen=True)
class ContinuedText(KeptSample):
    """A text that is gone on with, each token with its probability."""

    kind = "written"
    title = "What it writes"
    given: str
    tokens: KeptLikely

    @property
    def in_short(self) -> str:
        """The whole text."""
        return self.given + "".join(_plain(token) for token, _ in self.tokens)

    def card(self) -> Child:
        """The text, what was written as dark as it was likely."""
        made = [el("i", _plain(token), class_=_level(chance), title=f"{chance:.1%}") for token, chance in self.tokens]
        return el("p", el("b", self.given), made, class_="written")


def _plain(token: str) -> str:
    """A token as it stands in a text."""
    return token.replace(SPACE_SIGN, " ").replace("↵", "↵ ")


@dataclass(frozen=True)
class FilledText(KeptSample):
    """A text with a blank, what came of it, and what is likeliest in the blank."""

    kind = "filled"
    title = "What it fills in"
    given: str
    made: str
    candidates: KeptLikely

    @property
    def in_short(self) -> str:
        """The text that came of it, or what is likeliest in the blank."""
        return self.made or ", ".join(f"{word} {share:.0%}" for word, share in self.candidates)

    def card(self) -> Child:
        """The text with its gap, and bars of what belongs into it."""
        mark = "[MASK]" if "[MASK]" in self.given else "<extra_id_0>"
        before, _, rest = self.given.partition(mark)
        text = el("p", before, el("u", "\u2003\u2003"), rest, class_="written")
        return [text, el("p", self.made, class_="faint") if self.made else None, chance_bars(self.candidates)]


def chance_bars(candidates: KeptLikely, truth: str = "", kind: str = "bar") -> list[Html]:
    """Probabilities as bars; that of the truth is marked. Names are set as tokens, those of ``bar said`` as text."""
    return [
        el(
            "div",
            el("b", word),
            el("i", style=f"width:{max(1, 100 * chance):.1f}%"),
            el("em", f"{chance:.0%}"),
            class_=f"{kind} truth" if word == truth else kind,
        )
        for word, chance in candidates
    ]


@dataclass(frozen=True)
class ToldClass(KeptSample):
    """An image or a text, its class, and the likeliest classes.

    Attributes:
        png: the image in base64; empty for a text.
    """

    kind = "class"
    title = "What it takes things for"
    text: str
    png: str
    truth: str
    candidates: KeptLikely

    def card(self) -> Child:
        """What was seen, and bars of the classes, the right one underlined."""
        seen = _image(self.png, self.truth) if self.png else el("p", self.text, class_="written")
        return [seen, el("p", f"It is {self.truth}.", class_="faint"), chance_bars(self.candidates, self.truth)]


@dataclass(frozen=True)
class PaintedText(KeptSample):
    """An image of a text, as PNG in base64."""

    kind = "painted"
    title = "What it paints"
    text: str
    png: str

    def card(self) -> Child:
        """The image above its text."""
        return [_image(self.png, self.text), el("span", self.text)]


def _image(png: str, text: str) -> Html:
    return el("img", src=f"data:image/png;base64,{png}", alt=text, class_="picture")


@dataclass(frozen=True)
class PlayedGame(KeptSample):
    """An episode in an environment: the numbers of its state step by step, and returns.

    Attributes:
        total, random: the return of the model, and of random actions.
    """

    kind = "played"
    title = "How it acts"
    environment: str
    states: Sequence[Sequence[float]]
    total: float
    random: float

    def card(self) -> Child:
        """Both returns, and the state over time."""
        series = {
            f"state {i + 1}": [(float(step), float(value)) for step, value in enumerate(numbers)]
            for i, numbers in enumerate(list(zip(*self.states))[:4])
        }
        try:
            drawn = Html(curves(series, name=self.environment, x_name="step", y_name="", width=420, height=280).svg)
        except EmptyFigureError:
            drawn = Html("")
        returns = f"return, against {self.random:g} of random actions"
        return [el("p", f"{self.total:g}", class_="big"), el("p", returns, class_="faint"), drawn]


@dataclass(frozen=True)
class FoldedProtein(KeptSample):
    """A protein that was folded, and how sure the model is of each residue, from 0 to 100."""

    kind = "folded"
    title = "How sure it folds"
    letters: str
    plddt: Sequence[float]

    def card(self) -> Child:
        """Bars of pLDDT."""
        return Html(fold_figure(self.letters, self.plddt, None).svg)


@dataclass(frozen=True)
class NearTexts(KeptSample):
    """A text, and those of some others that the model finds nearest, with their similarities."""

    kind = "near"
    title = "What it finds alike"
    text: str
    nearest: KeptLikely

    def card(self) -> Child:
        """The text above bars of its neighbours."""
        return [el("p", self.text, class_="written"), chance_bars(self.nearest)]


@dataclass(frozen=True)
class AnsweredPrompt(KeptSample):
    """A prompt, and the likeliest answers before and after a stage."""

    kind = "answered"
    title = "What it answers, before and after"
    prompt: str
    before: str
    after: str

    def card(self) -> Child:
        """The prompt above both answers."""
        both = [
            [el("h3", name), el("p", said, class_="written")]
            for name, said in (("before", self.before), ("after", self.after))
        ]
        return [el("p", el("b", self.prompt), class_="written"), both]
