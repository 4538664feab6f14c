"""The README's picture of the catalogue's page: docs/pictures/page.png, as Debian's Chromium shows it.

Usage: python scripts/page_picture.py
"""

import io
import shutil
import sys
import threading
from pathlib import Path

import uvicorn
from PIL import Image
from playwright.sync_api import sync_playwright

from clados.web.server import application

FILE = Path(__file__).parents[1] / "docs" / "pictures" / "page.png"
QUERY = "architecture=encoder-decoder&date=2019-07..2022&sort=date"
FOLDED = ("family", "task_kind", "tasks", "extension", "application")  # facets that leave room to the brushes


def main() -> int:
    """Draw it anew."""
    server = uvicorn.Server(uvicorn.Config(application(), port=0, log_level="warning", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme="light")
        page.goto(f"http://127.0.0.1:{port}/?{QUERY}")
        for name in FOLDED:
            page.eval_on_selector(f"[data-facet={name}]", "facet => { facet.open = false; }")
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(128, dither=Image.Dither.NONE)
        browser.close()
    server.should_exit = True
    thread.join()
    picture.save(FILE, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
