"""Whether two lots of draws may be of one distribution, and how the draws of the authors' own code were kept."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def golden(name: str) -> dict[str, Any]:
    """What ``golden/make.py`` kept of an authors' code."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def alike(ours: Mapping[str, int], theirs: Mapping[str, int]) -> bool:
    """Whether two counts may come from the same distribution, by chi-square: below its mean plus 4 deviations.

    What occurs less than ten times in both together is counted as one.
    """
    names = {*ours, *theirs}
    pairs = np.array([(ours.get(name, 0), theirs.get(name, 0)) for name in sorted(names)], float)
    rare = pairs.sum(1) < 10
    pairs = np.concatenate([pairs[~rare], pairs[rare].sum(0, keepdims=True)])
    pairs = pairs[pairs.sum(1) > 0]
    first, second = pairs.sum(0)
    ratio = np.sqrt(second / first)
    value = ((ratio * pairs[:, 0] - pairs[:, 1] / ratio) ** 2 / pairs.sum(1)).sum()
    freedom = len(pairs) - 1
    return bool(value < freedom + 4 * np.sqrt(2 * freedom))
