"""The site: which path is which page. The server answers with it, and the export writes all of it as files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from clados.catalog.load import catalog
from clados.web.index import Index
from clados.web.language import Language, page_languages
from clados.web.request import PageRequest
from clados.web.views import frame
from clados.web.views.catalogue import catalogue

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

PageView = Callable[[PageRequest], str]
PAGES: dict[str, PageView] = {"index.html": catalogue}


@dataclass(frozen=True)
class Reply:
    """What is sent for a path."""

    body: bytes
    media: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Site:
    """All pages of the catalogue as it is now."""

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
        say, inside = _language(path)
        asked = PageRequest(say, inside, query, self.index)
        if view := PAGES.get(inside):
            return Reply(view(asked).encode(), _media(inside))
        page = frame.not_found(
            PageRequest(say, "index.html", (), self.index), say("There is no page {path}.", path=inside), ()
        )
        return Reply(page.encode(), _MEDIA[".html"], 404)

    def paths(self) -> Iterator[str]:
        """Every path of the site, without what its questions may add."""
        for file in sorted(STATIC_FILES.rglob("*")):
            if file.is_file() and file.suffix in _MEDIA:
                yield f"static/{file.relative_to(STATIC_FILES).as_posix()}"
        for language in page_languages().values():
            yield from (f"{language.folder}{page}" for page in PAGES)


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
