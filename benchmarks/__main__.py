"""``python -m benchmarks [NAME ...] [--threads N]``: run all benchmarks, or those named."""

import argparse
import importlib

import torch

from benchmarks import harness

# name -> module:function, each ``(limits) -> figures``
BENCHMARKS = {
    "decode": "benchmarks.decode:float32",
    "decode-bf16": "benchmarks.decode:bfloat16",
    "decode-tiny": "benchmarks.decode:tiny",
    "decode-llama": "benchmarks.decode:grouped",
    "write-t5": "benchmarks.write:t5",
    "write-bart": "benchmarks.write:bart",
    "encode": "benchmarks.encode:texts",
    "encode-long": "benchmarks.encode:long",
    "train": "benchmarks.train:float32",
    "train-bf16": "benchmarks.train:bfloat16",
    "train-small": "benchmarks.train:small",
    "trainer": "benchmarks.trainer:large",
    "trainer-bf16": "benchmarks.trainer:bfloat16",
    "trainer-small": "benchmarks.trainer:small",
    "answers": "benchmarks.answers:sixteen",
    "rewards": "benchmarks.answers:rewards",
    "experts-decode": "benchmarks.experts:decode",
    "experts-encode": "benchmarks.experts:encode",
    "start": "benchmarks.start:start",
    "first-page": "benchmarks.start:page",
    "tokenise": "benchmarks.tokenise:tokenise",
    "vocabularies": "benchmarks.tokenise:vocabularies",
    "memory": "benchmarks.memory:memory",
    "corpus": "benchmarks.corpus:corpus",
    "prepare": "benchmarks.prepare:prepare",
    "sizes": "benchmarks.sizes:sizes",
    "drawings": "benchmarks.drawings:drawings",
    "clients": "benchmarks.clients:clients",
    "readable": "benchmarks.readable:readable",
    "filtering": "benchmarks.filtering:filtering",
    "gallery": "benchmarks.gallery:gallery",
}


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--threads", type=int, help="threads of both sides; all cores when not given")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    for name in given.names or BENCHMARKS:
        module, _, function = BENCHMARKS[name].partition(":")
        limits = harness.limits()
        print(f"== {name}: {limits.matmul_gflops:.0f} GFLOP/s, {limits.read_gb_per_s:.1f} GB/s")
        figures = getattr(importlib.import_module(module), function)(limits)
        harness.show(figures)
        harness.write(name, figures, limits)


if __name__ == "__main__":
    main()
