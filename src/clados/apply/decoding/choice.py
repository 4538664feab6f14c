"""How the next tokens are chosen from their scores, and what ends a text."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(slots=True)
class Sampling:
    """Settings of sampling: how the next tokens are chosen from their scores."""

    temperature: float
    top_k: int | None
    top_p: float | None
    generator: torch.Generator | None

    def filtered(self, scores: Tensor) -> Tensor:
        """[..., vocabulary], divided by the temperature; -inf for what may not be drawn."""
        if not self.temperature:
            return scores
        scores = scores / self.temperature
        if self.top_k is not None:
            least = scores.topk(min(self.top_k, scores.size(-1))).values[..., -1:]
            scores = scores.masked_fill(scores < least, -torch.inf)
        if self.top_p is not None:
            rising, order = scores.sort(-1)
            out = rising.softmax(-1).cumsum(-1) <= 1 - self.top_p
            out[..., -1] = False
            scores = scores.masked_fill(torch.zeros_like(out).scatter(-1, order, out), -torch.inf)
        return scores

    def picked(self, scores: Tensor, count: int) -> Tensor:
        """The indices of ``count`` of the scores: the highest, or drawn without replacement by their softmax.

        The highest of scores with Gumbel noise are such draws (Kool et al. 2019, §2.3).
        """
        if self.temperature:
            scores = scores - torch.empty_like(scores).exponential_(generator=self.generator).log()
        return scores.argmax(-1, keepdim=True) if count == 1 else scores.topk(count).indices


@dataclass(slots=True)
class Ending:
    """What ends a text."""

    eos: Tensor
    stop: list[Tensor]
    over: Callable[[Tensor], Tensor] | None = None  # from the ids behind ``start``, [rows, new], to [rows] bool
    start: int = 0

    def __bool__(self) -> bool:
        return bool(self.eos.numel() or self.stop or self.over)

    def reached(self, ids: Tensor) -> Tensor:
        """[..., length] -> [...] bool: whether each text is at its end."""
        over = torch.isin(ids[..., -1], self.eos)
        for end in self.stop:
            if ids.size(-1) >= len(end):
                over = over | (ids[..., -len(end) :] == end.to(ids.device)).all(-1)
        if self.over is not None:
            over = over | self.over(ids[..., self.start :].flatten(0, -2)).view_as(over)
        return over
