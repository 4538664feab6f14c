"""Drawings of models that nobody has built can be read as those of the declared ones can."""

from collections import Counter
from itertools import combinations
from typing import get_args

import pytest

from clados.drawing.architecture.figure import architecture_figure, architecture_sheet, model_node
from clados.drawing.layout.direction import Direction
from clados.models.declared import declared, package_models
from clados.spec import count_parameters

from .invented_models import invented_model
from .layouts import faults

SEEDS = range(40)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_invented_model_is_drawn_with_all_its_parameters_and_can_be_read(seed: int) -> None:
    name, model = invented_model(seed)
    total = count_parameters(model).total
    for direction in get_args(Direction):
        sheet, width, height = architecture_sheet(model, name, (), model_node(model, direction))
        assert sheet.total == total
        assert not list(faults(sheet, width, height)), direction
        assert not [each.key for each in sheet.labels if each.key.endswith("…") and each.key != "…"]


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_it_is_drawn_alike_a_second_time(seed: int) -> None:
    first, second = (
        architecture_figure(model, name).svg for name, model in (invented_model(seed), invented_model(seed))
    )
    assert first == second


def test_invented_models_are_of_all_kinds_and_differ() -> None:
    models = [invented_model(seed)[1] for seed in SEEDS]
    counts = Counter(type(model) for model in models)
    assert len(counts) == len({type(declared(name).model) for name in package_models()})
    assert min(counts.values()) > 1
    assert all(one != other for one, other in combinations(models, 2))
    totals = [count_parameters(model).total for model in models]
    assert min(totals) < 10**7
    assert max(totals) > 10**12
