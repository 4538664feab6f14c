"""Segments of a text, in their order."""

import numpy as np

from clados import spec as s
from clados.data.packing import TokenBlocks, generator
from clados.data.sampler import Lanes
from clados.data.stream import Stream
from clados.models.declared import declared
from clados.objectives import Setting, VocabIds, task
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
