"""Lessons: the survey's introduction in our own words, with pictures that are computed."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import tomli

from clados.catalog.card import declaration_of
from clados.drawing.curve import curves
from clados.drawing.drawings import draw
from clados.errors import CladosError
from clados.html import Child, Html, el
from clados.spec.kinds.denoiser import ImageDenoiser
from clados.web.lazily import computed
from clados.web.request import PageRequest
from clados.web.views.figures import FIGURE_SCRIPTS, zoomed
from clados.web.views.frame import Document, page
from clados.web.views.objective import SENTENCE, example_of, shown_objective
from clados.web.views.parts import CURVE_SIZES, alert, picture, table, with_code
from clados.web.views.pieces import percent
from clados.web.views.playground import heads_in_small
from clados.web.views.recipe import recipe_section

_WORDS = Path(__file__).parents[1] / "words"
USED_BY = {  # models that a lesson leads to
    "encoder-decoder": ("transformer", "t5", "bart", "bert", "roberta", "gpt", "gpt-2", "llama"),
    "attention": ("transformer", "bert", "gpt-2", "llama", "big-bird", "transformer-xl"),
    "pretraining": ("gpt-2", "bert", "t5", "bart", "electra", "xlnet"),
    "foundation": ("llama", "alpaca", "vicuna", "t5", "flan-t5"),
    "rlhf": ("instructgpt", "chatgpt", "sparrow", "anthropic-assistant"),
    "diffusion": ("stable-diffusion", "imagen", "glide", "dall-e-2"),
}
LESSONS = tuple(USED_BY)
_TASKS = ("gpt-2", "bert", "t5", "bart")
_ATTENDING = "small/gpt-2"
_COUNTS = {"layer": (1, 3), "head": (1, 5), "token": (6, 48)}  # of that model: where one begins, and the most
_SHOWN = 4  # numbers of a vector that are written out


@cache
def lesson_words(language: str) -> Mapping[str, Mapping[str, str]]:
    """The words of every lesson in a language: ``title``, ``lead``, ``text`` before its picture and ``after`` it."""
    found: Mapping[str, Mapping[str, str]] = tomli.loads(
        (_WORDS / f"lessons.{language}.toml").read_text(encoding="utf-8")
    )
    return found


def learn_page(asked: PageRequest) -> Document:
    """The list of lessons."""
    words = lesson_words(asked.say.code)
    rows = [
        el("li", el("a", words[each]["title"], href=f"learn/{each}.html"), el("span", words[each]["lead"]))
        for each in LESSONS
    ]
    lead = asked.say("The ideas behind the catalogue, each with pictures that are computed and models that use it.")
    head = el("div", el("h1", asked.say("Learn")), el("p", lead, class_="lead"), class_="welcome")
    return page(asked, asked.say("Learn"), head, el("ol", rows, class_="lessons"))


def lesson_page(asked: PageRequest) -> Document:
    """One lesson: words, its picture, further words, models that use it."""
    name = Path(asked.path).stem
    words = lesson_words(asked.say.code)[name]
    styles: list[str] = []
    shown = [*_PICTURES[name](asked, styles)]
    known = [asked.cards[each] for each in USED_BY[name] if each in asked.cards]
    links = [el("a", card.name, href=f"{asked.up}cards/{card.id}.html") for card in known]
    place = LESSONS.index(name)
    further = LESSONS[place + 1] if place + 1 < len(LESSONS) else ""
    on = lesson_words(asked.say.code)[further]["title"] if further else ""
    body = (
        el("p", el("a", asked.say("Learn"), href=f"{asked.up}learn.html"), class_="lead"),
        el("h1", words["title"]),
        el("p", words["lead"], class_="lead"),
        _paragraphs(words["text"]),
        shown,
        _paragraphs(words["after"]),
        el("h2", asked.say("Models that use it")),
        el("p", links, class_="links"),
        el("p", asked.say("Next"), ": ", el("a", on, href=f"{further}.html")) if further else None,
    )
    scripts = (*FIGURE_SCRIPTS, *(("live.js",) if asked.live else ()))
    return page(
        asked, words["title"], el("div", body, class_="lesson"), styles=[*dict.fromkeys(styles)], scripts=scripts
    )


def _paragraphs(text: str) -> list[Html]:
    return [el("p", with_code(each.strip())) for each in text.split("\n\n") if each.strip()]


# ---------------------------------------------------------------- pictures


def _stacks(asked: PageRequest, styles: list[str]) -> Iterator[Child]:
    svg, style = picture(draw("transformer").svg)
    styles.append(style)
    yield zoomed(asked, svg)


def _sentence_form(asked: PageRequest, *more: Child) -> Html:
    text = el(
        "textarea",
        asked.one("text", SENTENCE),
        name="text",
        rows=2,
        aria_label=asked.say("Sentence"),
        data_usual=SENTENCE,
    )
    button = el("button", asked.say("Show"), type="submit")
    place = Path(asked.path).name
    return el("form", text, *more, button, method="get", action=place, class_="asking", data_live="address")


def _needs_server(asked: PageRequest) -> Html:
    needs = asked.say("This is computed on your own sentence by the pages that `clados web` serves.")
    return el("p", with_code(needs), class_="note")


def _attention(asked: PageRequest, styles: list[str]) -> Iterator[Child]:
    if not asked.live:
        yield _needs_server(asked)
        return
    fields = [_count(asked, word) for word in _COUNTS]
    yield _sentence_form(asked, fields)
    try:
        numbers = [asked.number(word, usual, 1, most) for word, (usual, most) in _COUNTS.items()]
        found = computed("clados.playground.reading:attention_steps", _ATTENDING, asked.one("text", SENTENCE), *numbers)
        yield el("div", _steps(asked, found), data_region="steps")
    except CladosError as error:
        yield el("div", alert(asked.say, str(error)), data_region="steps")


def _count(asked: PageRequest, word: str) -> Html:
    usual, most = _COUNTS[word]
    value = asked.one(word, str(usual))
    field = el("input", type="number", name=word, value=value, min=1, max=most, data_usual=usual)
    return el("label", el("span", asked.say(word)), " ", field)


def _steps(asked: PageRequest, found: Any) -> Iterator[Child]:
    say = asked.say
    yield el(
        "p",
        [
            el("span", el("span", each), class_=f"token {'sentinel' if i == found.token else 'text'}")
            for i, each in enumerate(found.tokens)
        ],
        class_="tokens",
    )
    yield el("h2", say("The query of {token}", token=found.tokens[found.token]))
    yield el("p", el("code", _vector(found.query)))
    rows: list[list[Child]] = [
        [
            el("code", each.token),
            el("code", _vector(each.key)),
            f"{each.score:.2f}",
            el("meter", value=f"{each.weight:.4f}"),
            percent(each.weight),
            el("code", _vector(each.value)),
        ]
        for each in found.rows
    ]
    heads = [say(each) for each in ("token", "its key", "query × key / √d", "", "weight", "its value")]
    yield table(heads, rows, figures=(2, 4), name="steps", label=say("Attention"))
    yield el("h2", say("What the head hands on: the values, each times its weight"))
    yield el("p", el("code", _vector(found.output)))
    yield el("h2", say("All layers and heads"))
    yield from heads_in_small(
        asked,
        found.maps,
        lambda layer, head: asked.with_words(
            [
                ("text", asked.one("text", SENTENCE)),
                ("layer", layer + 1),
                ("head", head + 1),
                ("token", found.token + 1),
            ]
        ),
        (found.layer, found.head),
    )


def _vector(numbers: tuple[float, ...]) -> str:
    shown = ", ".join(f"{each:.2f}" for each in numbers[:_SHOWN])
    return f"({shown}{', …' if len(numbers) > _SHOWN else ''})"


def _tasks(asked: PageRequest, styles: list[str]) -> Iterator[Child]:
    if not asked.live:
        yield _needs_server(asked)
        return
    yield _sentence_form(asked)
    yield el("div", [_task(asked, each) for each in _TASKS if each in asked.cards], data_region="tasks")


def _task(asked: PageRequest, name: str) -> Html:
    card = asked.cards[name]
    try:
        shown: Child = shown_objective(asked, example_of(card.id, asked.one("text", SENTENCE)))
    except CladosError as error:
        shown = alert(asked.say, str(error))
    return el("section", el("h2", el("a", card.name, href=f"{asked.up}cards/{name}.html")), shown)


def _tuned(asked: PageRequest, styles: list[str]) -> Iterator[Child]:
    below: dict[str, list[str]] = {}
    for card in asked.cards.values():
        for parent in dict.fromkeys(row.id for row in card.lineage if row.kind == "weights"):
            if parent in asked.cards:
                below.setdefault(parent, []).append(card.id)

    def linked(name: str) -> Html:
        return el("a", asked.cards[name].name, href=f"{asked.up}cards/{name}.html")

    order = sorted(below, key=lambda each: (-len(below[each]), each))
    rows: list[list[Child]] = [
        [
            linked(each),
            asked.say(str(asked.cards[each].values["open"].value)),
            str(len(below[each])),
            el("span", [linked(name) for name in below[each]], class_="links"),
        ]
        for each in order
    ]
    heads = [asked.say(each) for each in ("Model", "open", "number", "Made of its weights")]
    yield table(heads, rows, figures=(2,), name="tuned", label=asked.say("Made of its weights"))


def _judged(asked: PageRequest, styles: list[str]) -> Iterator[Child]:
    if "instructgpt" in asked.cards:
        card = asked.cards["instructgpt"]
        yield recipe_section(asked, card, card.headline_size)


def _noise(asked: PageRequest, styles: list[str]) -> Iterator[Child]:
    alike: dict[tuple[tuple[float, float], ...], list[str]] = {}  # those that have the same curve have one line
    for name in USED_BY["diffusion"]:
        if name in asked.cards and isinstance(model := declaration_of(asked.cards[name]).model, ImageDenoiser):
            alike.setdefault((*kept_of_image(model),), []).append(asked.cards[name].name)
    if not alike:
        return
    series = {", ".join(names): points for points, names in alike.items()}
    name = "The image's share of what is seen"
    for width, height, kind in CURVE_SIZES:
        svg, style = picture(curves(series, name=name, x_name="step", y_name="√ᾱ", width=width, height=height).svg)
        styles.append(style)
        yield el("figure", svg, class_=kind)


def kept_of_image(model: ImageDenoiser) -> list[tuple[float, float]]:
    """The factor of the image after each step, sqrt(alpha_bar): the product of all 1 - beta (Ho et al. 2020, eq. 4)."""
    diffusion = model.diffusion
    kept, points = 1.0, [(0.0, 1.0)]
    for step, beta in enumerate(diffusion.betas.values(diffusion.steps), 1):
        kept *= 1 - beta
        if step % 10 == 0:
            points.append((float(step), kept**0.5))
    return points


_PICTURES: Mapping[str, Callable[[PageRequest, list[str]], Iterator[Child]]] = {
    "encoder-decoder": _stacks,
    "attention": _attention,
    "pretraining": _tasks,
    "foundation": _tuned,
    "rlhf": _judged,
    "diffusion": _noise,
}
