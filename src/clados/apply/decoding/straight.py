"""One text a row, token after token."""

from collections.abc import Callable

import torch
from torch import Tensor

from clados.apply.decoding.choice import Ending, Sampling
from clados.apply.decoding.processors import Processor
from clados.apply.decoding.writers import Writer


def greedy_or_sampled(
    writer: Writer,
    choice: Sampling,
    process: Processor | None,
    ending: Ending,
    pad: int,
    new: int,
    on_token: Callable[[Tensor], object] | None,
) -> Tensor:
    """The texts, [batch, length + new at most]; those that end early are padded."""
    texts = torch.cat([writer.ids, writer.ids.new_full((writer.ids.size(0), new), pad)], 1)
    over = torch.zeros(texts.size(0), 1, dtype=torch.bool, device=texts.device)
    ids, start = writer.ids, writer.ids.size(1)
    for end in range(start, start + new):
        scores = writer.read(ids)
        if process is not None:
            scores = process(texts[:, :end], scores.float())
        ids = choice.picked(choice.filtered(scores), 1)
        if ending:
            ids = ids.masked_fill(over, pad)
        texts[:, end : end + 1] = ids
        if on_token is not None:
            on_token(ids[:, 0])
        if ending:
            over |= ending.reached(texts[:, : end + 1])[:, None]
            if bool(over.all()):
                return texts[:, : end + 1]
    return texts
