"""The drawings of models beside a saved gallery of pictures of models, in the same Chromium, from this machine.

``GALLERY`` names a folder: that of a saved page, which is opened as it is, or one that holds pictures alone, which are
put on a bare page. Beside it stands a bare page of as many of our drawings. On bare pages all pictures are of one
width, and each is loaded as it comes near the window.
"""

import os
import shutil
import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from tests.web.driving import FLAGS

from benchmarks.harness import Figure, Limits, figure
from clados.models.declared import package_models
from clados.web.site import Site

PAIRS = 3
PICTURES = (".webp", ".png", ".jpg", ".jpeg", ".svg", ".avif", ".gif")
LEAST = 10_000  # bytes of what is a picture of a model, and no icon
FIRST = """() => new Promise((done) => {
  const look = () => {
    const first = document.images[0];
    const shown = () => requestAnimationFrame(() => done(performance.now()));
    if (first && first.complete && first.naturalWidth) first.decode().then(shown);
    else requestAnimationFrame(look);
  };
  look();
})"""
ALL = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  for (const each of document.images) {
    each.loading = "eager";
    each.scrollIntoView();
    await each.decode();
    await frame();
  }
  return performance.now();
}"""


def gallery(limits: Limits) -> list[Figure]:
    """Seconds to the first picture and to all, by the page's own clock, and the bytes that came."""
    saved, chromium = os.environ.get("GALLERY"), shutil.which("chromium")
    if not saved or not chromium:
        raise SystemExit("GALLERY names the folder of a saved page, and chromium is on the path; one of them is not")
    with tempfile.TemporaryDirectory() as folder:
        theirs = _copied(Path(saved), Path(folder) / "theirs")
        ours = _drawn(Path(folder) / "ours", len(theirs))
        pages = {"clados": ("ours", ours), "gallery": ("theirs", theirs)}
        with _served(Path(folder)) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
            with closing(browser):
                taken: dict[str, list[tuple[float, float, float]]] = {name: [] for name in pages}
                for i in range(PAIRS + 1):
                    for name in list(pages)[:: 1 if i % 2 else -1]:
                        taken[name].append(_opened(browser, f"{address}{pages[name][0]}/"))
    sizes = {name: statistics.median(each[2] for each in taken[name]) / 1e6 for name in taken}
    note = f"{len(theirs)} pictures; " + ", ".join(f"{name} {size:.2f} MB" for name, size in sizes.items())
    return [
        figure(
            title, {name: [each[place] for each in rows[1:]] for name, rows in taken.items()}, peer="gallery", note=note
        )
        for place, title in ((0, "the first picture of a gallery"), (1, "all pictures of it, one after the other"))
    ]


def _copied(saved: Path, folder: Path) -> list[str]:
    """A saved page as it is, or its pictures on a bare one; which pictures these are."""
    shutil.copytree(saved, folder)
    found = [each for each in sorted(folder.rglob("*")) if each.suffix in PICTURES and each.stat().st_size > LEAST]
    names = [each.relative_to(folder).as_posix() for each in found]
    if not (folder / "index.html").exists():
        inside = [each for each in names if "/" in each] or names
        most = max(
            {Path(each).parent for each in inside}, key=lambda part: sum(Path(each).parent == part for each in inside)
        )
        names = [each for each in inside if Path(each).parent == most]
        _bare(folder, names)
    return names


def _drawn(folder: Path, count: int) -> list[str]:
    """So many of our own drawings, as `clados web` answers them."""
    folder.mkdir()
    site, names = Site(live=False), []
    for model in [*package_models()][:count]:
        (folder / f"{model}.svg").write_bytes(site.answer(f"cards/{model}.svg").body)
        names.append(f"{model}.svg")
    _bare(folder, names)
    return names


def _bare(folder: Path, names: list[str]) -> None:
    pictures = "\n".join(
        f'<p style="min-height:800px"><img src="{each}" width="800" loading="lazy" alt="">' for each in names
    )
    (folder / "index.html").write_text(f"<!doctype html><meta charset=utf-8><title>Gallery</title>\n{pictures}\n")


def _opened(browser: Browser, address: str) -> tuple[float, float, float]:
    """Seconds to the first picture and to all, and the bytes of all answers, in a fresh window without cache."""
    with closing(browser.new_context(viewport={"width": 1280, "height": 900})) as context:
        page = context.new_page()
        came = _bytes(page)
        page.goto(address, wait_until="commit")
        first, every = page.evaluate(FIRST), page.evaluate(ALL)
        return first / 1e3, every / 1e3, sum(came)


def _bytes(page: Page) -> list[float]:
    """What comes over the network, answer by answer, as it comes."""
    came = list[float]()
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda each: came.append(each["encodedDataLength"]))
    return came


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (theirs)
        """Nothing is printed."""


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
