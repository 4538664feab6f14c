"""BLOOM on both sides of what its size and its config decide: numbers of heads, and where residuals come from."""

from pathlib import Path

import pytest

from clados import spec as s
from clados.models.declared import declared
from clados.nn.positions.alibi import slopes
from clados.proofs.cases import small
from clados.proofs.layout_references import reference
from clados.proofs.parity import compare_cached, compare_results

BLOOM = declared("bloom")


@pytest.mark.parametrize("heads", [3, 6])
@pytest.mark.parametrize("residual", [s.Pre(), s.FromNorm()], ids=["stream", "norm"])
def test_other_numbers_of_heads_and_residuals_equal_the_reference(
    heads: int, residual: s.Residual, tmp_path: Path
) -> None:
    model = small(BLOOM.model).but(size=s.but(heads=heads, d_ff=None), stack=s.but(block=s.but(residual=residual)))
    theirs = reference("bloom", BLOOM.layouts[0], model, tmp_path)
    assert max(compare_results(theirs)) < 2e-5
    compare_cached(theirs.filled(model), theirs.inputs)


def test_slopes_of_a_power_of_two_fall_evenly_and_others_lie_between_them() -> None:
    assert slopes(8) == [2.0**-h for h in range(1, 9)]
    assert slopes(1) == [2.0**-8]
    assert slopes(6) == [2.0**-2, 2.0**-4, 2.0**-6, 2.0**-8, 2.0**-1, 2.0**-3]
    assert len(slopes(112)) == len({*slopes(112)}) == 112
