"""A training step with its data, ours by ``Trainer`` and theirs by transformers' ``Trainer``.

The same model, rows, batch, precision, dropout, AdamW, clipping and schedule. Theirs reads the rows through their
collators, where they have one (spans are removed by ours on both sides: they have none). From the end of a step to the
end of the next, in seconds of the processor, of all cores.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count, pairwise
from typing import Any

import numpy as np
import tokenizers
import transformers

from benchmarks import peers
from benchmarks.harness import Figure, Limits, figure
from clados import spec as s
from clados.data.packing import Packed, generator
from clados.objectives import Setting, VocabIds, task
from clados.objectives.tasks import Listed
from clados.train.loop import Trainer
from clados.train.supervised import SupervisedUnit
from clados.train.unit import Run

ROWS = 256
LR = 5e-5
PAD, EOS, CLS, SEP, MASK = range(5)
SENTINELS = 100


@dataclass(frozen=True)
class Case:
    """A kind of training: the objective, its configuration of transformers, and how they collate rows."""

    objective: s.Objective
    config: Callable[..., Any]
    collator: Callable[[s.Objective, Setting], Callable[..., Any]]
    reserved: int = 5  # ids that are no text, at the vocabulary's beginning; sentinels stand at its end
    framed: bool = False  # whether a row's first and last token stand around it


def small(limits: Limits) -> list[Figure]:
    """Models of 5 to 10M parameters."""
    return [_figure(name, "small", (8, 128), "float32", 1.5, steps=2, rounds=2) for name in CASES]


def large(limits: Limits) -> list[Figure]:
    """GPT-2 of 124M parameters, in float32."""
    return [_figure("GPT-2", "large", (2, 128), "float32", 1.3, steps=1, rounds=2)]


def bfloat16(limits: Limits) -> list[Figure]:
    """The same in bfloat16, where the processor has instructions for it."""
    return [_figure("GPT-2", "large", (2, 128), "bfloat16", 1.2, steps=1, rounds=2)]


# ---------------------------------------------------------------- the cases


def _gpt_2(which: str) -> Any:
    return peers.gpt_2(**peers.SMALL if which == "small" else {"bos_token_id": EOS, "eos_token_id": EOS})


def _bert(which: str) -> Any:
    shape = {"vocab_size": 8192, "hidden_size": 256, "num_hidden_layers": 6, "num_attention_heads": 8}
    return transformers.BertConfig(**shape, intermediate_size=1024, architectures=["BertForMaskedLM"])


def _t5(which: str) -> Any:
    shape = {"vocab_size": 8192, "d_model": 256, "d_kv": 32, "num_heads": 8, "d_ff": 1024, "num_layers": 4}
    return transformers.T5Config(**shape, decoder_start_token_id=PAD, pad_token_id=PAD, eos_token_id=EOS)


def _as_lm(objective: s.Objective, setting: Setting) -> Callable[..., Any]:
    """Theirs, with or without masks."""
    vocab = {f"w{i}": i for i in range(setting.required_vocab_ids.size)}
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocab, unk_token="w5"))
    named = {"pad_token": f"w{PAD}", "cls_token": f"w{CLS}", "sep_token": f"w{SEP}", "mask_token": f"w{MASK}"}
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=words, **named)
    masked = isinstance(objective, s.MaskedTokens)
    collate: Callable[..., Any] = transformers.DataCollatorForLanguageModeling(made, mlm=masked)
    return collate


def _as_spans(objective: s.Objective, setting: Setting) -> Callable[..., Any]:
    """Spans removed as ours removes them; labels as theirs are."""
    one, number = task(objective), count()

    def collate(rows: list[dict[str, Any]]) -> dict[str, Any]:
        random = [generator(0, next(number)) for _ in rows]
        batch = one.prepare([_packed(each["input_ids"]) for each in rows], random, setting)
        labels = batch.targets["labels"].view(len(rows), -1)  # rows of one length have as many
        return {"input_ids": batch.inputs["input_ids"], "labels": labels}

    return collate


CASES = {
    "GPT-2": Case(s.NextToken(), _gpt_2, _as_lm),
    "BERT": Case(s.MaskedTokens(), _bert, _as_lm, framed=True),
    "T5": Case(s.CorruptedSpans(), _t5, _as_spans),
}


def _setting(model: Any, config: Any, length: int) -> Setting:
    size = config.vocab_size
    roles = {"pad": PAD, "eos": EOS, "cls": CLS, "sep": SEP, "mask": MASK}
    return Setting(model.spec, length, VocabIds(size, roles, tuple(range(size - 1, size - 1 - SENTINELS, -1))))


def _packed(ids: Any) -> Packed:
    row = np.asarray(ids, np.int64)
    return Packed(row, np.zeros_like(row))


# ---------------------------------------------------------------- the two sides


def _figure(
    name: str, which: str, shape: tuple[int, int], dtype: str, wanted: float, *, steps: int, rounds: int
) -> Figure:
    case = CASES[name]
    config = case.config(which)
    ours, theirs = peers.both(config)
    last = config.vocab_size - SENTINELS
    inside = np.random.default_rng(0).integers(case.reserved, last, (ROWS, shape[1]))
    if case.framed:
        inside[:, 0], inside[:, -1] = CLS, SEP
    rows = list(inside)
    setting = _setting(ours, config, shape[1])
    seconds: dict[str, list[float]] = {"clados": [], "transformers": []}
    runs = {
        "clados": partial(_ours, ours, case, rows, setting, shape[0], dtype, steps),
        "transformers": partial(_theirs, theirs, case, rows, setting, shape[0], dtype, steps),
    }
    for i in range(rounds):
        for side in list(runs)[:: 1 if i % 2 else -1]:
            seconds[side] += runs[side]()
    number = sum(each.numel() for each in theirs.parameters()) / 1e6
    title = f"{name} {number:.1f}M, step of {shape[0]} x {shape[1]} with its data, {dtype}, against their Trainer"
    return figure(title, seconds, wanted)


def _ours(model: Any, case: Case, rows: list[Any], setting: Setting, batch: int, dtype: Any, steps: int) -> list[float]:
    optimiser, schedule = s.AdamW(lr=LR), s.LinearDecay()
    stage = s.Stage(name="", objective=case.objective, data="", optimiser=optimiser, schedule=schedule, clip=1.0)
    source = Listed([_packed(each[1:-1] if case.framed else each) for each in rows])
    run = Run(steps=steps + 1, batch=batch, lr=LR, dtype=dtype)
    trainer = Trainer(SupervisedUnit(model, stage, setting, source, run), run)
    ends = []
    model.train()
    for step in range(steps + 1):
        trainer.step(step)
        ends.append(time.process_time())
    return [b - a for a, b in pairwise(ends)]


class _Ends(transformers.TrainerCallback):  # type: ignore[misc]
    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, *given: Any, **named: Any) -> None:
        self.ends.append(time.process_time())


def _theirs(
    model: Any, case: Case, rows: list[Any], setting: Setting, batch: int, dtype: str, steps: int
) -> list[float]:
    ends, collate = _Ends(), case.collator(case.objective, setting)
    with tempfile.TemporaryDirectory() as folder:
        given = transformers.TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=batch,
            max_steps=steps + 1,
            learning_rate=LR,
            use_cpu=True,
            bf16=dtype == "bfloat16",
            report_to="none",
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
        )
        data = [{"input_ids": each.tolist()} for each in rows]
        transformers.Trainer(model, given, data_collator=collate, train_dataset=data, callbacks=[ends]).train()
    return [b - a for a, b in pairwise(ends.ends)]
