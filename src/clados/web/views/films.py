"""What is made step by step, as a film: frames side by side, which the script shows one after another."""

import base64
import math
from collections.abc import Sequence
from typing import Any

from clados.drawing.fold import BANDS
from clados.drawing.svg import coordinate
from clados.html import Child, Html, el
from clados.web.request import PageRequest
from clados.web.views.parts import table

_PIXELS = 240  # of an image that is shown
_MOST = 40  # frames of an episode
_WIDE, _HIGH = 300.0, 150.0  # of what is played
_SIDE, _TURNS, _EDGE = 320.0, 18, 24.0  # of a fold, and how often it is seen while it turns once


def _film(asked: PageRequest, frames: Sequence[tuple[Child, str]], place: str) -> Html:
    """Pictures with what stands below each; the script adds a slider and a button that plays them."""
    shown = [el("figure", picture, el("figcaption", text)) for picture, text in frames]
    words = {"data_play": asked.say("Play"), "data_stop": asked.say("Stop"), "data_frame": asked.say("Frame")}
    return el("div", shown, class_=f"film {place}", data_film=place, **words)


def painting_film(asked: PageRequest, result: Any) -> list[Child]:
    """The image on its way, from noise, or code by code."""
    frames = [_image(asked, each, result.text) for each in result.frames]
    return [_film(asked, frames, "painting"), el("blockquote", result.text)]


def still(asked: PageRequest, result: Any) -> Child:
    """The image alone."""
    return _image(asked, result.frames[-1], result.text)[0]


def _image(asked: PageRequest, frame: Any, text: str) -> tuple[Child, str]:
    source = f"data:image/png;base64,{base64.b64encode(frame.png).decode()}"
    times = max(1, _PIXELS // max(frame.width, frame.height))
    shown = asked.say("step {step} of {of}", step=frame.step, of=frame.of)
    size = {"width": frame.width * times, "height": frame.height * times}
    return el("img", src=source, alt=f"{text}: {shown}", **size), shown


# ---------------------------------------------------------------- episodes


def episode_film(asked: PageRequest, result: Any) -> list[Child]:
    """An episode: what the environment showed, and what was done, with the return beside that of random actions."""
    say, steps = asked.say, result.steps
    every = max(1, -(-len(steps) // _MOST))
    chosen = [*range(0, len(steps), every)]
    chosen += [len(steps) - 1] if steps and chosen[-1] != len(steps) - 1 else []
    draw = _cart if result.environment.startswith("CartPole") else _bars
    most = [max((abs(each.state[i]) for each in steps), default=1.0) or 1.0 for i in range(len(steps[0].state))]
    frames = [(draw(steps[i], most), say("step {step} of {of}", step=i + 1, of=len(steps))) for i in chosen]
    rows: list[list[Child]] = [[say("the model"), f"{result.total:g}"], [say("random actions"), f"{result.random:g}"]]
    notes = [el("p", each, class_="lead") for each in result.notes]
    return [_film(asked, frames, "episode"), table(["", say("return")], rows, figures=(1,), name="returns"), *notes]


def _cart(step: Any, most: Sequence[float]) -> Html:
    """A cart that may run 2.4 to either side, and its pole, by the angle in which it leans (Barto et al. 1983)."""
    x = _WIDE / 2 + step.state[0] / 2.4 * (_WIDE / 2 - 30)
    base, long, lean = 112.0, 84.0, step.state[2]
    top = x + long * math.sin(lean), base - 14 - long * math.cos(lean)
    push = 26 if step.action[0] else -26
    arrow = f"M{coordinate(x)} {base + 26:g}h{push}m{-push / 4:g} -5l{push / 4:g} 5l{-push / 4:g} 5"
    drawn = [
        el("path", d=f"M10 {base + 10:g}H{_WIDE - 10:g}", class_="rail"),
        el("rect", x=coordinate(x - 24), y=coordinate(base - 14), width=48, height=20, rx=4, class_="cart"),
        el("path", d=f"M{coordinate(x)} {base - 14:g}L{coordinate(top[0])} {coordinate(top[1])}", class_="pole"),
        el("path", d=arrow, class_="push"),
    ]
    return _scene(drawn, f"{step.state} {step.action}")


def _bars(step: Any, most: Sequence[float]) -> Html:
    """The numbers of a state as bars, as long as they are large in the episode; below, the action."""
    gap = min(16.0, 110.0 / len(step.state))
    bars: list[Child] = [el("path", d=f"M{_WIDE / 2:g} 6V120", class_="rail")]
    for i, (number, top) in enumerate(zip(step.state, most)):
        long = number / top * (_WIDE / 2 - 20)
        left = coordinate(_WIDE / 2 + min(long, 0))
        bars.append(
            el("rect", x=left, y=coordinate(8 + i * gap), width=coordinate(abs(long)), height=coordinate(gap - 3))
        )
    action = ", ".join(f"{each:g}" for each in step.action)
    return _scene([*bars, el("text", f"→ {action}", x=12, y=140)], f"{step.state} {step.action}")


def _scene(drawn: Sequence[Child], label: str) -> Html:
    return el("svg", *drawn, viewBox=f"0 0 {_WIDE:g} {_HIGH:g}", class_="scene", role="img", aria_label=label)


# ---------------------------------------------------------------- folds


def backbone_film(asked: PageRequest, result: Any) -> list[Child]:
    """The backbone as it turns, and the letters of the protein, both coloured by how sure the model is."""
    angles = [round(360 * i / _TURNS) for i in range(_TURNS)]
    frames = [(_backbone(result, math.radians(each)), f"{each}°") for each in angles]
    letters = [
        el("span", el("span", letter, title=f"{letter}{i}: {sure:.0f}"), class_=f"token {_sure(sure)}")
        for i, (letter, sure) in enumerate(zip(result.letters, result.plddt), 1)
    ]
    legend = [
        el("span", el("span", "", class_=f"token swatch {_sure(least)}"), " ", f"pLDDT ≥ {least:g}")
        for least, _ in BANDS
    ]
    return [_film(asked, frames, "fold"), el("p", letters, class_="tokens"), el("p", legend, class_="legend")]


def _sure(plddt: float) -> str:
    """The class of a band of the AlphaFold database, the surest b0."""
    return f"b{next((i for i, (least, _) in enumerate(BANDS) if plddt >= least), len(BANDS) - 1)}"


def _backbone(result: Any, angle: float) -> Html:
    """From alpha carbon to alpha carbon, seen from a side; what is nearer is drawn later, and thicker."""
    far = max(math.dist(each, (0, 0, 0)) for each in result.places) or 1.0
    scale = (_SIDE / 2 - _EDGE) / far
    cos, sin = math.cos(angle), math.sin(angle)
    seen = [(x * cos + z * sin, y, z * cos - x * sin) for x, y, z in result.places]
    flat = [(_SIDE / 2 + x * scale, _SIDE / 2 - y * scale) for x, y, _ in seen]
    pieces = []
    for i in range(len(seen) - 1):
        near = (seen[i][2] + seen[i + 1][2]) / 2 / far
        (x1, y1), (x2, y2) = flat[i], flat[i + 1]
        path = f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"
        pieces.append((near, el("path", d=path, class_=_sure(result.plddt[i]), stroke_width=f"{4 + 2.5 * near:.1f}")))
    drawn = [each for _, each in sorted(pieces, key=lambda each: each[0])]
    size = {"viewBox": f"0 0 {_SIDE:g} {_SIDE:g}", "role": "img", "aria_label": result.letters}
    return el("svg", drawn, class_="backbone", **size)
