"""The designer: a declaration in a form that its parts' own types make, and what comes of what is changed in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clados import spec as s
from clados.catalog.card import Card, declaration_of
from clados.catalog.check import stem
from clados.catalog.counts import NamedModel, card_and_size
from clados.catalog.differences import Differences, diff, figures_of, said_once
from clados.catalog.new import card_text, declaration_text
from clados.catalog.sizes import model_of
from clados.drawing.drawings import draw
from clados.errors import CladosError, InputError
from clados.html import Child, Html, el
from clados.spec.kinds.model import Model
from clados.web.browser_python import PYODIDE
from clados.web.designing import Design, Field, Section, designed, memory
from clados.web.request import PageRequest
from clados.web.views.figures import FIGURE_SCRIPTS, zoomed
from clados.web.views.frame import Document, page
from clados.web.views.parts import alert, own, picture, table, with_code
from clados.web.views.python_note import python_note

_START = "gpt-2:small"
_OPEN = ("size", "stack", "stack.block", "encoder", "encoder.block", "decoder", "decoder.block")
_OWN = ("model", "name")  # names of the address that are no words
_MEANT = {"numbers": "numbers, with commas between", "whole": "whole number", "number": "number"}


@dataclass(frozen=True)
class _Asked:
    """What is designed: from which card's size, under which name, with which words; what of the address is wrong."""

    card: Card
    size: str
    name: str
    design: Design
    mistake: str = ""

    @property
    def old(self) -> NamedModel:
        return NamedModel(f"{self.card.id}:{self.size}", self.design.old)

    @property
    def new(self) -> NamedModel:
        return NamedModel(self.name, self.design.new)


def _read(asked: PageRequest) -> _Asked:
    named, mistake = asked.one("model", _START).strip(), ""
    try:
        card, size = card_and_size(named)
        model: Model = model_of(card, size)
    except CladosError as error:
        card, size = card_and_size(_START)
        model, mistake = model_of(card, size), str(error)
    name = asked.one("name", "my-model").strip()
    if not re.fullmatch(r"[a-z][a-z0-9]{,30}([-.][a-z0-9]{1,30}){,6}", name):
        mistake, name = (
            mistake or asked.say("A name has lower-case letters, digits and '-', a letter first."),
            "my-model",
        )
    said = {key: value for key, value in asked.query if key not in _OWN}
    return _Asked(card, size.name, name, designed(model, said), mistake)


def designer_page(asked: PageRequest) -> Document:
    """The form, and beside it count, memory, differences and drawing of what it says.

    In a site of files, Python in the page answers the same form where the site has it; else it says what is needed.
    """
    if not asked.live and asked.site.python is None:
        return _not_here(asked)
    read, say = _read(asked), asked.say
    drawing, style = picture(draw(read.new).svg)
    lead = say("Change words of a declaration: its drawing, count, memory and differences follow.")
    head = el("div", el("h1", say("Designer")), el("p", lead, class_="lead"), class_="welcome")
    form = el(
        "form",
        _start(asked, read),
        el("div", _words(asked, read.design), data_region="words"),
        el("button", say("Apply"), type="submit"),
        method="get",
        action="designer.html",
        class_="designer-form",
        data_live="address",
    )
    result = el("div", *_result(asked, read, drawing), data_region="result", class_="designed")
    offer = say("Python answers this form in the page: it comes with the site ({size}), and needs scripts.")
    note = None if asked.live else python_note(asked, offer)
    body = (head, note, el("div", form, result, class_="designer"))
    scripts = (*FIGURE_SCRIPTS, *(("python.js",) if note else ()), "live.js")
    return page(asked, say("Designer"), *body, styles=[style], scripts=scripts, wide=True, python=note is not None)


def _not_here(asked: PageRequest) -> Document:
    """What the designer needs, in a site of files that has no Python for the browser."""
    say = asked.say
    lead = say("Change words of a declaration: its drawing, count, memory and differences follow.")
    needs = say(
        "The designer needs `clados web`, or files written with `--pyodide FOLDER` (npm's `pyodide` {version}).",
        version=PYODIDE,
    )
    head = el("div", el("h1", say("Designer")), el("p", lead, class_="lead"), class_="welcome")
    return page(asked, say("Designer"), head, el("p", with_code(needs), class_="note"))


def design_file(asked: PageRequest, kind: str) -> str:
    """The declaration (``py``) or the card (``toml``) of what is designed.

    Raises:
        InputError: for words that do not hold.
    """
    read = _read(asked)
    if wrong := [each for each in (read.mistake, *read.design.errors.values()) if each]:
        raise InputError(wrong[0])
    if kind == "toml":
        return card_text(read.name, read.card, "; ".join(said_once(_differences(read).changes)))
    return declaration_text(read.name, read.card, Path.cwd(), read.design.new, read.size)


# ---------------------------------------------------------------- the form


def _start(asked: PageRequest, read: _Asked) -> Html:
    say = asked.say
    cards = [card for card in asked.cards.values() if card.runnable]
    names = [f"{card.id}:{size}" for card in cards for size in declaration_of(card).sizes]
    model = el(
        "input", type="text", name="model", value=f"{read.card.id}:{read.size}", list="declared", spellcheck="false"
    )
    name = el("input", type="text", name="name", value=read.name, spellcheck="false", data_usual="my-model")
    fields = (el("label", el("span", say("Start from")), model), el("label", el("span", say("Name")), name))
    return el(
        "div",
        el("div", fields, data_region="start"),
        el("datalist", (el("option", value=each) for each in names), id="declared"),
        class_="start",
    )


def _words(asked: PageRequest, design: Design) -> list[Child]:
    order = sorted(design.sections, key=lambda each: each.path != "size")
    return [_section(asked, design, each) for each in order if each.fields or each.inside]


def _section(asked: PageRequest, design: Design, section: Section) -> Html:
    wrong = any(each.path in design.errors for each in _fields(section))
    changed = sum(each.value != each.usual for each in _fields(section))
    line: list[Child] = [el("b", section.path), " ", el("code", section.kind), " "]
    line.append(el("span", changed, class_="badge amber", title=asked.say("changed")) if changed else None)
    rows = [_row(asked, each, design.errors.get(each.path, "")) for each in section.fields]
    inner = [_section(asked, design, each) for each in section.inside if each.fields or each.inside]
    return el(
        "details",
        el("summary", line),
        el("p", asked.say(section.meaning), class_="meaning") if section.meaning else None,
        el("div", rows, class_="words"),
        inner,
        open=section.path in _OPEN or wrong or None,
        data_key=section.path,
    )


def _fields(section: Section) -> Iterator[Field]:
    yield from section.fields
    for each in section.inside:
        yield from _fields(each)


def _row(asked: PageRequest, word: Field, error: str) -> Html:
    said = asked.one(word.path, word.value) if error else word.value
    told = f"said-{word.path}" if error else None
    common = {
        "name": word.path,
        "data_usual": word.usual,
        "aria_invalid": "true" if error else None,
        "aria_describedby": told,
    }
    if word.kind in ("choice", "part"):
        options = [el("option", asked.say("none"), value="", selected=not said)] if word.optional else []
        options += [el("option", each, value=each, selected=each == said) for each in word.choices]
        control = el("select", options, **common)
    else:
        hint = asked.say("as usual") if word.optional else asked.say(_MEANT[word.kind])
        control = el(
            "input", type="text", value=said, placeholder=hint, autocomplete="off", spellcheck="false", **common
        )
    was = asked.say("was {value}", value=word.usual or asked.say("none")) if word.value != word.usual else ""
    return el(
        "label",
        el("code", word.name),
        control,
        el("small", was, class_="was") if was else None,
        el("span", asked.say.phrase(error), class_="mistake", id=told, role="alert") if error else None,
        class_="word changed" if was else "word",
    )


# ---------------------------------------------------------------- what comes of it


def _differences(read: _Asked) -> Differences:
    return diff(read.old, read.new)


def _result(asked: PageRequest, read: _Asked, drawing: Html) -> Iterator[Child]:
    say, design = asked.say, read.design
    found = _differences(read)
    fields = {each.path for each in design.fields}
    for wrong in filter(None, (read.mistake, *(each for path, each in design.errors.items() if path not in fields))):
        yield alert(say, wrong)
    yield el("div", _numbers(asked, design), class_="numbers")
    yield el("h2", say("From {old} to {new}", old=found.old, new=found.new))
    said = said_once(found.changes) or ([] if design.errors else [say("nothing is changed yet")])
    yield el("ul", (el("li", say.phrase(each)) for each in said)) if said else None
    yield _files(asked, read)
    yield el("h2", say("Drawing"))
    yield zoomed(asked, drawing)
    if found.changes:
        svg, _ = picture(draw(read.old, read.new).svg)
        summary = el("summary", say("Both drawings in line: what is added, removed and changed"))
        yield el("details", summary, el("figure", svg, class_="canvas beside", tabindex=0), data_key="beside")
    yield el("h2", say("In parameters"))
    rows: list[list[Child]] = [[say.phrase(name), *figures_of(pair)] for name, pair in found.parameters.items()]
    yield table(
        [say("parameters"), own(found.old), own(found.new), say("difference")], rows, figures=(1, 2, 3), name="words"
    )


def _files(asked: PageRequest, read: _Asked) -> Html:
    """The declaration and the card to keep, once all words hold."""
    if read.mistake or read.design.errors:
        return el("p", asked.say("It can be kept once the words that are marked are mended."), class_="lead")
    names = {kind: f"{stem(read.name)}.{kind}" for kind in ("py", "toml")}
    links = [
        el("a", name, href=f"design.{kind}{asked.written()}", download=name, data_made=True)
        for kind, name in names.items()
    ]
    return el("p", el("span", asked.say("Keep it")), links, class_="files")


def _numbers(asked: PageRequest, design: Design) -> Iterator[Html]:
    """Parameters and memory, each with what it was."""
    say = asked.say
    old, new = s.count_parameters(design.old), s.count_parameters(design.new)
    counts = {"parameters": (old.total, new.total), "without embeddings": (old.non_embedding, new.non_embedding)}
    if new.active != new.total:
        counts["active for a token"] = (old.active, new.active)
    for name, (was, now) in counts.items():
        yield _number(asked, say(name), f"{now:,}", f"{now - was:+,}" if now != was else "")
    before = memory(design.old)
    for name, size in memory(design.new).items():
        was = before.get(name, size)
        yield _number(asked, say(name), _bytes(size), _more(size - was))


def _number(asked: PageRequest, name: str, now: str, change: str) -> Html:
    return el("div", el("span", name), el("b", now), el("small", change, class_="was") if change else None)


def _more(number: int) -> str:
    """How many bytes more, or fewer; nothing where they are as many."""
    return f"{'-' if number < 0 else '+'}{_bytes(abs(number))}" if number else ""


def _bytes(number: int) -> str:
    """Bytes in units of a thousand.

    >>> _bytes(497_759_232), _bytes(36_864)
    ('498 MB', '36.9 KB')
    """
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if number < 1000 or unit == "TB":
            return f"{number:.3g} {unit}"
        number /= 1000  # type: ignore[assignment]
    raise AssertionError(number)
