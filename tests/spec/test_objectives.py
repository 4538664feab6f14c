"""What an objective's numbers may be: every one of them has bounds, and what breaks them is refused by its name."""

from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from clados import spec as s
from clados.proofs.mutations import example
from clados.spec.core.registry import KINDS

OBJECTIVES = [kind for kind in KINDS.values() if issubclass(kind, s.Objective) and kind is not s.Objective]


def numbers(kind: type[Any]) -> list[str]:
    """The fields that are one number, or none."""
    hints = get_type_hints(kind)
    return [each.name for each in fields(kind) if hints[each.name] in (int, float, int | None, float | None)]


@pytest.mark.parametrize("kind", OBJECTIVES, ids=lambda kind: kind.__name__)
def test_no_number_of_an_objective_is_below_zero(kind: type[Any]) -> None:
    if kind.__module__.startswith("clados."):
        for name in numbers(kind):
            with pytest.raises(s.SpecError, match=name):
                example(kind).but(**{name: -1})


@pytest.mark.parametrize(
    ("kind", "said", "message"),
    [
        (s.MaskedTokens, {"rate": 2.0}, r"MaskedTokens.rate is 2.0; it must be from 0 to 1"),
        (s.MaskedTokens, {"draws": 0}, r"MaskedTokens.draws is 0; it must be at least 1"),
        (s.MaskedTokens, {"masked": 0.9, "replaced": 0.2}, r"masked 0.9 and replaced 0.2; together .* 1 at most"),
        (s.MaskedNgrams, {"masked": 0.9, "replaced": 0.2}, r"masked 0.9 and replaced 0.2; together .* 1 at most"),
        (s.EntityDenoising, {"hidden": 0.6, "replaced": 0.5}, r"replaced 0.5 and hidden 0.6; together .* 1 at most"),
        (s.BlankInfilling, {"sentences": 0.6, "long": 0.6}, r"sentences 0.6 and long 0.6; together .* 1 at most"),
        (s.CorruptedSpans, {"mean": 0.0}, r"CorruptedSpans.mean is 0.0; it must be above 0"),
        (s.Denoised, {"mean": 0}, r"Denoised.mean is 0; it must be above 0"),  # spans of no tokens never fill a share
        (s.CausalMasked, {"bounds": (0, 4)}, r"CausalMasked.bounds is \(0, 4\); the first must be at least 1"),
        (s.CausalMasked, {"bounds": (5, 4)}, r"CausalMasked.bounds is \(5, 4\)"),
        (s.DroppedSpans, {"read": (0.8, 0.2)}, r"DroppedSpans.read is \(0.8, 0.2\)"),
        (s.DroppedSpans, {"read": (0.8, 1.2)}, r"DroppedSpans.read is \(0.8, 1.2\); shares are 1 at most"),
        (s.PPO, {}, r"^PPO: missing 1 required positional argument: 'kl'$"),
    ],
)
def test_numbers_that_mean_nothing_are_refused_by_name(kind: type[Any], said: dict[str, Any], message: str) -> None:
    with pytest.raises(s.SpecError, match=message):
        kind(**said)


@pytest.mark.parametrize("kind", OBJECTIVES, ids=lambda kind: kind.__name__)
def test_an_objective_says_what_its_loss_is_a_mean_of(kind: type[Any]) -> None:
    if kind.__module__.startswith("clados."):
        assert example(kind).loss_unit


def test_shares_of_one_whole_may_be_all_of_it() -> None:
    assert s.MaskedTokens(masked=0.9, replaced=0.1).rate == 0.15
    assert s.Denoiser("[S]", 0.25).mean is None  # a range is of the number, where there is one


def test_a_template_that_names_no_field_in_its_answer_is_refused() -> None:
    with pytest.raises(s.SpecError, match=r"Template.answer is 'yes'; it must name a field of the example"):
        s.Template(answer="yes")
    assert s.Template(answer="{output}</s>").prompt == "{prompt}"
