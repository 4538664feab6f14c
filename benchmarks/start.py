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
generate(from_pretrained({path!r}), torch.arange(8, 24)[None], max_new_tokens={new}, eos=())
"""
THEIRS = """
import torch, transformers
model = transformers.GPT2LMHeadModel.from_pretrained({path!r})
ids = torch.arange(8, 24)[None]
mask = torch.ones_like(ids)
model.generate(ids, attention_mask=mask, max_new_tokens={new}, do_sample=False, pad_token_id=0, eos_token_id=None)
"""


def start(limits: Limits) -> list[Figure]:
    """Importing, listing, and writing 32 tokens from a directory."""
    theirs = _python("import transformers")
    imports = interleaved({"clados": _python("import clados"), "transformers": theirs})
    lists = interleaved({"clados": _process([sys.executable, "-m", "clados", "list"]), "transformers": theirs})
    figures = [
        figure("import clados, beside import transformers", imports),
        figure("clados list, beside import transformers", lists),
    ]
    for name, words in (("tiny GPT-2", peers.TINY), ("GPT-2 124M", {})):
        with tempfile.TemporaryDirectory() as path:
            peers.saved(peers.gpt_2(**words), Path(path))
            runs = {
                "clados": _python(OURS.format(path=path, new=32)),
                "transformers": _python(THEIRS.format(path=path, new=32)),
            }
            figures.append(figure(f"{name} from directory to 32 tokens, whole process", interleaved(runs)))
    return figures


def _python(code: str) -> Run:
    return _process([sys.executable, "-c", code])


def _process(command: Sequence[str]) -> Run:
    return lambda: subprocess.run(command, check=True, capture_output=True)
