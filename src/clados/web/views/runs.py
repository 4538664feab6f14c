"""Runs under a folder as they go on: curves, what is left of them, how they are resumed and what has come of them."""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from clados.drawing.curve import curves
from clados.drawing.svg import EmptyFigureError
from clados.errors import CladosError
from clados.html import Child, Html, el
from clados.web.lazily import computed
from clados.web.request import PageRequest
from clados.web.run_folders import ShownRun, found_runs, saved_step
from clados.web.views.frame import Document, page
from clados.web.views.parts import picture
from clados.web.views.playground import TRIAL_TITLES
from clados.web.views.samples import sample_picture

_POINTS = 300  # of a curve
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
        el("section", _run(asked, each, styles, sampled=each in sampled), class_="run", data_region=_name(asked, each))
        for each in runs
    ]
    none = el("p", say("There is no run yet."), class_="none") if folder and not runs else None
    body = el("div", shown, none, data_every=_EVERY)
    scripts = ("live.js", "film.js")
    return page(asked, say("Runs"), head, body, styles=[*dict.fromkeys(styles)], scripts=scripts, images=True)


def _name(asked: PageRequest, run: ShownRun) -> str:
    root = asked.site.runs
    return "." if root in (None, run.folder) else run.folder.relative_to(root).as_posix()


def _run(asked: PageRequest, run: ShownRun, styles: list[str], *, sampled: bool) -> Iterator[Child]:
    say, name = asked.say, _name(asked, run)
    state, kind = (
        ("has ended", "runs") if run.ended else ("goes on", "amber") if run.fresh else ("has stopped", "badge")
    )
    yield el("h2", name, " ", el("span", say(state), class_=f"badge {kind}"))
    if run.wrong:
        yield el("p", run.wrong, class_="mistake")
        return
    yield el("p", _numbers(asked, run), class_="headline")
    if run.steps and run.entries:
        label = say("steps")
        yield el(
            "progress", value=min(run.entries[-1]["step"], run.steps), max=run.steps, aria_label=f"{name}: {label}"
        )
    drawn = _curve(name, run.entries)
    if drawn:
        svg, style = drawn
        styles.append(style)
        yield el("figure", svg, class_="canvas", tabindex=0)
    if sampled and run.made and (samples := _samples(asked, run.made)):
        if not run.ended:
            yield el("p", say("What it makes after step {step}:", step=f"{saved_step(run.made):,}"), class_="lead")
        yield samples
    if run.ended:
        link = f"{asked.up}playground.html?{urlencode({'model': str(run.folder)})}"
        yield el("p", el("a", say("Try it in the playground"), href=link))
    elif not run.fresh and run.model:
        command = f"clados pretrain {shlex.quote(run.model)} --out {shlex.quote(str(run.folder))} --resume"
        yield el("p", say("It goes on with"), " ", el("code", command), class_="resume")


def _samples(asked: PageRequest, folder: Path) -> Html | None:
    """What the model makes of a few usual questions, a card each; nothing of one that is large, or makes nothing."""
    try:
        if sum(each.stat().st_size for each in folder.glob("*.safetensors")) > _LARGEST:
            return None
        found = computed("clados.playground.samples:samples_of", str(folder))
    except (CladosError, OSError) as error:  # a run may be removed at any moment
        return el("p", str(error), class_="lead")
    cards = [
        el("article", el("h3", asked.say(TRIAL_TITLES[name])), sample_picture(asked, name, result))
        for name, result in found
    ]
    return el("div", cards, class_="samples") if cards else None


def _numbers(asked: PageRequest, run: ShownRun) -> list[Html]:
    """The last figures of a run."""
    say = asked.say
    steps = [each for each in run.entries if "loss" in each]
    held = [each for each in run.entries if "held_out" in each]
    said: dict[str, str] = {"model": run.model} if run.model else {}
    if run.entries:
        last = f"{run.entries[-1]['step']:,}"
        said["step"] = f"{last} / {run.steps:,}" if run.steps else last
    if steps:
        said["loss"] = f"{steps[-1]['loss']:.4f}"
        said["tokens a second"] = f"{steps[-1].get('tokens_per_second', 0):,.0f}"
    if held and "loss" in held[-1]["held_out"]:
        said["held-out loss"] = f"{held[-1]['held_out']['loss']:.4f}"
    return [el("span", el("b", say(name)), " ", value) for name, value in said.items()]


def _curve(name: str, entries: Sequence[dict[str, Any]]) -> tuple[Html, str] | None:
    """The loss in training, each point the mean of its stretch, and on what was held out."""
    trained = [(float(each["step"]), float(each["loss"])) for each in entries if "loss" in each]
    held = [
        (float(each["step"]), float(each["held_out"]["loss"]))
        for each in entries
        if "held_out" in each and "loss" in each["held_out"]
    ]
    series = {name: line for name, line in (("training", _thinned(trained)), ("held out", held)) if line}
    try:
        return (
            picture(
                curves(
                    series,
                    name=f"Loss of {name}",
                    x_name="step",
                    y_name="nats",
                    smooth=("training",),
                    marked=("held out",),
                ).svg
            )
            if series
            else None
        )
    except EmptyFigureError:
        return None


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """As many points as are drawn, each the mean of those that it stands for."""
    width = max(1, -(-len(points) // _POINTS))
    parts = [points[at : at + width] for at in range(0, len(points), width)]
    return [(part[-1][0], sum(y for _, y in part) / len(part)) for part in parts]
