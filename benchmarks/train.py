"""A training step: loss, gradients, clipping and AdamW; and the most memory that it takes."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from benchmarks import peers
from benchmarks.harness import Figure, Limits, Run, figure, interleaved, timed


def float32(limits: Limits) -> list[Figure]:
    """GPT-2 of 124M parameters on 4 texts of 256 tokens."""
    ours, theirs = peers.both(peers.gpt_2())
    runs = _runs(ours, theirs, (4, 256))
    work = {"GFLOP": _flops(theirs, 1024)}
    seconds = interleaved(runs)
    note = _memory("large")
    return [figure("GPT-2 124M, step of 4 x 256, float32", seconds, 1.0, work=work, limits=limits, note=note)]


def bfloat16(limits: Limits) -> list[Figure]:
    """The same in bfloat16, on few tokens: where there are no instructions for it the peer takes minutes for many."""
    ours, theirs = peers.both(peers.gpt_2(), torch.bfloat16)
    runs = _runs(ours, theirs, (1, 16))
    whole = _runs(ours, theirs, (4, 256))["clados"]
    whole()
    seconds = interleaved(runs)
    note = f"a step of 4 x 256 takes clados {timed(whole):.1f} s"
    return [figure("GPT-2 124M, step of 1 x 16, bfloat16", seconds, 1.15, note=note)]


def small(limits: Limits) -> list[Figure]:
    """A model of about 5M parameters."""
    ours, theirs = peers.both(peers.gpt_2(**peers.SMALL))
    work = {"GFLOP": _flops(theirs, 1024)}
    seconds = interleaved(_runs(ours, theirs, (4, 256)), pairs=11)
    count = sum(each.numel() for each in theirs.parameters()) / 1e6
    note = _memory("small")
    return [figure(f"GPT-2 {count:.1f}M, step of 4 x 256", seconds, 1.5, work=work, limits=limits, note=note)]


def _runs(ours: Any, theirs: Any, shape: tuple[int, int]) -> dict[str, Run]:
    """One step of each, dropout as in the paper."""
    ids = torch.randint(8, theirs.config.vocab_size, shape, generator=torch.Generator().manual_seed(0))

    def loss_of_ours() -> Any:
        states = ours.states(ids[:, :-1]).flatten(0, 1)
        return ours.heads["lm"].nll(states, ids[:, 1:].flatten(), ours.inputs) / len(states)

    def loss_of_theirs() -> Any:
        return theirs(ids, labels=ids, use_cache=False).loss

    return {"clados": _step(ours, loss_of_ours), "transformers": _step(theirs, loss_of_theirs)}


def _step(model: Any, loss: Run) -> Run:
    model.train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4)

    def step() -> None:
        found: Any = loss()
        found.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    return step


def _flops(model: Any, tokens: int) -> float:
    """Products of the weights, forward and twice that backward (10^9)."""
    weights = sum(each.numel() for name, each in model.named_parameters() if each.dim() == 2 and "wpe" not in name)
    return float(6 * weights * tokens / 1e9)


def _memory(which: str) -> str:
    """The most that a step takes beyond weights and optimiser, each side in a process of its own (Linux)."""
    most = {}
    for side in ("clados", "transformers"):
        command = [sys.executable, "-m", "benchmarks.train", which, side, str(torch.get_num_threads())]
        most[side] = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    said = ", ".join(f"{side} {value:,.0f} MB" for side, value in most.items())
    return f"memory at the peak of a step, beyond weights and optimiser: {said}"


def _peak(which: str, side: str) -> float:
    config = peers.gpt_2() if which == "large" else peers.gpt_2(**peers.SMALL)
    models = dict(zip(("clados", "transformers"), peers.both(config), strict=True))
    runs = _runs(models["clados"], models["transformers"], (4, 256))
    runs[side]()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew (proc(5))
    before = _status("VmRSS")
    runs[side]()
    return (_status("VmHWM") - before) / 1024


def _status(name: str) -> float:
    """A figure of this process in KB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"{name}:")))


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[3]))
    print(_peak(sys.argv[1], sys.argv[2]))
