"""50 clients that ask `clados web` for pages at once, for a minute: every answer is right, and how long each takes.

`SECONDS` in the environment asks for other than 60.
"""

import http.client
import itertools
import os
import random
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from benchmarks.harness import Figure, Limits
from clados.catalog.load import catalog

CLIENTS, PORT = 50, 8966
PAGES = (
    *("/", "/zh/", "/?architecture=encoder&params=..1B&sort=-date", "/tree.html", "/timeline.html", "/recent.html"),
    *(
        "/timeline-tokens.html",
        "/timeline-flops.html",
        "/compare.html?models=bert,roberta,t5",
        "/designer.html?model=gpt-2:small",
        "/learn.html",
    ),
    *("/static/page.css", "/static/vendor/d3-zoom.min.js"),
)
COMPUTED = ("/objective.html?model=bert&text=The+cat+sat+on+the+mat.", "/cards/bert/base/config.json")  # by torch


def clients(limits: Limits) -> list[Figure]:
    """Answers a second, and the seconds of one; any that is no 200, or breaks off, ends the benchmark."""
    seconds = float(os.environ.get("SECONDS", "60"))
    command = str(Path(sys.executable).with_name("clados"))
    server = subprocess.Popen([command, "web", "--port", str(PORT)], stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/").close()
                break
            time.sleep(0.1)
        taken, faults = _asked([*PAGES, *COMPUTED, *(f"/cards/{name}.html" for name in catalog())], seconds)
    finally:
        server.terminate()
        server.wait()
    if faults:
        raise SystemExit(f"{len(faults)} of {len(taken) + len(faults)} answers are wrong: {faults[0]}")
    cuts = statistics.quantiles(taken, n=20)
    spread = min(taken), cuts[4], cuts[14], max(taken)
    said = f"{len(taken):,} answers, none wrong; 95 % within {cuts[18]:.2f} s, the longest {spread[3]:.2f} s"
    each = {"an answer": statistics.median(taken)}
    return [
        Figure(f"{CLIENTS} clients, answers a second", len(taken) / seconds, spread, None, each, len(taken), note=said)
    ]


def _asked(paths: list[str], seconds: float) -> tuple[list[float], list[str]]:
    """The seconds of each right answer, and what is wrong with others; each client asks in an order of its own."""
    taken: list[float] = []
    faults: list[str] = []
    end = time.monotonic() + seconds

    def client(number: int) -> None:
        order = random.Random(number).sample(paths, len(paths))
        for path in itertools.cycle(order):
            if time.monotonic() > end:
                return
            begun = time.monotonic()
            try:
                link = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
                link.request("GET", path)
                answer = link.getresponse()
                body = answer.read()
                link.close()
            except (OSError, http.client.HTTPException) as error:
                faults.append(f"{path}: {error!r}")
                continue
            if answer.status != http.HTTPStatus.OK or not body:
                faults.append(f"{path}: {answer.status}")
            else:
                taken.append(time.monotonic() - begun)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return taken, faults
