"""Segments of a text, in their order."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from clados import from_pretrained, spec as s
from clados.data.packing import TokenBlocks, generator
from clados.data.sampler import Lanes
from clados.data.stream import Stream
from clados.models.declared import declared
from clados.objectives import Setting, VocabIds, task
from clados.objectives.memory import Memory
from clados.objectives.text import packed_texts
from tests.objectives.alike import golden


def test_batches_go_on_as_those_of_the_authors() -> None:
    """Their rows end one token earlier: the last token of one is never asked to predict the first of the next."""
    theirs = golden("transformer_xl")
    number, length = theirs["tokens"], theirs["length"]
    text = Stream(np.arange(number, dtype=np.uint32), np.array([0, number]), np.array([0, 1]))
    source = TokenBlocks(text, length, ahead=1)
    lanes = Lanes(len(source), theirs["rows"])
    assert lanes.steps == len(theirs["batches"])
    setting = Setting(declared("transformer-xl").model, length, VocabIds(number, {}))
    for step, (read, wanted) in enumerate(theirs["batches"]):
        rows = [source.at(index) for _, index in lanes.step(step)]
        batch = task(s.NextTokenInSegments()).prepare(rows, [generator(0)] * len(rows), setting)
        ours = batch.inputs["input_ids"], batch.targets["labels"].view(len(rows), -1)
        assert [[row[: len(read[0])] for row in each.tolist()] for each in ours] == [read, wanted]


@torch.no_grad()
def test_the_losses_of_segments_that_go_on_are_those_of_transformers() -> None:
    """What transformers 4.35.2 gives of three segments with its memory carried (scripts/golden_transformer_xl.py)."""
    folder = Path(__file__).parents[2] / "src" / "clados" / "proofs" / "golden" / "transformer_xl"
    kept, model, memory = load_file(folder / "segments.safetensors"), from_pretrained(folder), Memory()
    text = torch.cat([kept[f"input_ids_{i}"] for i in range(3)], 1)
    log_p = torch.cat([kept[f"logits_{i}"] for i in range(3)], 1)[:, :-1]
    wanted = -log_p.gather(-1, text[:, 1:, None])[..., 0]
    length, one = kept["input_ids_0"].size(1), task(s.NextTokenInSegments())
    setting = Setting(model.spec, length, VocabIds(model.spec.vocab.size, {}))
    for begin in range(0, text.size(1) - 1, length):
        rows = [packed_texts([row[begin : begin + length + 1].numpy()]) for row in text]
        batch = one.prepare(rows, [generator(0)] * len(rows), setting)
        batch = replace(batch, lanes=(0, 1), begins=begin == 0)
        found = memory.run(one.loss, model, batch)
        assert found.mean.item() == pytest.approx(wanted[:, begin : begin + length].mean().item(), abs=1e-5)
    assert sorted(memory.lanes) == [0, 1]
