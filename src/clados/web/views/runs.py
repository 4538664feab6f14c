"""Runs under a folder as they go on: curves, what is left of them, how they are resumed and what has come of them."""

import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from clados.drawing.curve import curves
from clados.drawing.svg import EmptyFigureError
from clados.errors import CladosError
from clados.files import JsonObject
from clados.web.html import Child, Html, el
from clados.web.lazily import computed
from clados.web.request import PageRequest
from clados.web.views.frame import Document, page
from clados.web.views.parts import picture

_LOG, _RUN = "log.jsonl", "run.json"
_DEPTH, _MOST = 3, 40  # folders within folders, and runs, that are looked at
_POINTS = 300  # of a curve
_FRESH = 90  # seconds since its last entry in which a run is taken to go on
_EVERY = 3000  # milliseconds between two looks


@dataclass(frozen=True)
class ShownRun:
    """A run: where it is, what it trains, its entries in order; whether it has ended or goes on.

    Attributes:
        steps: how many it is to take; 0 when not known. wrong: why its files cannot be read.
    """

    folder: Path
    model: str
    steps: int
    entries: tuple[dict[str, Any], ...]
    ended: bool
    fresh: bool
    wrong: str = ""


def found_runs(folder: Path) -> list[ShownRun]:
    """The runs under a folder, the last that was written to first."""
    logs = [each for depth in range(_DEPTH + 1) for each in folder.glob("*/" * depth + _LOG)]
    times: dict[Path, float] = {}
    for each in logs:
        with suppress(FileNotFoundError):  # a run may be removed at any moment
            times[each] = each.stat().st_mtime
    return [_read(each, times[each]) for each in sorted(times, key=lambda each: -times[each])[:_MOST]]


def _read(log: Path, written: float) -> ShownRun:
    folder, model, steps = log.parent, "", 0
    ended = any((folder / name).exists() for name in ("config.json", "adapter_config.json"))
    fresh = time.time() - written < _FRESH
    try:
        if (folder / _RUN).exists():
            said = JsonObject.read(folder / _RUN)
            model, steps = said.take("model", str, ""), said.inside("choices").take("steps", int, 0)
        entries = tuple(computed("clados.train.log:read_log", log))
    except (CladosError, OSError) as error:
        return ShownRun(folder, model, steps, (), ended, fresh, str(error))
    return ShownRun(folder, model, steps, entries, ended, fresh)


def runs_page(asked: PageRequest) -> Document:
    """The runs under the folder that the server was given; the page looks again every few seconds."""
    say, folder = asked.say, asked.site.runs
    runs = found_runs(folder) if folder else []
    hint = say("Start the server with --runs FOLDER to see the runs under it.") if folder is None else str(folder)
    head = el("div", el("h1", say("Runs")), el("p", hint, class_="lead"), class_="welcome")
    styles: list[str] = []
    shown = [el("section", _run(asked, each, styles), class_="run") for each in runs]
    none = el("p", say("There is no run yet."), class_="none") if folder and not runs else None
    body = el("div", shown, none, data_region="runs", data_every=_EVERY)
    return page(asked, say("Runs"), head, body, styles=[*dict.fromkeys(styles)], scripts=("live.js",))


def _run(asked: PageRequest, run: ShownRun, styles: list[str]) -> Iterator[Child]:
    say, root = asked.say, asked.site.runs
    assert root is not None
    name = "." if run.folder == root else run.folder.relative_to(root).as_posix()
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
    if run.ended:
        link = f"{asked.up}playground.html?{urlencode({'model': str(run.folder)})}"
        yield el("p", el("a", say("Try it in the playground"), href=link))
    elif not run.fresh and run.model:
        command = f"clados pretrain {shlex.quote(run.model)} --out {shlex.quote(str(run.folder))} --resume"
        yield el("p", say("It goes on with"), " ", el("code", command), class_="resume")


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
        return picture(curves(series, name=f"Loss of {name}", x_name="step", y_name="nats").svg) if series else None
    except EmptyFigureError:
        return None


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """As many points as are drawn, each the mean of those that it stands for."""
    width = max(1, -(-len(points) // _POINTS))
    parts = [points[at : at + width] for at in range(0, len(points), width)]
    return [(part[-1][0], sum(y for _, y in part) / len(part)) for part in parts]
