"""A graph of entities, and vectors of them: WordNet's synsets and their relations, by TransE (Bordes et al. 2013)."""

from collections import Counter
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from clados.data.sets import synsets

MARGIN, RATE, BATCH, EPOCHS = 1.0, 0.1, 64, 40  # of TransE; the paper chooses each by validation


@dataclass(frozen=True)
class Graph:
    """Entities and the facts about them.

    Attributes:
        names: of each entity, the most usual first. keys: what the data call it.
        relations: names of these.
        facts: [facts, 3], head, relation and tail of each, by number.
    """

    keys: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    relations: tuple[str, ...]
    facts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.keys)

    def unambiguous(self) -> dict[str, int]:
        """The entity of each name, in small letters, that is the name of one alone, and that some fact is about."""
        every = {(name.lower(), number) for number, names in enumerate(self.names) for name in names}
        counts, known = Counter(name for name, _ in every), {*self.facts[:, [0, 2]].flatten().tolist()}
        return {name: number for name, number in sorted(every) if counts[name] == 1 and number in known}

    def called(self, number: int) -> str:
        """An entity in words, with what the data call it."""
        return f"{self.names[number][0]} ({self.keys[number]})"


@cache
def wordnet_graph() -> Graph:
    """The synsets of the embedded WordNet and what relates them: hypernym, part, similar, antonym."""
    rows = synsets()
    numbers = {str(row["id"]): i for i, row in enumerate(rows)}
    relations = tuple(sorted({name for row in rows for name in row["relations"]}))
    facts = [
        (numbers[str(row["id"])], relations.index(name), numbers[other])
        for row in rows
        for name, others in row["relations"].items()
        for other in others
    ]
    names = tuple(tuple(map(str, row["words"])) for row in rows)
    return Graph(tuple(numbers), names, relations, np.array(facts, np.int64))


@cache
def wordnet_vectors(width: int) -> NDArray[np.float32]:
    """A vector of length 1 for each entity of ``wordnet_graph``, [entities, width]; the same in every run."""
    graph = wordnet_graph()
    return transe(graph.facts, len(graph), width)[0].astype(np.float32)


def transe(
    facts: NDArray[np.int64], entities: int, width: int, *, epochs: int = EPOCHS, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Vectors of entities and relations such that head + relation is near tail: [entities, width], [relations, width].

    Algorithm 1 of Bordes et al. 2013, with squared distances: for each fact one with another head or tail in its
    place, by lot, has to be farther by the margin; entities are brought to length 1 before every batch.
    """
    random = np.random.default_rng(seed)
    bound = 6 / np.sqrt(width)
    relations = random.uniform(-bound, bound, (int(facts[:, 1].max()) + 1, width))
    relations /= np.linalg.norm(relations, axis=1, keepdims=True)
    nodes = random.uniform(-bound, bound, (entities, width))
    nodes /= np.linalg.norm(nodes, axis=1, keepdims=True)
    for _ in range(epochs):
        order = random.permutation(len(facts))
        for at in range(0, len(facts), BATCH):
            true = facts[order[at : at + BATCH]]
            false = true.copy()
            end, other = random.integers(2, size=len(true)), random.integers(entities, size=len(true))
            false[np.arange(len(true)), 2 * end] = other
            ends = np.stack([true, false])  # [2, batch, 3]
            apart = nodes[ends[..., 0]] + relations[ends[..., 1]] - nodes[ends[..., 2]]
            distance = (apart**2).sum(-1)
            wrong = MARGIN + distance[0] - distance[1] > 0
            step = RATE * 2 * np.array([1.0, -1.0])[:, None, None] * apart * wrong[:, None]
            np.add.at(nodes, ends[..., 0], -step)
            np.add.at(nodes, ends[..., 2], step)
            np.add.at(relations, ends[..., 1], -step)
            touched = np.unique(ends[..., [0, 2]])
            nodes[touched] /= np.linalg.norm(nodes[touched], axis=1, keepdims=True)
    return nodes, relations
