"""The most memory that a training step takes where the vocabulary is large, each side in a process of its own (Linux).

Counted is what a step takes beyond weights and optimiser; the note says how much that is with them. Models have two
layers of a published width, so that what the vocabulary takes is most of it.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from benchmarks import peers
from benchmarks.harness import Figure, Limits
from clados import spec as s
from clados.data.packing import Packed, generator
from clados.models.declared import declared
from clados.nn import build
from clados.objectives import Setting, VocabIds, task

SHAPE = 4, 256
WANTED = 0.6  # of theirs, at most
CASES: dict[str, tuple[str, s.Objective]] = {
    "GPT-2, 50,257 tokens": ("gpt-2:small", s.NextToken()),
    "XLM-R, 250,002 tokens": ("xlm-roberta:base", s.MaskedTokens()),
}


def _theirs(name: str) -> Any:
    if name.startswith("GPT-2"):
        return transformers.GPT2LMHeadModel(peers.gpt_2(n_layer=2))
    shape = {"vocab_size": 250_002, "num_hidden_layers": 2, "max_position_embeddings": 514, "type_vocab_size": 1}
    return transformers.XLMRobertaForMaskedLM(transformers.XLMRobertaConfig(**shape))


def _ours(name: str) -> Any:
    card, _, size = CASES[name][0].partition(":")
    model = declared(card).at(size)
    return build(model.resized(model.size.but(layers=2)))


def memory(limits: Limits) -> list[Figure]:
    """GPT-2's and XLM-R's vocabularies."""
    return [_figure(name) for name in CASES]


def _figure(name: str) -> Figure:
    step, whole = {}, {}
    for side in ("clados", "transformers"):
        command = [sys.executable, "-m", "benchmarks.memory", name, side, str(torch.get_num_threads())]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        step[side], whole[side] = map(float, told.split()[-2:])
    ratio = step["transformers"] / step["clados"]
    said = ["; ".join(f"{side} {value:,.0f} MB" for side, value in each.items()) for each in (step, whole)]
    note = f"a step's peak: {said[0]}, {1 / ratio:.2f}x; with weights and optimiser: {said[1]}"
    return Figure(f"{name}, 2 layers, step of 4 x 256: memory", ratio, (ratio,) * 4, 1 / WANTED, {}, 1, note=note)


def peak(name: str, side: str) -> tuple[float, float]:
    """MB that a step takes beyond weights and optimiser, and with them."""
    torch.manual_seed(0)
    transformers.logging.set_verbosity_error()
    start = _status("VmRSS")
    ours = side == "clados"
    model = (_ours if ours else _theirs)(name)
    model.train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    for each in model.parameters():
        each.grad = torch.zeros_like(each)
    optimiser.step()  # its moments are there from now on
    optimiser.zero_grad(set_to_none=True)
    loss = _loss(model, CASES[name][1], ours=ours)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew (proc(5))
    before = _status("VmRSS")
    loss().backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    most = _status("VmHWM")
    return (most - before) / 1024, (most - start) / 1024


def _loss(model: Any, objective: s.Objective, *, ours: bool) -> Callable[[], Any]:
    """The loss of the same kind of batch on either side."""
    rows = np.random.default_rng(0).integers(8, 50_000, SHAPE)
    masked = isinstance(objective, s.MaskedTokens)
    if ours:
        setting = Setting(model.spec, SHAPE[1], VocabIds.declared(model.spec.vocab))
        inside = rows[:, 2:] if masked else rows
        one, packed = task(objective), [Packed(each, np.zeros_like(each)) for each in inside]
        batch = one.prepare(packed, [generator(i) for i in range(len(rows))], setting)
        return lambda: one.loss(model, batch).mean
    ids = torch.from_numpy(rows)
    labels = torch.where(torch.rand(ids.shape) < 0.15, ids, -100) if masked else ids
    return lambda: model(ids, labels=labels).loss


def _status(name: str) -> float:
    """A figure of this process in KB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"{name}:")))


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[3]))
    print(*peak(sys.argv[1], sys.argv[2]))
