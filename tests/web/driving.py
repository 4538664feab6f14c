"""A server of pages and a browser that drives them: faults of any kind end the test."""

import itertools
import re
import shutil
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from clados.catalog.card import Card
from clados.catalog.load import cards
from clados.web.browser_python import PYODIDE
from clados.web.server import application
from clados.web.site import Site

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run"
)
LOCAL = "http://localhost"  # what a client in this process asks
PYODIDE_FOLDER = Path(__file__).parents[2] / "build" / f"pyodide-{PYODIDE}"  # which make browser fetches
MODELS = len(cards())  # of the catalogue
AXE = Path(__file__).with_name("axe.min.js")
# A picture of the whole page may be taken before rows that the window does not show are laid out.
ALL_ROWS = "document.styleSheets[0].insertRule('.models tr { content-visibility: visible !important; }')"
VIEWS = [(width, theme) for width in (1280, 390) for theme in ("light", "dark")]


def served(site: Site) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(application(site), port=0, log_level="warning", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join()


def opened(browser: Browser, width: int, theme: Any) -> Iterator[Page]:
    faults: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce")

    def watched(route: Route) -> None:
        if not route.request.url.startswith(("http://127.0.0.1:", "file://")):
            faults.append(f"a request to {route.request.url}")
            route.abort()
        else:
            route.continue_()

    context.route("**/*", watched)
    page = context.new_page()
    page.set_default_timeout(30_000)  # torch is brought in by the first page that computes
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


def shown(page: Page) -> list[str]:
    """The models of the catalogue's rows that are left, in order."""
    found: list[str] = page.eval_on_selector_all(
        ".models tbody tr:not([hidden])", "rows => rows.map(row => row.dataset.id)"
    )
    return found


def design(page: Page) -> None:
    """Change numbers and a norm in the designer: what does not fit is told, and what fits is drawn."""
    page.get_by_label("d_model").fill("510")
    expect(page.get_by_role("alert")).to_contain_text("does not divide d_model 510")
    page.locator("[name='size.heads']").fill("10")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.locator("[name='stack.norm']").select_option("RMSNorm")
    expect(page.locator(".designed svg").first).to_contain_text("RMSNorm")


def brush_dates(page: Page) -> None:
    """Drag over the middle of the histogram of dates; the field below takes the range."""
    page.locator("[data-histogram=date]").scroll_into_view_if_needed()
    box = page.locator("[data-histogram=date]").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 20, steps=4)
    page.mouse.up()
    expect(page.locator("input[name=date]")).to_have_value("2019-01..2021-03")


def pictured(page: Page, folder: Path, name: str) -> None:
    """The whole page as a picture in colour and in grey, for people to look at."""
    page.evaluate(ALL_ROWS)
    colour = folder / f"{name}.png"
    page.screenshot(path=colour, full_page=True)
    Image.open(colour).convert("L").save(folder / f"{name}-grey.png")


def invented(cards: Iterable[Card], count: int) -> list[Card]:
    """So many cards: these, and copies of them that descend from each other as they do."""
    own = list(cards)
    return list(itertools.islice((_copy(card, number) for number in itertools.count() for card in own), count))


def _copy(card: Card, number: int) -> Card:
    if not number:
        return card
    text = re.sub(r'(\[\[lineage\]\]\s+parent = ")([^"]+)"', rf'\g<1>\g<2>-copy-{number}"', card.text)
    return replace(card, id=f"{card.id}-copy-{number}", name=f"{card.name} {number + 1}", text=text)
