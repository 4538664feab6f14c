"""Dropout: each declared word drops what it says, at its rate, in training only."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from clados import spec as s
from clados.nn import build, dropout
from clados.proofs.cases import small_vocabulary, without_capacity
from tests.spec.examples import models, read, structures

SURE = 6.0  # standard errors
SEQUENCE = 40


def rates(part: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """The path of every dropout word of a part, each kind of block apart, and its rate."""
    for name, value in s.part_fields(part).items():
        here = f"{path}.{name}".lstrip(".")
        if name == "dropout" and value:
            yield here, value
        for i, each in enumerate(value if isinstance(value, tuple) else (value,)):
            if isinstance(each, s.Part):
                yield from rates(each, f"{here}[{i}]" if isinstance(value, tuple) else here)


def only(part: Any, kept: str) -> Any:
    """The part with all of its dropout words at 0 but the one at ``kept``."""
    changes: dict[str, Any] = {}
    for name, value in s.part_fields(part).items():
        below = kept.removeprefix(f"{name}.") if kept.startswith(f"{name}.") else ""
        if name == "dropout":
            changes[name] = value if kept == name else 0.0
        elif isinstance(value, tuple) and s.in_turn(value):
            changes[name] = tuple(
                only(each, kept.removeprefix(f"{name}[{i}].") if kept.startswith(f"{name}[{i}].") else "")
                for i, each in enumerate(value)
            )
        elif isinstance(value, s.Part):
            changes[name] = only(value, below)
    return part.but(**changes) if changes else part


WORDS = [  # whole branches: tests/nn/test_pyramid.py, tests/nn/test_multimodal.py
    (name, path, rate)
    for name, model in structures().items()
    for path, rate in rates(model)
    if not path.endswith(("drop_path.dropout", "residual.dropout"))
]


class Results:
    """What was dropped: the share of zeros of each call, among how many."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dropped = self.of = 0
        self.draw = dropout.kept
        monkeypatch.setattr(dropout, "kept", self.kept)

    def kept(self, x: Tensor, drawn: Tensor, rate: float) -> Tensor:
        found = self.draw(x, drawn, rate)
        self.note(found[x != 0])
        return found

    def note(self, kept: Tensor) -> None:
        self.dropped += int((kept == 0).sum())
        self.of += kept.numel()


@pytest.mark.parametrize(("name", "path", "rate"), WORDS, ids=[f"{name} {path}" for name, path, _ in WORDS])
def test_a_dropout_word_drops_its_share(name: str, path: str, rate: float, monkeypatch: pytest.MonkeyPatch) -> None:
    model = only(small_vocabulary(s.tiny(models()[name])), path)
    assert [*rates(model)] == [(path, rate)]
    torch.manual_seed(0)
    module, given = build(model).train(), read(model, length=SEQUENCE)
    seen = Results(monkeypatch)
    module(**given)
    assert seen.of > 400
    assert abs(seen.dropped / seen.of - rate) < SURE * math.sqrt(rate * (1 - rate) / seen.of)
    before = seen.of
    module.eval()(**given)
    assert seen.of == before


def keeps_statistics(model: s.Model) -> bool:
    """Whether it reads those of the batch in training, and its own in evaluation."""
    return len([*s.rows(model)]) < len([*s.saved_rows(model)])


@pytest.mark.parametrize("name", [name for name, model in structures().items() if not keeps_statistics(model)])
def test_without_dropout_training_and_evaluation_agree(name: str) -> None:
    model = without_capacity(
        only(small_vocabulary(s.tiny(models()[name])), "")
    )  # experts take more tokens in evaluation
    module, given = build(model), read(model)
    evaluated, trained = module(**given), module.train()(**given)
    assert all(torch.equal(evaluated[key], trained[key]) for key in evaluated)
