"""Runs under a folder as they go on: curves, what is left of them, how they are resumed and what has come of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from clados.drawing.svg import EmptyFigureError
from clados.errors import CladosError
from clados.html import Child, Html, el, html_of
from clados.reports.curves import Curve
from clados.reports.log import begun_and_kept
from clados.reports.page import page_style
from clados.reports.samples import GuessedText, guess_key
from clados.web.lazily import computed
from clados.web.request import PageRequest
from clados.web.run_folders import ShownRun, found_runs, saved_step
from clados.web.views.frame import Document, page
from clados.web.views.parts import CURVE_SIZES, picture
from clados.web.views.playground import TRIAL_TITLES
from clados.web.views.samples import sample_picture

_EVERY = 3000  # milliseconds between two looks
_SAMPLED, _LARGEST = 6, 400_000_000  # runs whose models are tried at once, and the bytes of one


def runs_page(asked: PageRequest) -> Document:
    """The runs under the folder that the server was given; the page looks again every few seconds."""
    say, folder = asked.say, asked.site.runs
    runs = found_runs(folder) if folder else []
    hint = say("Start the server with --runs FOLDER to see the runs under it.") if folder is None else str(folder)
    head = el("div", el("h1", say("Runs")), el("p", hint, class_="lead"), class_="welcome")
    styles: list[str] = []
    sampled = [each for each in runs if each.made][:_SAMPLED]
    shown = [
        el(
            "section",
            _run(asked, each, styles, sampled=each in sampled, whole=i < _SAMPLED),
            class_="run",
            data_region=_name(asked, each),
        )
        for i, each in enumerate(runs)
    ]
    none = el("p", say("There is no run yet."), class_="none") if folder and not runs else None
    body = el("div", shown, none, data_every=_EVERY)
    scripts = ("live.js", "film.js")
    return page(asked, say("Runs"), head, body, styles=[*dict.fromkeys(styles)], scripts=scripts, images=True)


def _name(asked: PageRequest, run: ShownRun) -> str:
    root = asked.site.runs
    return "." if root in (None, run.folder) else run.folder.relative_to(root).as_posix()


def _run(asked: PageRequest, run: ShownRun, styles: list[str], *, sampled: bool, whole: bool) -> Iterator[Child]:
    """A run; with samples of its model, and with all of its curves, where that is asked for: the page is sent often."""
    say, name, record = asked.say, _name(asked, run), run.record
    state, kind = (
        ("has ended", "runs") if run.ended else ("goes on", "amber") if run.fresh else ("has stopped", "badge")
    )
    yield el("h2", name, " ", el("span", say(state), class_=f"badge {kind}"))
    if run.wrong:
        yield el("p", say.phrase(run.wrong), class_="mistake")
        return
    yield el("p", _numbers(asked, run), class_="headline")
    if ending := record.ending(say):
        yield el("p", ending)
    if record.steps and record.entries:
        label = say("steps")
        yield el("progress", value=min(record.step, record.steps), max=record.steps, aria_label=f"{name}: {label}")
    drawn = _curves(asked, run)
    styles += drawn.styles
    if drawn.main:
        yield drawn.main
    if drawn.others and whole:
        yield el(
            "details",
            el("summary", say("All curves")),
            el("div", drawn.others, class_="samples"),
            data_key=f"curves of {name}",
        )
    if sampled and run.made and (samples := _samples(asked, run.made)):
        if not run.ended:
            yield el("p", say("What it makes after step {step}:", step=f"{saved_step(run.made):,}"), class_="lead")
        yield samples
    if run.ended:
        yield from _guesses(asked, run, styles)
        link = f"{asked.up}playground.html?{urlencode({'model': str(run.folder)})}"
        yield el("p", el("a", say("Try it in the playground"), href=link))
    elif not run.fresh and record.resumed_by:
        yield el("p", say("It goes on with"), " ", el("code", record.resumed_by), class_="resume")


def _samples(asked: PageRequest, folder: Path) -> Html | None:
    """What the model makes of a few usual questions, a card each; nothing of one that is large, or makes nothing."""
    try:
        if sum(each.stat().st_size for each in folder.glob("*.safetensors")) > _LARGEST:
            return None
        found = computed("clados.playground.samples:samples_of", str(folder))
    except (CladosError, OSError) as error:  # a run may be removed at any moment
        return el("p", asked.say.phrase(str(error)), class_="lead")
    cards = [
        el("article", el("h3", asked.say(TRIAL_TITLES[name])), sample_picture(asked, name, result))
        for name, result in found
    ]
    return el("div", cards, class_="samples") if cards else None


def _guesses(asked: PageRequest, run: ShownRun, styles: list[str]) -> Iterator[Child]:
    """What the model guessed of held-out texts when its run was over."""
    texts = [each for each in run.record.samples if isinstance(each, GuessedText)]
    if texts:
        styles.append(page_style("guesses"))
    for kind in dict.fromkeys(type(each) for each in texts):
        some = [each for each in texts if type(each) is kind]
        yield el("h3", asked.say(kind.title))
        yield [el("div", each.rows(asked.say), class_="read") for each in some]
        yield guess_key(some, asked.say)


def _numbers(asked: PageRequest, run: ShownRun) -> list[Html]:
    """The last figures of a run."""
    say, record = asked.say, run.record
    steps = [each for each in record.entries if "loss" in each]
    _, held = begun_and_kept(record.entries)
    said: dict[str, str] = {"model": record.title} if record.said.get("model") else {}
    if record.entries:
        said["step"] = f"{record.step:,} / {record.steps:,}" if record.steps else f"{record.step:,}"
    if steps:
        said["loss"] = f"{steps[-1]['loss']:.4f}"
    if record.pace:
        said[f"{record.counted} a second"] = record.pace
    if "loss" in held:
        said["held-out loss"] = f"{held['loss']:.4f}"
    return [el("span", el("b", say(name)), " ", value) for name, value in said.items()]


class _DrawnCurves(NamedTuple):
    main: Html
    others: list[Html]
    styles: list[str]


_LAST: dict[tuple[Path, str], tuple[float, _DrawnCurves]] = {}  # by run and language: of the log as it was then


def _curves(asked: PageRequest, run: ShownRun) -> _DrawnCurves:
    """The curves of a run, which are drawn anew when its log has gone on."""
    key = run.folder, asked.say.code
    if key not in _LAST or _LAST[key][0] != run.written:
        styles: list[str] = []
        sizes = [(_drawn(asked, run.record.curve, styles, wide, high), kind) for wide, high, kind in CURVE_SIZES]
        main = html_of([el("figure", svg, class_=kind) for svg, kind in sizes if svg])
        others = [_drawn(asked, each, styles, 360, 250) for each in run.record.others]
        _LAST[key] = run.written, _DrawnCurves(main, [each for each in others if each], [*dict.fromkeys(styles)])
    return _LAST[key][1]


def _drawn(asked: PageRequest, curve: Curve, styles: list[str], width: float, height: float) -> Html | None:
    """A curve in the language of the page; None where it has no number."""
    try:
        drawn = curve.figure(width, height, asked.say)
    except EmptyFigureError:
        return None
    svg, style = picture(drawn.svg)
    styles.append(style)
    return svg
