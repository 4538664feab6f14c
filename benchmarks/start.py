"""Cold starts: whole processes, from nothing to an answer."""

import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from benchmarks import peers
from benchmarks.harness import Figure, Limits, Run, against, figure, interleaved

FIRST_ANSWER = 1.0  # seconds of the processor

_ADDRESS = re.compile(r"http://\S+")

OURS = """
import torch, clados
from clados.checkpoints import from_pretrained
from clados.apply.generate import generate
from clados.nn.weight_layout import prepare_for_decoding
generate(prepare_for_decoding(from_pretrained({path!r})), torch.arange(8, 24)[None], max_new_tokens={new}, eos=())
"""
THEIRS = """
import torch, transformers
model = transformers.GPT2LMHeadModel.from_pretrained({path!r})
ids = torch.arange(8, 24)[None]
mask = torch.ones_like(ids)
model.generate(ids, attention_mask=mask, max_new_tokens={new}, do_sample=False, pad_token_id=0, eos_token_id=None)
"""


def start(limits: Limits) -> list[Figure]:
    """Importing, listing, and writing 16 tokens from a directory."""
    command = str(Path(sys.executable).with_name("clados"))
    runs = {
        "import clados": _python("import clados"),
        "clados list": _process([command, "list"]),
        "import transformers": _python("import transformers"),
    }
    seconds = interleaved(runs)
    figures = [figure(name, seconds, ours=name, peer="import transformers") for name in list(runs)[:2]]
    with tempfile.TemporaryDirectory() as path:
        peers.saved(peers.gpt_2(), Path(path))
        writing = {"clados": OURS, "transformers": THEIRS}
        whole = interleaved({side: _python(code.format(path=path, new=16)) for side, code in writing.items()})
    return [*figures, figure("GPT-2 124M from a directory to 16 tokens, the whole process", whole)]


def page(limits: Limits) -> list[Figure]:
    """From the start of `clados web` to its first page, in seconds of all cores; the least of five."""
    return [against("clados web from nothing to its first page", min(_first_page() for _ in range(5)), FIRST_ANSWER)]


def _first_page() -> float:
    """Seconds of all cores that a server has used when its first page is read.

    Raises:
        RuntimeError: when the server ends before it says where it listens.
        OSError: when nothing answers there.
    """
    command = str(Path(sys.executable).with_name("clados"))
    server = subprocess.Popen([command, "web", "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    try:
        if (address := _ADDRESS.search(server.stdout.readline())) is None:
            raise RuntimeError("clados web ended without an address")
        urllib.request.urlopen(address[0], timeout=30).close()
    finally:
        server.terminate()
        server.stdout.close()
        used = os.wait4(server.pid, 0)[2]
        server.returncode = 0
    return used.ru_utime + used.ru_stime


def _python(code: str) -> Run:
    return _process([sys.executable, "-c", code])


def _process(command: Sequence[str]) -> Run:
    return lambda: subprocess.run(command, check=True, capture_output=True)
