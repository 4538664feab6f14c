"""Interleaved pairs, their median ratio with its spread, and the machine's limits at that moment."""

import gc
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch

RESULTS = Path(__file__).with_name("results.json")
PAIRS = 7

Run = Callable[[], object]


@dataclass(frozen=True)
class Limits:
    """What the machine can do: the best of several tries."""

    matmul_gflops: float
    read_gb_per_s: float


@dataclass(frozen=True)
class Figure:
    """A ratio: how many times faster ours is than the peer, pair by pair.

    Attributes:
        wanted: the ratio aimed at; None where there is only something to know.
        seconds: median time of each.
        spread: lowest, quarter, three quarters and highest of the ratios.
        reached: share of the machine's limit that ours and the peer reach, where the work is known.
    """

    name: str
    ratio: float
    spread: tuple[float, float, float, float]
    wanted: float | None
    seconds: Mapping[str, float]
    pairs: int
    limit: str = ""
    reached: Mapping[str, float] = field(default_factory=dict)
    note: str = ""


def timed(run: Run, clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds that one call takes."""
    start = clock()
    run()
    return clock() - start


def interleaved(
    runs: Mapping[str, Run], pairs: int = PAIRS, warm: int = 1, clock: Callable[[], float] = time.perf_counter
) -> dict[str, list[float]]:
    """Seconds of each run, one after the other in turn, so that what disturbs one disturbs all; order alternates.

    Args:
        clock: ``time.process_time`` counts the seconds of all cores that a run works on.
    """
    for run in [*runs.values()] * warm:
        run()
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    gc.collect()
    for i in range(pairs):
        for name in list(runs)[:: 1 if i % 2 else -1]:
            seconds[name].append(timed(runs[name], clock))
    return seconds


def figure(
    name: str,
    seconds: Mapping[str, Sequence[float]],
    wanted: float | None = None,
    *,
    ours: str = "clados",
    peer: str = "transformers",
    work: Mapping[str, float] | None = None,
    limits: Limits | None = None,
    note: str = "",
) -> Figure:
    """The ratio of a peer's time to ours.

    Args:
        work: ``{"GB": read}`` or ``{"GFLOP": multiplied}`` in one run, compared with the machine's limit.
    """
    ratios = sorted(b / a for a, b in zip(seconds[ours], seconds[peer], strict=True))
    low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    medians = {each: statistics.median(times) for each, times in seconds.items()}
    limit, reached = "", {}
    for unit, amount in (work or {}).items():
        if limits is None:
            break
        most = limits.read_gb_per_s if unit == "GB" else limits.matmul_gflops
        limit = f"{most:.1f} {unit}/s"
        reached = {each: amount / medians[each] / most for each in (ours, peer)}
    spread = ratios[0], low, high, ratios[-1]
    return Figure(name, statistics.median(ratios), spread, wanted, medians, len(ratios), limit, reached, note)


def least_seconds(run: Run) -> float:
    """The processor's own seconds, the least of three, so that what else runs on the machine counts for little."""
    return min(timed(run, time.process_time) for _ in range(3))


def against(what: str, seconds: float, most: float) -> Figure:
    """The seconds that something takes, against those that it may."""
    ratio = most / seconds
    return Figure(f"{what}, against {most} s", ratio, (ratio,) * 4, 1.0, {"clados": seconds, "limit": most}, 1)


def limits() -> Limits:
    """The machine's limits, with the threads in use now."""
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    wide = torch.randn(64, 1 << 20)  # 256 MB, far beyond any cache
    multiply = min(timed(lambda: a @ b) for _ in range(12))
    read = min(timed(wide.sum) for _ in range(12))
    return Limits(2 * 1024**3 / multiply / 1e9, wide.numel() * 4 / read / 1e9)


def machine() -> dict[str, object]:
    """Where and with what was measured."""
    model = platform.processor()
    if (info := Path("/proc/cpuinfo")).exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": model,
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "transformers")},
    }


def show(figures: Sequence[Figure]) -> None:
    """Print the figures as a table."""
    for each in figures:
        times = ", ".join(f"{name} {_time(seconds)}" for name, seconds in each.seconds.items())
        wanted = f" (wanted {each.wanted:g}x)" if each.wanted else ""
        low, quarter, three, high = each.spread
        print(f"{each.name}: {each.ratio:.2f}x{wanted}")
        print(f"    {each.pairs} pairs: quartiles {quarter:.2f} to {three:.2f}, all {low:.2f} to {high:.2f}; {times}")
        if each.reached:
            shares = ", ".join(f"{name} {share:.0%}" for name, share in each.reached.items())
            print(f"    limit {each.limit}: {shares}")
        if each.note:
            print(f"    {each.note}")
    sys.stdout.flush()


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.1f} ms"


def write(name: str, figures: Sequence[Figure], at: Limits) -> None:
    """Put a benchmark's figures into results.json, beside the others'."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept[name] = {"machine": machine(), "limits": asdict(at), "figures": [asdict(each) for each in figures]}
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n")
