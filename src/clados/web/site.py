"""The site: which path is which page. The server answers with it, and the export writes all of it as files."""

import importlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from clados.catalog.card import Card, NoModelError
from clados.catalog.load import catalog
from clados.drawing.wording import worded
from clados.errors import InputError
from clados.names import nearest
from clados.web.addresses import size_at
from clados.web.configs import config_texts
from clados.web.index import Index
from clados.web.language import Language, page_languages
from clados.web.policy import FRAMES
from clados.web.request import Given, PageRequest
from clados.web.views import frame
from clados.web.views.frame import Document

STATIC_FILES = Path(__file__).with_name("static")
_MEDIA = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".bib": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}

_ALIKE = 0.7  # from which a wrong path may have meant a model
FROM = "from-"  # begins the name of a drawing beside a parent's
_VIEWS = "clados.web.views"
LESSON_NAMES = ("encoder-decoder", "attention", "pretraining", "foundation", "rlhf", "diffusion")
PAGES = {  # the module and the function of each; a module is imported when its page is first asked for
    "index.html": ("catalogue", "catalogue_page"),
    "tree.html": ("figures", "tree_page"),
    **dict.fromkeys(
        ("timeline.html", "timeline-family.html", "timeline-tokens.html", "timeline-flops.html", "recent.html"),
        ("figures", "timeline_page"),
    ),
    "compare.html": ("comparison", "comparison_page"),
    "designer.html": ("designer", "designer_page"),
    "learn.html": ("learn", "learn_page"),
    **{f"learn/{name}.html": ("learn", "lesson_page") for name in LESSON_NAMES},
}
LIVE_PAGES = {  # that a server alone answers
    "objective.html": ("objective", "objective_page"),
    "playground.html": ("playground", "playground_page"),
    "runs.html": ("runs", "runs_page"),
}


class NoPageError(InputError):
    """There is no page at a path."""


@dataclass(frozen=True)
class Reply:
    """What is sent for a path."""

    body: bytes
    media: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Site:
    """All pages of the catalogue as it is now."""

    def __init__(self, *, live: bool = True, given: Given = Given()) -> None:  # noqa: B008 (frozen)
        """Of a server or (``live`` false) of files, with what it was given."""
        self._live, self._given = live, given

    @cached_property
    def index(self) -> Index:
        """The catalogue, and what its filters find; read at the first question.

        Raises:
            CardError: for a card that cannot be read.
        """
        return Index(catalog())

    def answer(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Reply:
        """The page, picture or file at a path; the page of what is missing where there is none."""
        path = path.lstrip("/")
        path = f"{path}index.html" if not path or path.endswith("/") else path
        if (file := _static(path)) is not None:
            return Reply(file.read_bytes(), _media(path))
        if (given := self._given.files.get(path)) is not None:
            return Reply(given, _media(path))
        say, inside = _language(path)
        asked = PageRequest(say, inside, query, self.index, self._live, self._given)
        try:
            with worded(say.drawn):
                return self._found(asked)
        except NoModelError as error:
            near = self._near(inside, 0) if inside.startswith("cards/") else []  # else the query names it
            return _page(frame.not_found(asked, str(error), near), 404)
        except NoPageError as error:
            return _page(frame.not_found(asked, str(error), self._near(inside, _ALIKE)), 404)
        except InputError as error:
            return _page(frame.not_found(asked, str(error), []), 404)

    def _near(self, path: str, least: float) -> list[Card]:
        """The model whose id is most like the last word of a path, if it is alike enough."""
        word = Path(path).name.removesuffix(".html")
        near = nearest(word, self.index.cards, least)
        return [self.index.cards[near]] if near else []

    def _found(self, asked: PageRequest) -> Reply:
        pages = PAGES | LIVE_PAGES if self._live else PAGES
        if asked.path in pages:
            return _page(_view(*pages[asked.path])(asked))
        if self._live and asked.path in ("design.py", "design.toml"):
            text = _view("designer", "design_file")(asked, Path(asked.path).suffix[1:])
            return Reply(text.encode(), _MEDIA[".txt"])
        folder, _, name = asked.path.rpartition("/")
        stem, _, kind = name.rpartition(".")
        if folder.startswith("cards/") and (made := self._made(asked, *folder.split("/")[1:], name)):
            return made
        if folder == "compare" and kind == "js" and not self._live:
            return Reply(
                _view("comparison_files", "words_file")(asked.say, self.index.cards, stem).encode(), _media(name)
            )
        if folder == "cards" and kind in CARD_FILES:
            card = self.index.cards[stem]
            return Reply(CARD_FILES[kind](card).encode(), _media(name))
        if folder == "cards" and kind == "html":
            return _page(_view("card", "model_page")(asked, self.index.cards[stem]))
        raise NoPageError(asked.say("There is no page {path}.", path=asked.path))

    def _made(self, asked: PageRequest, *names: str) -> Reply | None:
        """What is made of a card for its folder: a size's config files and pages, and the drawing beside a parent's."""
        match names:
            case (model, size, *inside) if self._live and inside[-1:] and inside[-1].endswith(".json"):
                card = self.index.cards[model]
                text = config_texts(card, size_at(card, size)).get("/".join(inside))
                return Reply(text.encode(), _MEDIA[".json"]) if text else None
            case (model, size, name) if name.endswith(".html"):
                return _page(_view("card_sizes", "size_page")(asked, self.index.cards[model], size, Path(name).stem))
            case (model, "opened.svg"):
                return Reply(_opened(self.index.cards[model]).encode(), _MEDIA[".svg"])
            case (model, name) if name.startswith(FROM) and name.endswith(".svg"):
                card, parent = self.index.cards[model], self.index.cards[name.removeprefix(FROM).removesuffix(".svg")]
                return Reply(_difference(parent, card).encode(), _MEDIA[".svg"])
        return None

    def paths(self) -> Iterator[str]:
        """Every path of the site, without what its questions may add."""
        from clados.catalog.changes import compared_parents
        from clados.catalog.structure import headline_declared
        from clados.drawing.drawings import draw
        from clados.web.views.card_sizes import size_places
        from clados.web.views.comparison_files import words_places

        for file in sorted(STATIC_FILES.rglob("*")):
            if file.is_file() and file.suffix in _MEDIA:
                yield f"static/{file.relative_to(STATIC_FILES).as_posix()}"
        yield from self._given.files
        if not self._live:
            words = [*words_places(self.index.cards)]
            yield from (f"{each.folder}{path}" for path in words for each in page_languages().values())
        for language in page_languages().values():
            yield from (f"{language.folder}{page}" for page in PAGES)
            for card in self.index.cards.values():
                kinds = [each for each in CARD_FILES if each != "svg" or headline_declared(card)]
                yield from (f"{language.folder}cards/{card.id}.{kind}" for kind in ("html", *kinds))
        for card in self.index.cards.values():
            yield from (f"{each.folder}{path}" for path in size_places(card) for each in page_languages().values())
            beside = [f"cards/{card.id}/{FROM}{each}.svg" for each in compared_parents(self.index.cards, card)]
            yield from (f"{each.folder}{path}" for path in beside for each in page_languages().values())
            if headline_declared(card) and draw(card.id).data["folds"]:
                yield from (f"{each.folder}cards/{card.id}/opened.svg" for each in page_languages().values())


def _page(document: Document, status: int = 200) -> Reply:
    policy = {"Content-Security-Policy": f"{document.policy}{FRAMES}"}
    return Reply(document.html.encode(), _MEDIA[".html"], status, policy)


def _view(module: str, name: str) -> Callable[..., Any]:
    view: Callable[..., Any] = getattr(importlib.import_module(f"{_VIEWS}.{module}"), name)
    return view


def _json(card: Card) -> str:
    return json.dumps(card.as_dict(), indent=1, ensure_ascii=False) + "\n"


def _bibtex(card: Card) -> str:
    from clados.catalog.bibtex import bibtex

    return bibtex([card]) + "\n"


def _svg(card: Card) -> str:
    from clados.drawing.drawings import draw

    return draw(card.id).svg


def _opened(card: Card) -> str:
    from clados.drawing.drawings import draw

    return draw(card.id, opened=["all"]).svg


def _difference(parent: Card, card: Card) -> str:
    from clados.drawing.drawings import draw

    return draw(parent.id, card.id).svg


CARD_FILES: dict[str, Callable[[Card], str]] = {"json": _json, "bib": _bibtex, "svg": _svg}


def _language(path: str) -> tuple[Language, str]:
    """The language of a path, and the path within it."""
    first, _, rest = path.partition("/")
    known = page_languages()
    return (known[first], rest or "index.html") if first in known and first != "en" else (known["en"], path)


def _static(path: str) -> Path | None:
    """The file of the package that a path names."""
    names = path.split("/")
    if names[0] != "static" or ".." in names:
        return None
    file = STATIC_FILES.joinpath(*names[1:])
    return file if file.is_file() and file.suffix in _MEDIA else None


def _media(path: str) -> str:
    return _MEDIA.get(Path(path).suffix, "application/octet-stream")
