"""Make the golden counts of the authors' own data code, of which nothing is kept here.

    python tests/objectives/golden/make.py FOLDER

FOLDER holds the files, as they are at these commits on github.com:

    albert.py    google-research/albert b772393 create_pretraining_data.py
"""

import json
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

HERE = Path(__file__).parent
DRAWS = 20_000


def part(file: Path, begin: str, end: str | None, given: dict[str, Any]) -> dict[str, Any]:
    """The names that a part of a file defines, from one piece of its text to another, run beside ``given``."""
    text = file.read_text(encoding="utf-8").replace("np.bool)", "bool)").replace("np.long", "np.int64")
    start = text.index(begin)
    names = dict(given)
    exec(compile(text[start : None if end is None else text.index(end, start)], file.name, "exec"), names)
    return names


def albert(folder: Path) -> dict[str, Any]:
    """How often each set of places is masked in a text of nine words, some of several pieces."""
    import collections
    import random

    flags = SimpleNamespace(do_whole_word_mask=True, ngram=3, favor_shorter_ngram=True, do_permutation=False)
    flags.spm_model_file = ""
    given = {"six": SimpleNamespace(ensure_str=str), "np": np, "collections": collections, "FLAGS": flags}
    made = part(folder / "albert.py", "MaskedLmInstance = ", "def truncate_seq_pair", given)
    tokens = ["[CLS]", "a", "b", "##b", "c", "d", "##d", "##d", "e", "f", "g", "##g", "h", "i", "[SEP]"]
    np.random.seed(0)
    rng = random.Random(0)
    found: Counter[str] = Counter()
    for _ in range(DRAWS):
        _, places, _, _ = made["create_masked_lm_predictions"](tokens, 0.3, 20, tokens[1:-1], rng)
        found[" ".join(map(str, places))] += 1
    return {"tokens": tokens, "rate": 0.3, "sets": dict(sorted(found.items()))}


if __name__ == "__main__":
    for make in (albert,):
        file = HERE / f"{make.__name__}.json"
        file.write_text(json.dumps(make(Path(sys.argv[1])), indent=1) + "\n", encoding="utf-8")
        print(file, file.stat().st_size)
