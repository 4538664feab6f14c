"""Time to a readable picture of GPT-2 in Chromium: its card, beside Netron opening an ONNX export of it.

Netron is no dependency: ``NETRON`` names a Python that has netron, onnx and onnxscript, as of a virtual environment.
The export is made before anything is timed; weights that lie beside it are not read by Netron. What it asks of other
hosts is refused at once, and its question for consent is answered before. Windows are opened before, too.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.harness import Figure, Limits, figure

PAIRS = 5
WANTED = 5.0
ELSEWHERE = re.compile(r"https?://(?!127\.0\.0\.1[:/])")
EXPORT = """
import sys, torch, transformers
sys.path.append({packages!r})
model = transformers.GPT2LMHeadModel(transformers.GPT2Config()).eval()
length = torch.export.Dim("length", min=2, max=1024)

class Scores(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = model

    def forward(self, input_ids):
        return self.model(input_ids, use_cache=False).logits

shapes = {{"input_ids": {{1: length}}}}
said = {{"dynamo": True, "dynamic_shapes": shapes, "external_data": {beside}}}
torch.onnx.export(Scores(), (torch.arange(16)[None],), {path!r}, **said)
"""
SERVE = "import netron, time; netron.start({path!r}, address=('127.0.0.1', {port}), browse=False); time.sleep(3600)"


def readable(limits: Limits) -> list[Figure]:
    """From asking for the page to a drawing whose boxes and names are there."""
    python, chromium = os.environ.get("NETRON"), shutil.which("chromium")
    if not python or not chromium:
        raise SystemExit("NETRON names a Python with netron and onnx, and chromium is on the path; one of them is not")
    versions = _said(
        [python, "-c", "import netron, onnx; print('netron', netron.__version__, 'onnx', onnx.__version__)"]
    )
    packages = _said([python, "-c", "import onnx, pathlib; print(pathlib.Path(onnx.__file__).parents[1])"])
    found = []
    for beside, where in ((True, "beside the export"), (False, "in it")):
        with tempfile.TemporaryDirectory() as folder:
            model = str(Path(folder) / "gpt-2.onnx")
            code = EXPORT.format(packages=packages, path=model, beside=beside)
            subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
            seconds = _seconds(chromium, [python, "-c", SERVE.format(path=model, port=8965)])
        name = f"GPT-2's picture in Chromium, from asking for it; weights {where}"
        found.append(figure(name, seconds, WANTED, peer="netron", note=versions))
    return found


def _seconds(chromium: str, netron: list[str]) -> dict[str, list[float]]:
    """Of each, in turn; the first of all warms both up."""
    drawn = "svg[data-figure=architecture] [data-box] text"
    clados = [str(Path(sys.executable).with_name("clados")), "web", "--port", "8964"]
    with sync_playwright() as playwright, _served(clados, 8964) as ours, _served(netron, 8965) as theirs:
        pages = {"clados": (f"{ours}cards/gpt-2.html", drawn), "netron": (theirs, "svg g.node text")}
        seconds: dict[str, list[float]] = {name: [] for name in pages}
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        with closing(browser):
            for i in range(PAIRS + 1):
                for name in list(pages)[:: 1 if i % 2 else -1]:
                    seconds[name].append(_opened(browser, *pages[name]))
    return {name: each[1:] for name, each in seconds.items()}


def _opened(browser: Browser, address: str, text: str) -> float:
    """Seconds until a drawing's text is visible, in a fresh window without cache."""
    with closing(browser.new_context(viewport={"width": 1280, "height": 900})) as context:
        context.add_cookies([{"name": "consent", "value": "1", "url": address}])
        context.route(ELSEWHERE, lambda route: route.abort())
        page = context.new_page()
        begun = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.locator(text).first.wait_for(state="visible", timeout=180_000)
        return time.perf_counter() - begun


@contextmanager
def _served(command: list[str], port: int) -> Iterator[str]:
    """The address of what a command serves, once it answers."""
    address = f"http://127.0.0.1:{port}/"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with suppress(OSError):
                urllib.request.urlopen(address).close()
                break
            time.sleep(0.1)
        yield address
    finally:
        process.kill()
        process.wait()


def _said(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
