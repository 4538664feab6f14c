"""Every published size: counted without torch, and built on the meta device where nothing is allocated.

Seconds are the processor's own, so that what else runs on the machine counts for nothing.
"""

import json
import subprocess
import sys
import time

import torch

from benchmarks.harness import Figure, Limits
from clados import nn
from clados.models.declared import declared, package_models

COUNTED, BUILT = 0.2, 5.0  # seconds that each may take
COUNT = """
import json, sys, time
from clados.models.declared import declared, package_models
from clados.spec import count_parameters
seconds = {}
for name in package_models():
    for size, model in declared(name).models().items():
        begun = time.process_time()
        total = count_parameters(model).total
        seconds[f"{name}:{size}"] = (time.process_time() - begun, total)
assert "torch" not in sys.modules
print(json.dumps(seconds))
"""


def sizes(limits: Limits) -> list[Figure]:
    """The slowest size of each, how many times faster it is than it must be, and the largest model."""
    told = subprocess.run([sys.executable, "-c", COUNT], check=True, capture_output=True, text=True).stdout
    counted = {name: tuple(each) for name, each in json.loads(told).items()}
    built = {f"{name}:{size}": _built(name, size) for name in package_models() for size in declared(name).sizes}
    largest = max(counted, key=lambda name: counted[name][1])
    note = f"{len(counted)} sizes; the largest, {largest} with {counted[largest][1]:,}, takes"
    return [
        _figure("counted without torch", {k: v[0] for k, v in counted.items()}, COUNTED, note, largest),
        _figure("built on the meta device", built, BUILT, note, largest),
    ]


def _built(name: str, size: str) -> float:
    model = declared(name).models()[size]
    with torch.device("meta"):
        begun = time.process_time()
        nn.module(model)
        return time.process_time() - begun


def _figure(what: str, seconds: dict[str, float], most: float, note: str, largest: str) -> Figure:
    slowest = max(seconds, key=lambda name: seconds[name])
    ratio = most / seconds[slowest]
    said = f"{note} {seconds[largest]:.2f} s"
    return Figure(
        f"{slowest} {what}, against {most} s",
        ratio,
        (ratio,) * 4,
        1.0,
        {"clados": seconds[slowest], "limit": most},
        1,
        note=said,
    )
