"""A tenth of the models a day: their small selves are trained in full, and do as well as the kept results say."""

from datetime import date
from pathlib import Path
from typing import Literal

import pytest

from clados.catalog.load import catalog
from clados.models.declared import declared, package_models
from clados.objectives import runs
from clados.proofs import Proof, verify
from clados.proofs.proof import TRAINED
from clados.proofs.results import KeptResult, KeptResults
from clados.proofs.training import stage_of
from tests.proofs.dated import share, today

DAYS = 10
MOST = 300.0  # seconds of a processor that a model may take; the others are left to `make full`
KEPT = KeptResults(Path(__file__).parents[2] / "docs" / "verification")
TRAINABLE = sorted(name for name in package_models() if runs(stage_of(declared(name)).objective))


def too_long(kept: dict[str, KeptResult]) -> str:
    """Why a model is left out, if its kept results say that it takes too long; empty otherwise."""
    seconds = sum(each.cpu_seconds for name, each in kept.items() if name in TRAINED)
    quick = all(each.quick for name, each in kept.items() if name == TRAINED[0])
    seconds /= 1 if quick else 2  # three seeds and a control are twice as much as one and a control
    return f"takes {seconds:.0f} s of a processor, more than {MOST:.0f}: left to make full" if seconds > MOST else ""


def judge(found: Proof, kept: KeptResult | None) -> str:
    """Why a proof that fails was to be expected; empty where it was not, or where it does not fail.

    Raises:
        AssertionError: for one that held when its result was kept.
    """
    if found.status != "fails":
        return ""
    assert kept is None or kept.proof.status != "holds", f"{found.proof} held on {kept.day}: {found.evidence}"
    before = f"fails as on {kept.day}" if kept and kept.proof.status == "fails" else "fails, and was never run before"
    return f"{found.proof} {before}: {found.evidence}"


@pytest.mark.tenth
@pytest.mark.parametrize("model", share(TRAINABLE, DAYS, today()))
def test_a_small_model_does_as_its_kept_results_say(model: str, tmp_path: Path) -> None:
    kept = KEPT.of(model)
    if reason := too_long(kept):
        pytest.skip(f"{model} {reason}")
    found = verify(model, proofs=TRAINED, quick=True, folder=tmp_path)
    if expected := [why for each in found if (why := judge(each, kept.get(each.proof)))]:
        pytest.xfail("; ".join(expected))


# ---------------------------------------------------------------- the choice itself


def test_ten_days_have_every_model_once_and_no_day_more_than_a_tenth() -> None:
    for start in (1, 4, 737_000):
        days = [share(TRAINABLE, DAYS, date.fromordinal(start + each)) for each in range(DAYS)]
        assert sorted(name for day in days for name in day) == TRAINABLE
        assert {len(day) for day in days} <= {len(TRAINABLE) // DAYS, -(-len(TRAINABLE) // DAYS)}
    day = date(2026, 11, 28)
    assert share(TRAINABLE, DAYS, day) == share(TRAINABLE, DAYS, day)
    firsts = {share(TRAINABLE, DAYS, date.fromordinal(day.toordinal() + DAYS * each))[0] for each in range(50)}
    assert firsts == {*share(TRAINABLE, DAYS, day)}


def test_every_model_that_learns_by_something_that_runs_is_among_them() -> None:
    assert {"bert", "gpt-2", "transformer", "alpaca", "vit"} < {*TRAINABLE}
    assert {*TRAINABLE} <= {*catalog()}


def result(status: Literal["holds", "fails"], seconds: float = 0.0) -> KeptResult:
    proof = Proof("gpt-2", "learns", status, "for the test", 1.0)
    return KeptResult(proof, quick=True, day="2026-01-31", commit="", versions="", checksum="", cpu_seconds=seconds)


def test_what_held_and_fails_breaks_and_what_failed_before_is_told() -> None:
    fails, holds = result("fails").proof, result("holds").proof
    with pytest.raises(AssertionError, match="learns held on 2026-01-31: for the test"):
        judge(fails, result("holds"))
    assert judge(fails, result("fails")) == "learns fails as on 2026-01-31: for the test"
    assert judge(fails, None) == "learns fails, and was never run before: for the test"
    assert judge(holds, result("holds")) == judge(holds, result("fails")) == judge(holds, None) == ""


def test_a_model_that_takes_too_long_is_left_out_with_its_seconds() -> None:
    assert too_long({"learns": result("holds", 200.0)}) == ""
    assert too_long({"learns": result("holds", 301.0)}).startswith("takes 301 s of a processor, more than")
    assert too_long({"parity": result("holds", 999.0)}) == ""
