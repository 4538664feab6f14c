"""The curves of a run, from its log: the loss first, then all else that was written down."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from clados.drawing.curve import curves
from clados.drawing.svg import EmptyFigureError, Figure
from clados.html import Html, el, html_of
from clados.reports.log import Entry

CURVE_LINES = _TRAINING, _HELD_OUT = "training", "held out"
_SPEED = "tokens_per_second"
_UNSEEN = ("step", "tokens", "seconds", "best", _SPEED)  # what is no curve, or one of its own
_MOST = 12  # curves beside the first
# What some names mean, and the unit of each.
CURVE_MEANINGS = {
    "lm": ("Loss of tokens", "nats a token"),
    "nsp": ("Loss of whether the second segment follows", "nats a pair"),
    "nsp_accuracy": ("Accuracy of whether it follows", "share that is right"),
    "accuracy": ("Accuracy", "share that is right"),
    "gradient": ("Norm of the gradient", "before it is clipped"),
    "lr": ("Learning rate", "at each step"),
    "reward": ("Reward", "of an answer, by the judges"),
    "kl": ("Distance from the start", "nats of an answer"),
    "length": ("Length of answers", "tokens"),
    "entropy": ("Entropy", "nats of a token"),
}
_Points = list[tuple[float, float]]
_Measured = dict[str, _Points]  # by where: in training, and on what is held out


class Curve(NamedTuple):
    """Lines under a title, and what they are measured in."""

    name: str
    unit: str
    series: _Measured
    baselines: Mapping[str, float] = {}

    def figure(self, width: float = 860, height: float = 380, say: Callable[[str], str] = str) -> Figure:
        """As a picture: what was measured in training is smoothed, and what is held out has its points marked.

        Args:
            say: its words in the language of the page.

        Raises:
            EmptyFigureError: no number of it is finite.
        """
        return curves(
            {say(where): line for where, line in self.series.items()},
            name=say(self.name),
            x_name=say("step"),
            y_name=say(self.unit),
            baselines=self.baselines,
            smooth=(say(_TRAINING),),
            marked=(say(_HELD_OUT),),
            width=width,
            height=height,
        )


def measured_points(
    entries: Sequence[Entry], name: str, of: Callable[[Mapping[str, float]], float] | None = None
) -> _Measured:
    """What a log has under a name, by where it was measured.

    Args:
        of: the number that is taken of each step and evaluation instead, where they have any of that name.
    """

    def points(found: Iterator[tuple[int, Mapping[str, float]]]) -> _Points:
        return [(float(step), float(of(each) if of else each[name])) for step, each in found if name in each]

    own = points((each["step"], each) for each in entries)
    held = points((each["step"], each["held_out"]) for each in entries if "held_out" in each)
    return {where: line for where, line in ((_TRAINING, own), (_HELD_OUT, held)) if line}


def main_curve(entries: Sequence[Entry], unit: str, *, judged: bool = False) -> Curve:
    """What a run is to make small, its loss, or great: of judged answers their reward.

    Args:
        unit: what the loss is a mean of.
    """
    name = "reward" if judged else "loss"
    return Curve(*_meaning(name, unit), measured_points(entries, name))


def learning_speed(entries: Sequence[Entry], examples: int, what: str) -> list[tuple[float, float]]:
    """How much was learned in a second of each step.

    Args:
        examples: of a step. what: of which there are so many, or tokens, which the log counts.
    """
    if what == "tokens":
        return measured_points(entries, _SPEED).get(_TRAINING, [])
    return [(float(each["step"]), examples / each["seconds"]) for each in entries if each.get("seconds", 0) > 0]


def other_curves(entries: Sequence[Entry], unit: str, examples: int, what: str, *, judged: bool = False) -> list[Curve]:
    """What else a log has that changes: parts of the loss and measures, then how fast it was, and at which rate.

    Args:
        unit, judged: as for ``main_curve``; examples, what: as for ``learning_speed``.
    """
    unseen = {*_UNSEEN, "held_out", "lr", "gradient", "reward"} | (set() if judged else {"loss"})
    names = dict.fromkeys(name for each in entries for name in (*each, *each.get("held_out", ())))
    shown = [each for each in names if each not in unseen][: _MOST - 3]
    found = [Curve(*_meaning(name, unit), measured_points(entries, name)) for name in shown]
    fast = {_TRAINING: line} if (line := learning_speed(entries, examples, what)) else {}
    found.append(Curve(f"{what.capitalize()} a second", "by the clock of the machine", fast))
    found += [Curve(*_meaning(name, unit), measured_points(entries, name)) for name in ("lr", "gradient")]
    return [each for each in found if any(len({y for _, y in line}) > 1 for line in each.series.values())]


def _meaning(name: str, unit: str) -> tuple[str, str]:
    return CURVE_MEANINGS.get(name, (name.replace("_", " ").capitalize(), unit if name == "loss" else ""))


def large_curve(curve: Curve) -> Html | None:
    """A curve as wide as the page, drawn anew for a narrow one; nothing where it has no number."""
    try:
        wide, narrow = curve.figure(), curve.figure(360, 330)
    except EmptyFigureError:
        return None
    return html_of([el("figure", Html(wide.svg), class_="wide"), el("figure", Html(narrow.svg), class_="narrow")])


def small_curves(curves: Sequence[Curve]) -> Html:
    """Curves side by side, as many as there is room for."""
    found = []
    for each in curves:
        try:
            found.append(el("figure", Html(each.figure(360, 250).svg)))
        except EmptyFigureError:
            continue
    return el("div", found, class_="plots") if found else Html("")
