"""Make the golden counts of the authors' own data code, of which nothing is kept here.

    python tests/objectives/golden/make.py FOLDER

FOLDER holds the files, as they are at these commits on github.com:

    albert.py    google-research/albert b772393 create_pretraining_data.py
    glm.py       THUDM/GLM 4f61ed7 blocklm_utils.py
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


def glm(folder: Path) -> dict[str, Any]:
    """How often which spans of a text of 39 tokens in six sentences are taken, and one text with its blanks filled."""
    import copy
    import math
    import random

    import torch

    ids = {"MASK": 90, "gMASK": 91, "sMASK": 92, "ENC": 93, "sop": 94, "eop": 95, "eos": 96}
    ends = {9, 15, 16, 22, 31, 38}
    words = SimpleNamespace(
        get_command=lambda name: SimpleNamespace(Id=ids[name]), IdToToken=lambda number: "." if number in ends else "a"
    )
    poisson = SimpleNamespace(pmf=lambda k, mean: math.exp(-mean) * mean**k / math.factorial(k))
    mpu = SimpleNamespace(get_data_parallel_rank=lambda: 0, get_data_parallel_world_size=lambda: 1)
    given = {"mpu": mpu, "poisson": poisson, "np": np, "torch": torch, "random": random, "copy": copy}
    given["print_rank_0"] = lambda text: None
    kind = part(folder / "glm.py", "def index_in_list", None, given)["ConstructBlockStrategy"]
    counts: dict[str, Counter[str]] = {}
    names = {"gap_sentence": "sentences", "generation": "infilled"}

    def seen(self: Any, tokens: Any, loss: Any, sep: Any, spans: Any, rng: Any, task: str = "bert") -> Any:
        found = sorted((int(a) - 1, int(b) - 1) for a, b in spans)
        if task == "bert":
            counts.setdefault("number", Counter())[str(len(found))] += 1
            counts.setdefault("tokens", Counter())[str(sum(b - a for a, b in found))] += 1
            counts.setdefault("edges", Counter())[f"{found[0][0]} {found[-1][1]}"] += 1
        else:
            counts.setdefault(names[task], Counter())[" ".join(f"{a}-{b}" for a, b in found)] += 1
        return (tokens, tokens, loss, np.zeros((2, len(tokens)), int)) + ((0,) if sep is None else ())

    whole, kind.make_block_data = kind.make_block_data, seen
    text = np.array([ids["ENC"], *range(39), ids["eos"]])
    args = SimpleNamespace(eod_token=ids["eos"])
    for bert, gaps in ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0)):
        maker = kind(args, words, 64, bert, gaps, gpt_infill_prob=0.5, gpt_min_ratio=0.25, task_mask=True)
        given_text = text[:-1] if gaps else text
        for _ in range(DRAWS):
            found = maker.construct_blocks([{"text": given_text.copy(), "loss_mask": np.ones(len(given_text), int)}])
            if ids["gMASK"] in found["text"][0]:  # to the end of the text: the source, its blank, what follows
                counts.setdefault("ending", Counter())[str(int(found["attention_mask"][0]) - 2)] += 1
    spans = [(3, 6), (10, 11), (20, 24)]
    laid = whole(maker, text[:-1].copy(), None, None, spans, random.Random(1))
    plain = dict(zip(("tokens", "targets", "loss", "positions", "read"), (np.array(each).tolist() for each in laid)))
    return {name: dict(sorted(each.items())) for name, each in counts.items()} | {"laid": plain}


if __name__ == "__main__":
    for make in (albert, glm):
        file = HERE / f"{make.__name__}.json"
        file.write_text(json.dumps(make(Path(sys.argv[1])), separators=(",", ":")) + "\n", encoding="utf-8")
        print(file, file.stat().st_size)
