"""The memory in which a model trains on a corpus too large for it, beyond what it takes on a small one (Linux).

``python -m benchmarks.corpus MEGABYTES`` says for how large a one; ``python -m benchmarks corpus`` for 128.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.harness import Figure, Limits, show
from clados.data import Text, read_as

MEGABYTES = 128
SMALL = 2  # megabytes
MOST = 500  # MB beyond the small one's
FILES = 8
DOCUMENT = 2000  # characters, about


def corpus(limits: Limits, megabytes: int = MEGABYTES) -> list[Figure]:
    """The most resident memory of ``clados pretrain gpt-2`` for a few steps."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (small, _), (large, seconds) = (_trained(folder / str(size), size) for size in (SMALL, megabytes))
    more = max(large - small, 1.0)
    note = f"{small:,.0f} MB in all on {SMALL} MB; {large:,.0f} MB on {megabytes:,} MB, in {seconds:,.0f} s of a core"
    title = f"GPT-2 pretrained on {megabytes:,} MB of texts: {more:,.0f} MB more than on {SMALL} MB, against {MOST}"
    return [Figure(title, MOST / more, (MOST / more,) * 4, 1.0, {}, 1, note=note)]


def _trained(folder: Path, megabytes: int) -> tuple[float, float]:
    """MB resident at most, and seconds of all cores."""
    _generate(folder / "data", megabytes)
    command = [sys.executable, "-m", "clados", "pretrain", "gpt-2", "--data", str(folder / "data")]
    command += ["--steps", "3", "--batch", "4", "--params", "1M", "--vocab", "2000", "--out", str(folder / "out")]
    process = subprocess.Popen([*command, "--cache", str(folder / "cache")], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {status}")
    return used.ru_maxrss / 1024, used.ru_utime + used.ru_stime


def _generate(folder: Path, megabytes: int) -> None:
    """Documents of sentences of the embedded dictionary, in random order."""
    folder.mkdir(parents=True)
    sentences = [line for each in read_as(Text, "english") for line in each.text.splitlines() if line]
    number = DOCUMENT * len(sentences) // sum(map(len, sentences))
    random = np.random.default_rng(0)
    for i in range(FILES):
        written = 0
        with (folder / f"{i}.jsonl").open("w", encoding="utf-8") as file:
            while written < megabytes * 1e6 / FILES:
                text = " ".join(sentences[at] for at in random.integers(len(sentences), size=number))
                written += file.write(json.dumps({"text": text}) + "\n")


if __name__ == "__main__":
    show(corpus(Limits(0, 0), int(sys.argv[1])))
