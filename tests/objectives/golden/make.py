"""Make the golden counts of the authors' own data code, of which nothing is kept here.

    python tests/objectives/golden/make.py FOLDER [NAME...]

FOLDER holds the files, as they are at these commits on github.com:

    albert.py    google-research/albert b772393 create_pretraining_data.py
    glm.py       THUDM/GLM 4f61ed7 blocklm_utils.py
    cm3.py       facebookresearch/metaseq cb06c97 metaseq/data/cm3_dataset.py
    fairseq.py   facebookresearch/fairseq 3d262bb fairseq/data/denoising_dataset.py
    t5.py        google-research/text-to-text-transfer-transformer e081111 t5/data/preprocessors.py
    rouge.h, rouge.cc, sentence_selection.cc   google-research/pegasus 1b49290 pegasus/ops (a C++ compiler is needed)
    xl.py        kimiyoung/transformer-xl 44781ed pytorch/data_utils.py
    xlnet.py     zihangdai/xlnet bbaa3a6 data_utils.py
    ernie.py     thunlp/ERNIE 514cbe4 code/run_pretrain.py
    ctrl.py      salesforce/ctrl a089a0c training_utils/make_tf_records.py
    xlmr.py      facebookresearch/fairseq 3d262bb fairseq/tasks/multilingual_masked_lm.py
    e5.py        microsoft/unilm 768a3c8 e5/utils.py
    simlm.py, simlm_utils.py   microsoft/unilm 768a3c8 simlm/src/models/biencoder_model.py, simlm/src/utils.py
"""

import json
import math
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

HERE = Path(__file__).parent
DRAWS = 20_000
LENGTHS = range(2, 601, 4)


def part(file: Path, begin: str, end: str | None, given: dict[str, Any]) -> dict[str, Any]:
    """The names that a part of a file defines, from one piece of its text to another, run beside ``given``."""
    text = file.read_text(encoding="utf-8").replace("np.bool)", "bool)").replace("np.long", "np.int64")
    start = text.index(begin)
    names = dict(given)
    exec(compile(dedent(text[start : None if end is None else text.index(end, start)]), file.name, "exec"), names)
    return names


def albert(folder: Path) -> dict[str, Any]:
    """How often each set of places is masked in nine words, some of several pieces, and which pairs are cut."""
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
    seen: Counter[str] = Counter()
    others = [f"w{number}" for number in range(1000)]
    for _ in range(DRAWS):
        shown, places, _, _ = made["create_masked_lm_predictions"](tokens, 0.3, 20, others, rng)
        kinds = Counter(
            "masked" if shown[at] == "[MASK]" else "kept" if shown[at] == tokens[at] else "replaced" for at in places
        )
        seen[f"{kinds['masked']} {kinds['replaced']} {kinds['kept']}"] += 1
    flags.random_next_sentence = False
    given |= {"TrainingInstance": lambda **each: each, **made}
    cut = part(folder / "albert.py", "def create_instances_from_document", "MaskedLmInstance = ", given)
    cut |= part(folder / "albert.py", "def truncate_seq_pair", "def main", given)
    cut["create_instances_from_document"].__globals__["truncate_seq_pair"] = cut["truncate_seq_pair"]
    lengths, pairs, swapped = [5, 3, 6, 4, 3, 8], Counter[str](), 0
    ends = np.cumsum([0, *lengths]).tolist()
    document = [[str(token) for token in range(a, b)] for a, b in pairwise(ends)]
    for _ in range(DRAWS // 2):
        for each in cut["create_instances_from_document"]([document], 0, 15, 0.0, 0.0, 20, [], rng):
            ids, types = each["tokens"], each["segment_ids"]
            sides = [[int(i) for i, kind in zip(ids, types) if kind == side and i[0] != "["] for side in (0, 1)]
            swapped += each["is_random_next"]
            first, second = sides[::-1] if each["is_random_next"] else sides
            pairs[f"{first[0]}-{first[-1]} {second[0]}-{second[-1]}"] += 1
    cuts = {"lengths": lengths, "room": 12, "pairs": dict(sorted(pairs.items())), "swapped": swapped}
    return {
        "tokens": tokens,
        "rate": 0.3,
        "sets": dict(sorted(found.items())),
        "seen": dict(sorted(seen.items())),
        **cuts,
    }


def glm(folder: Path) -> dict[str, Any]:
    """How often which spans of a text of 39 tokens in six sentences are taken, and one text with its blanks filled."""
    import copy
    import random

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


def fairseq(folder: Path) -> dict[str, Any]:
    """Damaged texts with all that was drawn for each; and of one text how long it gets, with how many masks.

    The last are damaged by whole words: "inside" are the tokens that go on with one.
    """
    drawn: list[list[Any]] = []

    def recorded(make: Callable[..., Any], kind: str) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            value = make(*given, **named)
            drawn.append([kind, value.tolist()])
            return value

        return call

    names = {name: getattr(torch, name) for name in dir(torch)} | {"randperm": recorded(torch.randperm, "permutation")}
    spans = SimpleNamespace(sample=None)

    def lengths(probabilities: torch.Tensor) -> Any:
        spans.sample = recorded(torch.distributions.Categorical(probabilities).sample, "lengths")
        return spans

    names["distributions"] = SimpleNamespace(Categorical=lengths)
    numpy_seed = lambda *_: nullcontext()  # noqa: E731
    given = {"torch": SimpleNamespace(**names), "np": np, "math": math, "FairseqDataset": object}
    given["data_utils"] = SimpleNamespace(numpy_seed=numpy_seed)
    theirs = part(folder / "fairseq.py", "class DenoisingDataset", None, given)["DenoisingDataset"]
    bos, eos, stop, mask, size = 0, 2, 4, 99, 100
    vocab = type("Vocab", (), {"__len__": lambda _: size, "bos": lambda _: bos, "eos": lambda _: eos})()
    vocab.index = {"13": stop}.__getitem__  # the full stop of GPT-2's bytes
    options: dict[str, Any] = {
        "mask": 0.3, "mask_random": 0.0, "insert": 0.0, "rotate": 0.0, "permute_sentences": 1.0, "bpe": "gpt2",
        "replace_length": 1, "mask_length": "span-poisson", "poisson_lambda": 3.0,
    }  # fmt: skip

    def damaged(ids: Any, starts: Any = None, **other: Any) -> list[int]:
        rows = [torch.tensor([bos, *ids, eos])]
        data = theirs(rows, [], vocab, mask, mask_whole_words=starts, shuffle=False, seed=0, **options | other)
        found: list[int] = data[0]["source"].tolist()
        return found

    torch.manual_seed(0)
    random, batches = np.random.default_rng(0), []
    for length in (5, 12, 20, 33, 47, 60):
        ids = random.integers(5, mask, length)
        ids[random.permutation(length - 1)[: length // 9]] = stop
        ids[-1] = stop
        drawn.clear()
        batches.append({"source": damaged(ids), "ids": ids.tolist(), "drawn": list(drawn)})
    for length in (12, 30, 60):
        inside = sorted(random.permutation(np.arange(5, mask))[:40].tolist())
        ids = random.integers(5, mask, length)
        ids[random.permutation(length - 1)[: length // 9]] = stop
        ids[0], ids[-1] = min({*range(5, mask)} - {*inside}), stop
        starts = torch.tensor([each not in inside for each in range(size)]).byte()
        drawn.clear()
        source = damaged(ids, starts, mask=0.35)
        batches.append({"source": source, "ids": ids.tolist(), "drawn": list(drawn), "inside": inside})
    sizes, masks = Counter[str](), Counter[str]()
    for _ in range(DRAWS):
        source = damaged(range(5, 45), permute_sentences=0.0)[1:-1]
        sizes[str(len(source))] += 1
        masks[str(source.count(mask))] += 1
    dropped = []
    deleted = {"replace_length": 0, "permute_sentences": 0.0, "mask": 0.15}
    for length in (4, 7, 20, 41, 80):
        plain = [*range(10, 10 + length)]
        drawn.clear()
        source = [each for each in damaged(plain, **deleted) if each != mask]  # a span of no tokens leaves a mask there
        dropped.append({"source": source, "ids": plain, "drawn": list(drawn)})
    left = Counter(str(sum(each != mask for each in damaged(range(5, 65), **deleted)) - 2) for _ in range(DRAWS))
    counts = {"lengths": dict(sorted(sizes.items())), "masks": dict(sorted(masks.items()))}
    return {"batches": batches, **counts, "dropped": dropped, "left": dict(sorted(left.items()))}


def xlnet(folder: Path) -> dict[str, Any]:
    """How often which segments and which spans of a text are taken, and who does not see whom in one order."""
    import random

    order = [3, 0, 5, 1, 4, 2]
    tf = SimpleNamespace(
        logging=SimpleNamespace(info=lambda *_: None), int64=np.int64, float32=np.float32, range=np.arange,
        reshape=np.reshape, transpose=np.transpose, random_shuffle=lambda rows: rows[order], equal=np.equal,
        logical_not=np.logical_not, logical_or=np.logical_or, logical_and=np.logical_and, where=np.where,
        ones=np.ones, cast=lambda x, kind: x.astype(kind), concat=np.concatenate,
    )  # fmt: skip
    tf.range = lambda number, dtype: np.arange(number, dtype=dtype)
    tf.ones = lambda shape, dtype=np.int64: np.ones(shape, dtype)
    given = {"np": np, "random": random, "tf": tf, "FLAGS": SimpleNamespace(mask_alpha=6, mask_beta=1)}
    given |= {"SEP_ID": 90, "CLS_ID": 91}
    made = part(folder / "xlnet.py", "def _split_a_and_b", "def create_tfrecords", given)
    random.seed(0)
    np.random.seed(0)
    sentence = np.repeat([0, 1, 0, 1, 0, 1, 0, 1, 0], [9, 4, 12, 3, 6, 1, 10, 8, 7]).astype(bool)
    split: Counter[str] = Counter()
    for _ in range(DRAWS):
        a, b, *_ = made["_split_a_and_b"](np.arange(60), sentence, 20, 13)
        split[f"{len(a)} {b[0]}"] += 1
    pieces = SimpleNamespace(IdToPiece=lambda number: "a" if number % 3 == 1 else "\u2581a")
    spans: Counter[str] = Counter()
    for _ in range(DRAWS):
        chosen = made["_sample_mask"](pieces, np.arange(60), goal_num_predict=10)
        assert chosen.sum() == 10
        places = np.flatnonzero(chosen)
        run = int(np.argmax(np.diff(np.append(places, 99)) > 1)) + 1
        spans[f"{places[0]} {run}"] += 1
    look = part(folder / "xlnet.py", "def _local_perm", "def get_dataset", given)["_local_perm"]
    ids = np.array([10, 11, 12, 13, 14, 15, 20, 21, 90, 22, 90, 91])
    masked = np.isin(np.arange(12), [1, 4, 7, 9])
    halves = [look(ids[cut], ids[cut], masked[cut], 6, 6)[0] for cut in (slice(6), slice(6, 12))]
    hidden = np.block([[halves[0], np.ones((6, 6))], [np.zeros((6, 6)), halves[1]]]).astype(int)
    laid = {"ids": ids.tolist(), "masked": np.flatnonzero(masked).tolist(), "order": order, "hidden": hidden.tolist()}
    kept: list[Any] = []
    tf.gfile = SimpleNamespace(Open=lambda lines: lines)
    given["FLAGS"] = SimpleNamespace(
        use_eod=True, from_raw_text=False, sp_path="", save_dir="", task=0, split="", pass_id=0,
        bsz_per_host=1, seq_len=1, bi_data=1,
    )  # fmt: skip
    given |= {
        "EOD_ID": 93,
        "os": os,
        "spm": SimpleNamespace(SentencePieceProcessor=lambda: SimpleNamespace(Load=lambda _: 0)),
    }

    def caught(data: Any, **_: Any) -> tuple[str, int]:
        kept.extend(each.astype(int).tolist() for each in data)
        return "", 0

    given["create_tfrecords"] = caught
    lines = ["1 2 3", "4 5", "", "6", "7 8 9", "10", ""]
    part(folder / "xlnet.py", "def _create_data", "def create_data", given)["_create_data"](0, [lines])
    documents = {"ids": kept[0], "sentences": kept[1]}
    counts = {"split": dict(sorted(split.items())), "spans": dict(sorted(spans.items()))}
    return {**counts, "laid": laid, "documents": documents}


def transformer_xl(folder: Path) -> dict[str, Any]:
    """The batches of a text of 61 tokens in three rows of five."""
    given = {"torch": torch, "np": np}
    made = part(folder / "xl.py", "class LMOrderedIterator", "class LMShuffledIterator", given)["LMOrderedIterator"]
    batches = [[each.t().tolist() for each in (read, wanted)] for read, wanted, _ in made(torch.arange(61), 3, 5)]
    return {"tokens": 61, "rows": 3, "length": 5, "batches": batches}


def cm3(folder: Path) -> dict[str, Any]:
    """Texts with some spans at their ends and what was drawn for each; and where one and three spans lie in others."""
    drawn: list[Any] = []

    def uniform(size: int) -> Any:
        drawn.append(np.random.random(size).tolist())
        return np.array(drawn[-1])

    given = {"np": SimpleNamespace(random=SimpleNamespace(uniform=uniform)), "torch": torch, "List": list}
    given |= {"Tuple": tuple, "Optional": list, "DocumentToSequenceDataset": object}
    made = part(folder / "cm3.py", "def span_intersection", None, given)
    theirs = object.__new__(made["CausalMaskedDocumentToSequenceDataset"])
    theirs.sentinel_tokens, theirs.eos, theirs.sentinel_fixed = list(range(99, 82, -1)), 2, False
    theirs.sentinel_token_expectation = 2
    np.random.seed(0)
    torch.manual_seed(0)
    batches: list[dict[str, Any]] = []
    while len(batches) < 8:
        ids, number = torch.arange(10, 30 + 7 * len(batches)) % 70 + 10, len(batches)
        drawn.clear()
        spans = theirs.get_spans_to_mask(len(ids))
        if spans is None or any(a == b for a, b in spans):
            continue
        spans = theirs.get_ordered_spans(spans)
        whole = torch.cat([theirs.sentinel_masking(ids, spans), theirs.sentinel_targets(ids, spans)])
        number = round(len(drawn) ** 0.5)
        batches.append({"ids": ids.tolist(), "number": number, "drawn": list(drawn), "whole": whole.tolist()})
    found: dict[str, Any] = {"batches": batches}
    theirs.sentinel_fixed = True
    for number in (1, 3):
        theirs.sentinel_token_expectation = number
        starts, sizes = Counter[str](), Counter[str]()
        for _ in range(DRAWS):
            spans = theirs.get_spans_to_mask(1000) or [(0, 0)]
            starts[str(min(spans)[0] // 100)] += 1
            sizes[str(sum(b - a for a, b in spans) // 100)] += 1
        found[str(number)] = {"starts": dict(sorted(starts.items())), "sizes": dict(sorted(sizes.items()))}
    return found


def t5(folder: Path) -> dict[str, Any]:
    """How many tokens go in how many spans, for texts of many lengths; which go of short ones; and what is made so."""
    random = np.random.default_rng(0)
    tf = SimpleNamespace(
        maximum=max, minimum=min, int32=np.int32, float32=np.float32, round=np.round, range=np.arange, pad=np.pad,
        cumsum=lambda x, axis=-1: np.cumsum(x), ones_like=np.ones_like, reshape=np.reshape, stack=np.stack,
        equal=np.equal, logical_and=np.logical_and, logical_not=np.logical_not, where=np.where, RaggedTensor=tuple,
        cast=lambda x, kind: np.asarray(x).astype(kind), ragged=SimpleNamespace(boolean_mask=lambda x, m: x[m]),
    )  # fmt: skip
    tf.math = SimpleNamespace(
        segment_sum=lambda x, at: np.bincount(at, x).astype(int),
        unsorted_segment_sum=lambda x, at, number: np.bincount(at, x, number).astype(int),
    )
    given: dict[str, Any] = {
        "tf": tf,
        "seqio": SimpleNamespace(stateless_shuffle=lambda row, seed: random.permutation(row)),
    }
    gin = SimpleNamespace(configurable=lambda *_: lambda each: each, REQUIRED=None)
    given |= {"gin": gin, "sentinel_id": lambda _: 399}
    noise = part(folder / "t5.py", "def random_spans_noise_mask", "@gin", given)["random_spans_noise_mask"]
    marked = part(folder / "t5.py", "def noise_span_to_unique_sentinel", "@gin", given)["noise_span_to_unique_sentinel"]
    sizes, masks, batches = dict[str, list[Any]](), dict[str, dict[str, int]](), list[dict[str, Any]]()
    for name, rate, mean in (("t5", 0.15, 3.0), ("long", 0.5, 8.0), ("longest", 0.15, 64.0)):
        seen = [noise(length, rate, [0, 0], mean) for length in LENGTHS]
        sizes[name] = [[int(each.sum()), int((np.diff(each.astype(int)) == 1).sum())] for each in seen]
    for length, rate, mean in ((8, 0.5, 2.0), (20, 0.15, 1.5)):
        counts = Counter("".join(map(str, noise(length, rate, [0, 0], mean).astype(int))) for _ in range(DRAWS))
        masks[f"{length} {rate} {mean}"] = dict(sorted(counts.items()))
    for length in (2, 9, 40):
        ids, gone = np.arange(10, 10 + length), noise(length, 0.3, [0, 0], 3.0)
        made = [marked(ids, each, None, None).tolist() for each in (gone, ~gone)]
        batches.append({"gone": gone.astype(int).tolist(), "source": made[0], "target": made[1]})
    given["logging"] = SimpleNamespace(info=lambda *_: None)
    helper = part(folder / "t5.py", "def random_spans_helper", "@gin", given)["random_spans_helper"]
    denoisers = {}
    for rate, mean in ((0.15, 3.0), (0.15, 8.0), (0.5, 3.0), (0.5, 8.0), (0.15, 64.0), (0.5, 64.0)):
        seen = [noise(length, rate, [0, 0], mean) for length in LENGTHS[::6]]
        counted = [[int(each.sum()), int((np.diff(each.astype(int)) == 1).sum())] for each in seen]
        denoisers[f"{rate} {mean}"] = {"sizes": counted, "room": helper(512, rate, mean, 1, 1)}
    return {"sizes": sizes, "masks": masks, "batches": batches, "denoisers": denoisers, "prefixes": _prefixes(folder)}


def _prefixes(folder: Path) -> dict[str, Any]:
    """Some texts cut in two, with what was drawn between which numbers; and of how many tokens the first part is.

    Also of how many the second is where it has a quarter of them.
    """
    random, asked = np.random.default_rng(1), list[list[int]]()

    def uniform(shape: Any, minval: int, maxval: int, dtype: Any, seed: Any) -> int:
        asked.append([minval, maxval, int(random.integers(minval, maxval))])
        return asked[-1][-1]

    tf = SimpleNamespace(
        minimum=min, maximum=max, int32=np.int32, boolean_mask=lambda x, mask: x[mask], logical_not=np.logical_not
    )
    tf.range, tf.cast, tf.float32 = (lambda length, dtype: np.arange(length)), (lambda x, kind: kind(x)), np.float32
    tf.math = SimpleNamespace(round=np.round)
    tf.random = SimpleNamespace(stateless_uniform=uniform)
    given = {"tf": tf}
    names = ("random_prefix_noise_mask", "drop_nonnoise_tokens", "drop_noise_tokens")
    cut, read, written = (part(folder / "t5.py", f"def {name}", "@gin", given)[name] for name in names)
    counts = Counter(str(cut(11, 0.5, [0]).sum()) for _ in range(DRAWS))
    quarter = Counter(str((~cut(510, 0.25, [0])).sum()) for _ in range(DRAWS))
    batches = []
    for length in (1, 2, 3, 9, 40):
        ids, mask = np.arange(10, 10 + length), cut(length, 0.5, [0])
        sides = {"source": read(ids, mask, None, None).tolist(), "target": written(ids, mask, None, None).tolist()}
        batches.append({"drawn": asked[-1], **sides})
    sizes = {"counts": dict(sorted(counts.items())), "quarter": dict(sorted(quarter.items()))}
    return {**sizes, "batches": batches}


SHIM = r"""
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <unordered_set>
#include <vector>
#define CHECK_GE(a, b)
#define TF_CHECK_OK(a)
typedef int64_t int64; typedef int32_t int32;
namespace absl {
template <class T> using flat_hash_set = std::unordered_set<T>;
template <class K, class V> using node_hash_map = std::map<K, V>;
struct string_view : std::string { using std::string::string; string_view(std::string s) : std::string(s) {} };
struct SkipEmpty {}; struct BitGen : std::mt19937 {};
inline std::string AsciiStrToLower(std::string s) { for (char& c : s) if (c >= 'A' && c <= 'Z') c += 32; return s; }
template <class T> std::string StrJoin(const T& all, std::string by) {
  std::string made; bool first = true;
  for (auto& each : all) { if (!first) made += by; made += each; first = false; }
  return made;
}
inline std::vector<std::string> StrSplit(std::string s, char by, SkipEmpty) {
  std::vector<std::string> made; std::stringstream all(s); std::string each;
  while (std::getline(all, each, by)) if (!each.empty()) made.push_back(each);
  return made;
}
inline std::vector<string_view> StrSplit(std::string, char) { return {}; }
}
namespace tensorflow { struct Env { static int Default() { return 0; } }; }
inline unsigned long long Fingerprint2011(const std::string& s) { return std::hash<std::string>()(s); }
"""
MAIN = r"""
int main() {
  using namespace pegasus;
  std::unique_ptr<RougeDistance> rouge(new RougeDistance(1, ROUGE_F));
  std::string line;
  while (std::getline(std::cin, line)) {
    std::stringstream all(line); std::string each; float ratio; std::vector<std::string> texts; std::string text;
    std::getline(all, each, '|'); ratio = std::stof(each);
    while (std::getline(all, each, '|')) { texts.push_back(each); text += each + " "; }
    for (int i : GetSentenceIndicesByRouge(texts, text, rouge, ratio, 0.0)) std::cout << i << " ";
    auto whole = rouge->PrecomputeSentenceData(text);
    for (auto& each : texts) {
      auto one = rouge->PrecomputeSentenceData(each);
      std::cout << "," << rouge->ComputeSimilarity(*whole - *one, *one);
    }
    std::cout << std::endl;
  }
}
"""


def pegasus(folder: Path) -> dict[str, Any]:
    """Which sentences are taken, and their scores, without stop words: the authors' C++, with what it stands on."""
    parts = [(folder / name).read_text(encoding="utf-8") for name in ("rouge.h", "rouge.cc", "sentence_selection.cc")]
    source = re.sub("(?m)^#include.*", "", "\n".join(parts)).replace("long long_t", "long long")
    random, words = np.random.default_rng(0), ["The", "the", "cat", "dog,", "sat!", "on_mat", "7", "A-b", "it's", "of"]
    documents: list[tuple[float, list[str]]] = []
    for number in range(30):
        sizes = random.integers(1, 9, int(random.integers(1, 12)))
        documents.append(((0.3, 0.45, 0.2)[number % 3], [" ".join(random.choice(words, size)) for size in sizes]))
    asked = "".join(f"{ratio}|{'|'.join(texts)}\n" for ratio, texts in documents)
    with TemporaryDirectory() as build:
        program = Path(build) / "rouge"
        command = ["g++", "-O1", "-std=c++20", "-x", "c++", "-", "-o", str(program)]
        subprocess.run(command, input=SHIM + source + MAIN, text=True, check=True)
        found = subprocess.run([program], input=asked, capture_output=True, text=True, check=True).stdout
    rows = []
    for (ratio, texts), line in zip(documents, found.splitlines(), strict=True):
        taken, *values = line.split(",")
        chosen = {"taken": [*map(int, taken.split())], "scores": [*map(float, values)]}
        rows.append({"ratio": ratio, "texts": texts, **chosen})
    return {"documents": rows}


def ernie(folder: Path) -> dict[str, Any]:
    """What becomes of alignments, and the labels of one sequence alone, whose entities are then those of the batch."""
    import random

    text = (folder / "ernie.py").read_text(encoding="utf-8")
    begin, end = "        def collate_fn(x):", "        train_iterator ="
    code = dedent(text[text.index(begin) : text.index(end)])
    table = torch.arange(60_002).float()[:, None] - 1  # of each entity its number
    names: dict[str, Any] = {
        "torch": torch,
        "np": np,
        "random": random,
        "n_gpu": 1,
        "embed": torch.nn.Embedding.from_pretrained(table),
    }
    exec(compile(code, "ernie.py", "exec"), names)

    def batch(entities: list[int]) -> Any:
        names["args"] = SimpleNamespace(max_seq_length=len(entities))
        return names["collate_fn"]([[0] * 4 * len(entities) + entities + [0] * (len(entities) + 1)])

    random.seed(0)
    given = batch([-1, *range(DRAWS)])[4][0, 1:, 0].tolist()
    kinds = Counter("hidden" if one < 0 else "given" if one == at else "other" for at, one in enumerate(given))
    links = [-1, -1, 40, -1, 7, -1, -1, 40, 1000, -1, 3, -1]
    *_, candidates, labels = batch(links)
    return {"kinds": kinds, "links": links, "candidates": candidates[:, 0].tolist(), "labels": labels[0].tolist()}


def ctrl(folder: Path) -> dict[str, Any]:
    """Windows of 16 tokens from a text of 70, which are their places in it; the control code is 99."""
    words, written = [f"w{place}" for place in range(70)], list[Any]()

    class Writer:
        def __init__(self, name: str) -> None:
            self.write = written.append

        def __enter__(self) -> "Writer":
            return self

        def __exit__(self, *_: object) -> None:
            return None

    train = SimpleNamespace(
        Int64List=lambda value: value, Feature=lambda int64_list: int64_list, Features=lambda feature: feature,
        Example=lambda features: SimpleNamespace(SerializeToString=lambda: features),
    )  # fmt: skip
    given = {
        "tf": SimpleNamespace(io=SimpleNamespace(TFRecordWriter=Writer), train=train),
        "tqdm": SimpleNamespace(tqdm=lambda rows: rows),
        "args": SimpleNamespace(sequence_len=16),
        "word2idx": {word: place for place, word in enumerate(words)} | {"Books": 99, "<unk>": 98},
        "domain": ["Books"],
        "tokenized_train_text": words,
        "fname": "text",
    }
    part(folder / "ctrl.py", "seq_length = ", None, given)
    return {"tokens": 70, "code": 99, "length": 16, "windows": [[each["input"], each["output"]] for each in written]}


def xlmr(folder: Path) -> dict[str, Any]:
    """How often languages are drawn, and how many of their rows an epoch has."""
    rows = np.array([640.0, 160.0, 40.0, 7.0])
    found = {}
    for exponent in (0.3, 0.5, 0.7):
        task = SimpleNamespace(args=SimpleNamespace(multilang_sampling_alpha=exponent))
        made = part(folder / "xlmr.py", "    def _get_sample_prob", "    def load_dataset", {})
        given = {"sample_probs": made["_get_sample_prob"](task, rows), "dataset_lengths": rows}
        ratio = part(folder / "xlmr.py", "            size_ratio = ", "            logger", given)["size_ratio"]
        found[str(exponent)] = {"shares": given["sample_probs"].tolist(), "rows": np.ceil(rows * ratio).tolist()}
    return {"rows": rows.tolist(), "drawn": found}


def e5(folder: Path) -> dict[str, Any]:
    """The losses of three questions with three passages each, and mean states of two texts."""
    draw = torch.Generator().manual_seed(0)
    unit = torch.nn.functional.normalize
    asked, told = (unit(torch.randn(number, 6, generator=draw) * 0.1 + 1, dim=-1) for number in (3, 9))
    taught = torch.randn(3, 3, generator=draw)
    given = {"torch": torch, "nn": torch.nn, "Dict": dict, "Tuple": tuple, "Optional": list, "Tensor": torch.Tensor}
    given["PreTrainedModel"] = object
    given |= part(folder / "simlm_utils.py", "@torch.no_grad()", "def slice_batch_dict", given)
    given |= {"dist_gather_tensor": lambda x: x, "BiencoderOutput": SimpleNamespace, "Arguments": object}
    kind = part(folder / "simlm.py", "class BiencoderModel(", "    def _encode", given)["BiencoderModel"]
    model = torch.nn.Module.__new__(kind)
    torch.nn.Module.__init__(model)
    model._encode = lambda _, texts: texts["vectors"]
    model.lm_q = model.lm_p = None
    model.cross_entropy = torch.nn.CrossEntropyLoss()
    model.kl_loss_fn = torch.nn.KLDivLoss(reduction="batchmean", log_target=True)
    options = {
        "process_index": 0, "world_size": 1, "train_n_passages": 3, "use_scaled_loss": False,
        "full_contrastive_loss": False, "l2_normalize": True, "t_warmup": False, "t": 0.01, "kd_mask_hn": False,
        "kd_cont_loss_weight": 0.2,
    }  # fmt: skip
    losses = {}
    for name, more in (
        ("contrastive", {"do_kd_biencoder": False}),
        ("taught", {"do_kd_biencoder": True}),
        ("taught, wrong ones left to the teacher", {"do_kd_biencoder": True, "kd_mask_hn": True}),
    ):
        model.args = SimpleNamespace(**options | more)
        losses[name] = model({"vectors": asked, "kd_labels": taught}, {"vectors": told}).loss.item()
    states, keep = torch.randn(2, 4, 6, generator=draw), torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    mean = part(folder / "e5.py", "def pool", "def create_batch_dict", given)["pool"](states, keep, "avg")
    vectors = {"questions": asked.tolist(), "passages": told.tolist(), "teacher": taught.tolist()}
    pooled = {"states": states.tolist(), "keep": keep.tolist(), "vectors": unit(mean, dim=-1).tolist()}
    return {**vectors, "losses": losses, "pooled": pooled}


if __name__ == "__main__":
    for make in (albert, glm, fairseq, xlnet, transformer_xl, cm3, t5, pegasus, ernie, ctrl, xlmr, e5):
        if sys.argv[2:] and make.__name__ not in sys.argv[2:]:
            continue
        file = HERE / f"{make.__name__}.json"
        file.write_text(json.dumps(make(Path(sys.argv[1])), separators=(",", ":")) + "\n", encoding="utf-8")
        print(file, file.stat().st_size)
