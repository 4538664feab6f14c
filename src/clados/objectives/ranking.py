"""Passages ranked by the words that they share with a question: what needs no model."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clados.objectives.base import Ids

K, B = 1.2, 0.75  # how soon a repeated word counts no more, and how much long passages are discounted


class BM25:
    """Okapi's weights of words (Robertson & Zaragoza 2009, §3.4), over some passages; words are ids of tokens."""

    def __init__(self, passages: Sequence[Ids]) -> None:
        self.number = len(passages)
        lengths = np.array([len(each) for each in passages], float)
        self.discount = K * (1 - B + B * lengths / max(1.0, lengths.mean()))
        self.places: dict[int, list[tuple[int, int]]] = {}
        for place, each in enumerate(passages):
            for word, count in Counter(each.tolist()).items():
                self.places.setdefault(word, []).append((place, count))

    def scores(self, question: Ids) -> NDArray[np.float64]:
        """How well each passage fits, [passages]; 0 where no word is shared."""
        found = np.zeros(self.number)
        for word in question.tolist():
            known = self.places.get(word, ())
            rarity = math.log(1 + (self.number - len(known) + 0.5) / (len(known) + 0.5))
            for place, count in known:
                found[place] += rarity * count * (K + 1) / (count + self.discount[place])
        return found


def first_share(scores: Sequence[NDArray[np.float64]]) -> float:
    """How often the i-th passage is the first for the i-th question; of several that tie each counts alike."""
    shares = [(each[i] >= each.max()) / (each == each.max()).sum() for i, each in enumerate(scores)]
    return float(np.mean(shares))
