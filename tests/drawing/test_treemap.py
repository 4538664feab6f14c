"""A treemap's tiles fill it, each as large as its share, and what is written on them can be read."""

import pytest
from hypothesis import given, strategies as st

from clados.catalog.counts import ledger
from clados.drawing.svg import Box
from clados.drawing.treemap import HIGH, WIDE, params_by_kind, tiled, treemap_figure, treemap_sheet
from clados.models.declared import declared, package_models
from clados.spec import count_parameters

from .layouts import faults


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=40))
def test_tiles_fill_their_area_each_by_its_size(sizes: list[int]) -> None:
    sizes.sort(reverse=True)
    area = Box(10, 20, 300, 200)
    tiles = tiled(sizes, area)
    assert len(tiles) == len(sizes)
    for size, tile in zip(sizes, tiles):
        assert tile.width * tile.height == pytest.approx(60_000 * size / sum(sizes), rel=1e-6, abs=1e-6)
        assert tile.left >= area.left - 1e-6
        assert tile.right <= area.right + 1e-6
        assert tile.top >= area.top - 1e-6
        assert tile.bottom <= area.bottom + 1e-6


@pytest.mark.parametrize("name", package_models())
def test_the_sums_by_kind_are_those_of_the_ledger(name: str) -> None:
    model = declared(name).model
    by_kind = params_by_kind(model)
    assert all(by_kind.values())
    assert sum(by_kind.values()) == count_parameters(model).total == sum(line.total for line in ledger(model))


@pytest.mark.parametrize("name", ["bert", "t5", "alphafold", "stable-diffusion", "switch", "flamingo"])
def test_the_treemap_of_a_model_can_be_read_and_shows_all(name: str) -> None:
    model = declared(name).model
    sheet = treemap_sheet(model, name)
    assert sheet.total == count_parameters(model).total == sum(params_by_kind(model).values())
    assert not [each for each in faults(sheet, WIDE + 40, HIGH + 80) if not each.startswith("two boxes")]
    assert treemap_figure(model, name).svg == treemap_figure(model, name).svg
