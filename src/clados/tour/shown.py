"""Guesses and samples as HTML, coloured by how sure the model is, and how far a model came as a picture."""

from collections.abc import Mapping, Sequence
from html import escape

from clados.drawing.svg import coordinate, element, title
from clados.names import SPACE_SIGN, shown_token
from clados.tour.guessed import Guess, GuessedExample, Likely, TourSample

_LEVELS = 5  # shades of confidence
_CAME, _WITHOUT = "#2f81f7", "#7d8590"  # the way of a model, and guesses without one
SHOWN_STYLE = """
:root{--sure:#0969da;--wrong:#bc4c00}@media(prefers-color-scheme:dark){:root{--sure:#4493f8;--wrong:#f0883e}}
.tokens{display:flex;flex-wrap:wrap;gap:6px 4px;max-width:none}
.t{display:inline-flex;flex-direction:column;align-items:center;font:13px/1.4 ui-monospace,'DejaVu Sans Mono',monospace}
.t>span{border-radius:5px;padding:1px 6px;white-space:pre-wrap}.t>span:first-child{border:1px solid var(--rule)}
.t.gone>span:first-child{border-style:dashed;color:var(--faint)}
.right{color:var(--good);font-weight:700}.missed{color:var(--wrong)}
.written{font:15px/1.9 ui-monospace,'DejaVu Sans Mono',monospace;overflow-wrap:anywhere;margin:4px 0 0}
.written span{border-radius:4px;padding:2px 1px}.written .gap{border-bottom:2px solid var(--sure);border-radius:0}
.losses{margin:2px 0;font-size:14px}
@media(max-width:700px){figure svg{min-width:620px}}
.bar{display:grid;grid-template-columns:6.5em 1fr 3em;gap:8px;align-items:center;margin:3px 0;font-size:14px}
.bar b{font-weight:400;font-family:ui-monospace,'DejaVu Sans Mono',monospace;overflow-wrap:anywhere}
.bar i{height:12px;border-radius:3px;background:var(--sure)}
.bar em{font-style:normal;text-align:right;font-variant-numeric:tabular-nums}
.key span{display:inline-block;width:14px;height:14px;border-radius:4px;border:1px solid var(--rule)}
.key span{vertical-align:-2px;margin-right:3px}
""" + "\n".join(
    f".c{level}{{background:color-mix(in srgb,var(--sure) {5 + 11 * level}%,var(--paper))}}" for level in range(_LEVELS)
)


def guess_row(example: GuessedExample) -> str:
    """What is read, token by token, and below it the guesses, as dark as they are sure.

    A guess stands where something was hidden; of a model that goes on with a text, below the token that it follows.
    """
    at = {each.place: each for each in example.guesses}
    pieces = example.view.writes or example.view.sees
    right = sum(each.likeliest == each.hidden for each in example.guesses)
    boxes = "".join(_box(piece.token, at.get(i), gone=piece.mark == "hidden") for i, piece in enumerate(pieces))
    shades = "".join(f"<span class=c{level}></span>" for level in range(_LEVELS))
    follows = not example.view.writes and any(pieces[each.place].mark != "hidden" for each in example.guesses)
    where = "Below each token stands the guess of the next; " if follows else ""
    said = f"{where}{right} of {len(example.guesses)} guesses are right; right ones are green and bold."
    return f"<p class=tokens>{boxes}</p><p class='faint key'>{shades} unsure to sure. {said}</p>"


def _box(token: str, guess: Guess | None, *, gone: bool) -> str:
    told, below = "", ""
    if guess is not None:
        kind = "right" if guess.likeliest == guess.hidden else "missed"
        hidden, likeliest = shown_token(guess.hidden), shown_token(guess.likeliest)
        told = f"{hidden}, to which it gives {guess.probability:.1%}; {likeliest} has {guess.surest:.1%}"
        below = f"<span class='{_level(guess.surest)} {kind}'>{escape(likeliest)}</span>"
    shown = escape(shown_token(token))
    return f'<span class="t{" gone" * gone}" title="{escape(told)}"><span>{shown}</span>{below}</span>'


def _level(chance: float) -> str:
    return f"c{min(int(chance * _LEVELS), _LEVELS - 1)}"


def sample_cards(samples: Sequence[TourSample]) -> str:
    """Each sample as a card: what was given, and what came of it."""
    return f"<div class=cards>{''.join(map(_sample, samples))}</div>" if samples else ""


def _sample(sample: TourSample) -> str:
    if sample.written:
        tokens = "".join(
            f'<span class={_level(chance)} title="{chance:.1%}">{escape(_plain(token))}</span>'
            for token, chance in sample.written
        )
        return f"<article><p class=written><b>{escape(sample.given)}</b>{tokens}</p></article>"
    before, _, rest = sample.given.partition("[MASK]" if "[MASK]" in sample.given else "<extra_id_0>")
    text = f"<p class=written>{escape(before)}<span class=gap>&emsp;&emsp;</span>{escape(rest)}</p>"
    made = "" if "[MASK]" in sample.given else f"<p class=faint>{escape(sample.made)}</p>"
    return f"<article>{text}{made}{_bars(sample.candidates)}</article>"


def _plain(token: str) -> str:
    """A token as it stands in a text."""
    return shown_token(token).replace(SPACE_SIGN, " ").replace("↵", "↵ ")


def _bars(candidates: Likely) -> str:
    return "".join(
        f"<div class=bar><b>{escape(word)}</b><i style='width:{max(1, 100 * chance):.1f}%'></i>"
        f"<em>{chance:.0%}</em></div>"
        for word, chance in candidates
    )


def ladder(start: float, end: float, baselines: Mapping[str, float]) -> str:
    """How far a model came: losses on one line, falling to the right, and what is guessed without a model; a key below.

    Args:
        baselines: of each guess without a model, by its name.
    """
    wide, edge, y = 300.0, 12.0, 14.0
    every = {"start": start, **baselines, "end": end}
    most, span = max(every.values()), (max(every.values()) - min(every.values())) or 1.0
    x = {name: edge + (most - loss) / span * (wide - 2 * edge) for name, loss in every.items()}
    line = {"y1": y, "y2": y, "stroke_width": 3.0}
    drawn = [element("line", class_="rule", x1=edge, x2=wide - edge, **line)]
    drawn.append(element("line", stroke=_CAME, x1=x["start"], x2=x["end"], **line))
    for name, loss in every.items():
        told = title(f"{name}: {loss:.4f} nats a token")
        if name in baselines:
            drawn.append(element("rect", told, x=x[name] - 1.5, y=y - 9, width=3, height=18, fill=_WITHOUT))
        else:
            drawn.append(element("circle", told, cx=x[name], cy=y, r=6, fill=_CAME))
    box = f"0 0 {coordinate(wide)} 28"
    svg = element("svg", *drawn, xmlns="http://www.w3.org/2000/svg", class_="clados", viewBox=box, data_figure="ladder")
    key = " · ".join(f"{escape(name)}&nbsp;{loss:.2f}" for name, loss in every.items())
    return f"{svg}<p class='faint losses'>{key}</p>"
