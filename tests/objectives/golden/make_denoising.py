"""Batches of fairseq's denoising, with what it drew: writes denoising.json beside this file.

    python tests/objectives/golden/make_denoising.py

Takes ``fairseq/data/denoising_dataset.py`` out of the wheel of fairseq-fixed 0.12.3.1 (the same file as in
github:facebookresearch/fairseq at 3d262bb2), which pip downloads, and gives it the two names that it imports.
"""

import json
import subprocess
import sys
import tempfile
import types
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

WHEEL = ["--only-binary=:all:", "--platform=manylinux_2_28_x86_64", "--python-version=312", "fairseq-fixed==0.12.3.1"]
BOS, EOS, STOP, MASK, SIZE = 0, 2, 4, 99, 100
EXAMPLES, COUNTED = 6, 12_000


def code() -> str:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, *WHEEL], check=True)
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            return wheel.read("fairseq/data/denoising_dataset.py").decode()


@contextmanager
def numpy_seed(*_: int) -> Iterator[None]:
    yield


def dataset_class() -> Any:
    data = types.ModuleType("theirs")
    data.data_utils = types.SimpleNamespace(numpy_seed=numpy_seed)  # type: ignore[attr-defined]
    data.FairseqDataset = object  # type: ignore[attr-defined]
    sys.modules["theirs"] = data
    made: dict[str, Any] = {"__package__": "theirs", "__name__": "theirs.denoising_dataset"}
    exec(compile(code(), "denoising_dataset.py", "exec"), made)
    return made["DenoisingDataset"]


class Vocab:
    def __len__(self) -> int:
        return SIZE

    def bos(self) -> int:
        return BOS

    def eos(self) -> int:
        return EOS

    def index(self, word: str) -> int:
        return {"13": STOP}[word]  # the full stop of GPT-2's bytes


class Fresh:
    """One text, made anew each time: without permutation the class damages what it is given."""

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.tensor([BOS, *range(5, 45), EOS])


def main() -> None:
    theirs, drawn = dataset_class(), []
    permutation, sample = torch.randperm, torch.distributions.Categorical.sample

    def record(kind: str, value: torch.Tensor) -> torch.Tensor:
        drawn.append((kind, value.tolist()))
        return value

    torch.randperm = lambda n: record("permutation", permutation(n))
    torch.distributions.Categorical.sample = lambda self, sample_shape: record("lengths", sample(self, sample_shape))
    args: dict[str, Any] = dict(
        mask=0.3, mask_random=0.0, insert=0.0, rotate=0.0, permute_sentences=1.0, bpe="gpt2", replace_length=1,
        mask_length="span-poisson", poisson_lambda=3.0,
    )  # fmt: skip
    torch.manual_seed(0)
    texts = np.random.default_rng(0)
    examples = []
    for number in range(EXAMPLES):
        length = [12, 20, 33, 47, 5, 60][number]
        ids = texts.integers(5, 99, length)
        ids[texts.permutation(length - 1)[: length // 9]] = STOP
        ids[-1] = STOP
        tokens = torch.tensor([BOS, *ids, EOS])
        drawn.clear()
        found = theirs([tokens], [len(tokens)], Vocab(), MASK, None, False, 0, **args)[0]
        examples.append({"ids": ids.tolist(), "drawn": list(drawn), "source": found["source"].tolist()})
    args["permute_sentences"] = 0.0
    plain = theirs(Fresh(), [42], Vocab(), MASK, None, False, 0, **args)
    lengths, masks, places = np.zeros(60, int), np.zeros(30, int), np.zeros(40, int)
    for _ in range(COUNTED):
        source = plain[0]["source"][1:-1].numpy()
        lengths[len(source)] += 1
        masks[(source == MASK).sum()] += 1
        places[np.setdiff1d(np.arange(40), source - 5)] += 1
    counts = {"examples": COUNTED, "lengths": lengths.tolist(), "masks": masks.tolist(), "hidden": places.tolist()}
    written = {"of": "fairseq-fixed 0.12.3.1", "batches": examples, "counts": counts}
    Path(__file__).with_name("denoising.json").write_text(json.dumps(written) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
