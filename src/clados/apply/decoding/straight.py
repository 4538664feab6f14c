"""One text a row, token after token."""

from collections.abc import Iterator

import torch
from torch import Tensor

from clados.apply.decoding.choice import Ending, Sampling
from clados.apply.decoding.processors import Processor, check_open
from clados.apply.decoding.writers import Writer


def greedy_or_sampled(
    writer: Writer,
    choice: Sampling,
    process: Processor | None,
    ending: Ending,
    pad: int,
    new: int,
    n: int = 1,
) -> Iterator[Tensor]:
    """The new columns, [batch * n] each: ``n`` texts to each row, which is read once; those that end early are padded.

    Nothing follows once all texts are at their end.
    """
    rows, start = torch.arange(writer.ids.size(0), device=writer.ids.device).repeat_interleave(n), writer.ids.size(1)
    texts = torch.cat([writer.ids[rows], writer.ids.new_full((rows.numel(), new), pad)], 1)
    over = torch.zeros(texts.size(0), 1, dtype=torch.bool, device=texts.device)
    scores = writer.read(writer.ids)[:, -1]
    if n > 1:
        writer.reorder(rows)
        scores = scores[rows]
    for end in range(start, start + new):
        if end > start:
            scores = writer.read(texts[:, end - 1 : end])[:, -1]
        if process is not None:
            scores = process(texts[:, :end], scores.float())
            check_open(scores.masked_fill(over, 0.0))
        ids = choice.picked(choice.filtered(scores), 1)
        if ending:
            ids = ids.masked_fill(over, pad)
        texts[:, end : end + 1] = ids
        yield ids[:, 0]
        if ending:
            over |= ending.reached(texts[:, : end + 1])[:, None]
            if bool(over.all()):
                return
