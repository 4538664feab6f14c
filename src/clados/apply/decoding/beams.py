"""Several texts a row, searched side by side for the likeliest (Graves 2012, §3), as transformers 5.23.0 does it."""

from typing import Literal

import torch
from torch import Tensor

from clados.apply.decoding.choice import Ending, Sampling
from clados.apply.decoding.processors import Processor
from clados.apply.decoding.writers import Writer
from clados.errors import InputError

EarlyStopping = bool | Literal["never"]
UNLIKELY = -1e9  # the log-probability of copies of a text that are there only to be replaced


def beam_search(
    writer: Writer,
    choice: Sampling,
    process: Processor | None,
    ending: Ending,
    pad: int,
    new: int,
    beams: int,
    penalty: float,
    early: EarlyStopping,
    n: int = 1,
) -> Tensor:
    """The ``n`` best texts of each row: ``beams`` open ones are kept, and as many that have ended.

    A row is finished when its best open text could not better the worst of its ended ones: were it to end now, or
    (``early`` is never, and the penalty above 0) at its greatest length; with ``early`` as soon as enough have ended.

    Raises:
        InputError: fewer than ``n`` texts are left by what may be written.
    """
    batch = writer.ids.size(0)
    row = torch.arange(batch, device=writer.ids.device)[:, None]
    ranks = max(2, 1 + ending.eos.numel()) * beams  # so many that enough stay open, whichever end
    logits = writer.read(writer.ids)[:, -1].float()
    writer.reorder(row.expand(-1, beams).flatten())
    texts = writer.ids[:, None].expand(-1, beams, -1)
    totals = logits.new_full((batch, beams), UNLIKELY)
    totals[:, 0] = 0
    logits = logits[:, None].expand(-1, beams, -1)
    ended = [Ended(beams, penalty, early, new) for _ in range(batch)]
    for step in range(1, new + 1):
        logs = logits.log_softmax(-1)
        if process is not None:
            logs = process(texts.flatten(0, 1), logs.flatten(0, 1)).view_as(logs)
        scores = (choice.filtered(logs) + totals[..., None]).flatten(1)
        index = choice.picked(scores, min(ranks, scores.size(1)))
        totals, beam = scores.gather(1, index), index // logits.size(-1)
        texts = torch.cat([texts[row, beam], (index % logits.size(-1))[..., None]], 2)
        over = ending.reached(texts) if step < new else torch.ones_like(index).bool()
        for i, each in enumerate(ended):
            each.take(texts[i], totals[i].tolist(), over[i].tolist(), step)
        if all(each.done for each in ended):
            break
        stay = totals.masked_fill(over, -torch.inf).topk(beams).indices
        totals, beam, texts = totals.gather(1, stay), beam.gather(1, stay), texts[row, stay]
        writer.reorder((row * beams + beam).flatten())
        logits = writer.read(texts[..., -1].flatten()[:, None])[:, -1].float().unflatten(0, (batch, beams))
    if any(len(each.texts) < n for each in ended):
        raise InputError(f"fewer texts than {n} may be written: what is asked of them rules out all others")
    best = [text for each in ended for text in each.best(n)]
    found = best[0].new_full((len(best), max(map(len, best))), pad)
    for filled, text in zip(found, best):
        filled[: len(text)] = text
    return found


class Ended:
    """The best finished hypotheses of a row."""

    def __init__(self, room: int, penalty: float, early: EarlyStopping, longest: int) -> None:
        self.room, self.penalty, self.early, self.longest = room, penalty, early, longest
        self.done = False
        self.texts: list[tuple[float, Tensor]] = []

    def take(self, texts: Tensor, totals: list[float], over: list[bool], new: int) -> None:
        """Add finished hypotheses; done when no open beam can beat the worst kept one.

        Args:
            texts: [ranks, length], the best first; those beyond ``room`` are only there to stay open.
            totals: their log-probabilities.
            new: how many of their tokens are new.
        """
        if self.done:
            return
        scores = [total / new**self.penalty for total in totals]
        ranks = range(min(self.room, len(over)))
        self.texts += [(scores[i], texts[i]) for i in ranks if over[i] and scores[i] > -torch.inf]  # -inf: ruled out
        self.texts = sorted(self.texts, key=lambda each: -each[0])[: self.room]
        length = self.longest if self.early == "never" and self.penalty > 0 else new
        still = max((total / length**self.penalty for total, end in zip(totals, over) if not end), default=-torch.inf)
        if len(self.texts) < self.room and still > -torch.inf:
            return
        self.done = self.early is True or still == -torch.inf or self.texts[-1][0] >= still

    def best(self, n: int) -> list[Tensor]:
        """The best of all, in order."""
        return [text for _, text in self.texts[:n]]
