"""Vectors of a graph: Bordes et al. 2013, algorithm 1, beside the same steps by torch's gradients."""

import numpy as np
import pytest
import torch

from clados.data.graph import BATCH, MARGIN, RATE, transe, wordnet_graph, wordnet_vectors


def test_steps_are_those_of_the_margin_s_gradient() -> None:
    facts = np.array([[0, 0, 1], [1, 0, 2], [2, 1, 3], [0, 1, 4], [4, 0, 5], [5, 1, 0]])
    nodes, relations = transe(facts, 6, 4, epochs=7, seed=3)
    random, bound = np.random.default_rng(3), 6 / 2
    r, e = (torch.from_numpy(random.uniform(-bound, bound, (number, 4))) for number in (2, 6))
    r, e = (torch.nn.functional.normalize(each, dim=1) for each in (r, e))
    for _ in range(7):
        true = facts[random.permutation(6)[:BATCH]]
        lot, other = random.integers(2, size=6), random.integers(6, size=6)
        r.requires_grad_()
        e.requires_grad_()
        loss = torch.tensor(0.0, dtype=torch.float64)
        for (h, k, t), tail, another in zip(true, lot, other):
            false = (h, another) if tail else (another, t)
            near, far = (((e[a] + r[k] - e[b]) ** 2).sum() for a, b in ((h, t), false))
            loss = loss + (MARGIN + near - far).relu()
        by_e, by_r = torch.autograd.grad(loss, (e, r))
        e, r = torch.nn.functional.normalize(e.detach() - RATE * by_e, dim=1), r.detach() - RATE * by_r
    np.testing.assert_allclose(nodes, e.numpy(), atol=1e-12)
    np.testing.assert_allclose(relations, r.numpy(), atol=1e-12)


def test_a_relation_leads_from_head_to_tail() -> None:
    graph = wordnet_graph()
    nodes, relations = transe(graph.facts, len(graph), 15)
    assert np.allclose(np.linalg.norm(nodes, axis=1), 1)
    head, relation, tail = graph.facts[:300].T
    far = ((nodes[head] + relations[relation])[:, None] - nodes[None]) ** 2
    ranks = (far.sum(-1) < far.sum(-1)[range(300), tail][:, None]).sum(1)
    assert np.median(ranks) < 30  # of 6,000
    assert np.array_equal(wordnet_vectors(15), nodes.astype(np.float32))


@pytest.mark.parametrize(
    ("name", "key"), [("dog", None), ("animal", "n00015388"), ("Animal", None), ("physical object", "n00002684")]
)
def test_a_name_stands_for_what_it_alone_names(name: str, key: str | None) -> None:
    graph = wordnet_graph()
    number = graph.unambiguous().get(name)
    assert (None if number is None else graph.keys[number]) == key
