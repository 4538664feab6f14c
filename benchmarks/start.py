"""Cold starts: whole processes, from nothing to an answer."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import peers
from benchmarks.harness import Figure, Limits, Run, figure, interleaved

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


def _python(code: str) -> Run:
    return _process([sys.executable, "-c", code])


def _process(command: Sequence[str]) -> Run:
    return lambda: subprocess.run(command, check=True, capture_output=True)
