"""Filtering the catalogue's page of 500 cards in Chromium, until the next frame shows what is left.

Each filtering is timed by the clock (the script alone, and until the frame) and by what Chromium's main thread has
worked for it, which counts script, style, layout and paint, and hardly what else runs on the machine.
"""

import shutil
import statistics
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from playwright.sync_api import Page, sync_playwright
from tests.web.driving import FLAGS, invented, served

from benchmarks.harness import Figure, Limits
from clados.catalog.load import Catalog, catalog
from clados.web.index import Index
from clados.web.site import Site

MODELS, MOST = 500, 0.05  # cards, and seconds that a filtering of them may take
ROUNDS = 3
FIELDS = {  # of the form, and what is said in each, one after the other
    "[name=architecture][value=encoder]": (True, False),
    "[name=family][value=BERT]": (True, False),
    "[name=runnable]": (True, False),
    "[name=text]": ("a", "att", "zzzz", ""),
    "[name=date]": ("2019..2021", ""),  # as a brush writes it
    "[name=params]": ("100M..1B", "1B..", ""),
    "[name=link]": ("hugging", ""),
}
FILTERING = """async ([name, value]) => {
  const field = document.querySelector(`#catalogue ${name}`);
  const frame = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  await frame();
  const begun = performance.now();
  if (value === true || value === false) field.checked = value;
  else field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  const ended = performance.now();
  await frame();
  return [ended - begun, performance.now() - begun];
}"""
SHOWS_ALL_FRAMES = ["--disable-frame-rate-limit", "--disable-gpu-vsync"]  # a frame is not held back for the screen


def filtering(limits: Limits) -> list[Figure]:
    """At both widths, the median of so many filterings against what one may take, with the longest."""
    site = Site(live=False)
    site.index = Index(Catalog(invented(catalog().values(), MODELS)))
    found = []
    with sync_playwright() as playwright:
        flags = [*FLAGS.split(), *SHOWS_ALL_FRAMES]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        with closing(browser):
            for address in served(site):
                for width in (1280, 390):
                    page = browser.new_page(viewport={"width": width, "height": 900})
                    page.goto(address, wait_until="networkidle")
                    found.append(_figure(width, [*_filterings(page)]))
    return found


def _filterings(page: Page) -> Iterator[tuple[float, float, float]]:
    """Seconds of each: of the script, until the frame, and of the main thread's own work."""
    chromium = page.context.new_cdp_session(page)
    chromium.send("Performance.enable", {"timeDomain": "threadTicks"})
    for _ in range(ROUNDS):
        for name, values in FIELDS.items():
            for value in values:
                before = _worked(chromium)
                script, frame = page.evaluate(FILTERING, [name, value])
                yield script / 1e3, frame / 1e3, _worked(chromium) - before


def _worked(chromium: Any) -> float:
    metrics = chromium.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def _figure(width: int, taken: list[tuple[float, float, float]]) -> Figure:
    scripts, frames, worked = map(sorted, zip(*taken))
    name = f"filtering {MODELS} cards at {width} px, the main thread's seconds against {MOST}"
    spread = MOST / worked[-1], MOST / worked[len(worked) * 3 // 4], MOST / worked[len(worked) // 4], MOST / worked[0]
    median = statistics.median(worked)
    clock = ", ".join(
        f"{what} {1e3 * statistics.median(each):.0f} ms, at most {1e3 * each[-1]:.0f}"
        for what, each in (("the script", scripts), ("until the next frame", frames))
    )
    note = f"at most {1e3 * worked[-1]:.0f} ms of work; by the clock {clock}"
    each = {"clados": median, "limit": MOST}
    return Figure(name, MOST / median, spread, 1.0, each, len(taken), note=note)
