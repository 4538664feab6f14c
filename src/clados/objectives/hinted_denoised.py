"""A damaged web page restored, with hints of how much is missing (Aghajanyan et al. 2021, §2.3)."""

from itertools import chain

import numpy as np

from clados import spec as s
from clados.objectives.base import Ids, Random, VocabIds
from clados.objectives.denoised import DenoisedTask
from clados.objectives.tasks import Small


class HintedDenoisedTask(DenoisedTask, objective=s.HintedDenoised):
    """Most masks are followed by a number, in digits: about how many tokens they hide."""

    objective: s.HintedDenoised
    data = "html"
    small = Small(params="600K", vocab=512, steps=200, length=64, batch=16, lr=4e-3, dropout=0.0)

    def described(self, source: Ids, hides: Ids, vocab_ids: VocabIds, random: Random) -> Ids:
        """max(1, floor(n)), n from N(m, m spread), behind some masks; one that hides nothing gets a 1."""
        hinted = np.flatnonzero(hides >= 0)
        hinted = hinted[random.random(len(hinted)) < self.objective.hinted]
        number = hides[hinted]
        sizes = np.maximum(1, np.floor(random.normal(number, number * self.objective.spread))).astype(int)
        hints = [vocab_ids.written(str(size)) for size in sizes]
        return np.insert(source, np.repeat(hinted + 1, [*map(len, hints)]), [*chain(*hints)])
