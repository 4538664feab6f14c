"""Log-probabilities of tokens that are written already: one pass over the texts, whatever has written them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from clados.apply.decoding.writers import repadded, starts_with, writer_of
from clados.apply.ready import Ready, pad_ids
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.nn.memory import enough_memory

_SCORES = 2**26  # scores that are held at once


@enough_memory("the log-probabilities of these texts", "give fewer or shorter texts")
@torch.inference_mode()
def logprobs(
    model: WholeModel,
    input_ids: Tensor,
    new: Tensor,
    *,
    attention_mask: Tensor | None = None,
    start: int | None = None,
    blanks: Sequence[int] = (),
) -> Tensor:
    """log p of each new token after those before it, by the model itself: no temperature and no constraint.

    Args:
        input_ids: [batch, length] prompts, padded as for ``generate``.
        new: [batch, new] what follows a decoder's prompt or an encoder-decoder's start; padded on the right.
        attention_mask: [batch, length], 0 for padding.
        start, blanks: as for ``generate``.

    Returns:
        [batch, new] float32; what stands for padding has no meaning.

    Raises:
        InputError: as ``generate``.
    """
    input_ids, attention_mask = repadded(model, input_ids, attention_mask)
    room = starts_with(model, input_ids) + new.size(1)
    step = max(1, _SCORES // (room * model.spec.written_vocab.size))
    found = []
    for at in range(0, len(new), step):
        rows = slice(at, at + step)
        mask = None if attention_mask is None else attention_mask[rows]
        writer = writer_of(model, input_ids[rows], mask, new.size(1), start, blanks)
        scores = writer.read(torch.cat([writer.ids, new[rows, :-1]], 1), last=new.size(1)).float()
        chosen = scores.gather(2, new[rows, :, None])[..., 0]
        found.append(chosen - scores.logsumexp(2))
    return torch.cat(found)


def logprobs_of(
    ready: Ready, prompts: Sequence[Sequence[int]], texts: Sequence[Sequence[int]], blanks: Sequence[int] = ()
) -> list[list[float]]:
    """log p of each token of texts behind their prompts, both in ids; of prompts of a decoder see ``echoed``."""
    given, keep = pad_ids(prompts, 0, ready.device)
    new, _ = pad_ids(texts, 0, ready.device)
    if not new.size(1):
        return [[] for _ in texts]
    found = logprobs(ready.model, given, new, attention_mask=keep, blanks=blanks).tolist()
    return [row[: len(text)] for row, text in zip(found, texts)]


def echoed(ready: Ready, prompts: Sequence[Sequence[int]]) -> list[list[float | None]]:
    """log p of each token of prompts; of the first, which follows nothing, None.

    Raises:
        InputError: for a model that does not write its prompts on.
    """
    if ready.spec.writes != "continues":
        raise InputError(f"echo is of decoders, whose prompts have log-probabilities; {ready.name} only reads them")
    return [[None, *row] for row in logprobs_of(ready, [ids[:1] for ids in prompts], [ids[1:] for ids in prompts])]
