"""Tuning: where stages start, who judges them, and what they may not yet do."""

import pytest
import torch

from clados import spec as s
from clados.catalog.lineage import ancestors
from clados.catalog.load import catalog
from clados.models.declared import declared, package_models
from clados.nn import build
from clados.proofs.cases import small
from clados.spec import AdamW, Constant, NextToken, Recipe, Scalar, Supervised, Tied, Tuning

CARDS = catalog()
TUNED = [name for name in package_models() if any(isinstance(stage, Tuning) for stage in declared(name).recipe.stages)]


def recipes(name: str) -> list[Recipe]:
    """The recipe of the headline size, and those of the others."""
    declaration = declared(name)
    return [declaration.recipe, *declaration.recipes.values()]


@pytest.mark.parametrize("name", TUNED)
def test_a_tuned_stage_starts_from_an_ancestor_or_an_earlier_stage(name: str) -> None:
    above = {edge.parent for edge in ancestors(CARDS, name)}
    for recipe in recipes(name):
        earlier: list[str] = []
        for stage in recipe.stages:
            if isinstance(stage, Tuning):
                card, _, size = stage.start.partition(":")
                known = CARDS if stage.head else above  # a judge may be another family's
                assert stage.start in earlier or card in known, stage.start
                assert not size or size in {each.name for each in CARDS[card].sizes}
                assert {*stage.judges} <= {*earlier}
                assert stage.size is None or stage.size in declared(name).sizes
            earlier.append(stage.name)
        assert len(earlier) == len({*earlier})


def test_a_reward_is_read_at_the_last_token_of_each_text() -> None:
    model = build(small(declared("gpt-2").model).but(heads=(Tied(), Scalar())))
    ids = torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 7, 7]])
    alone = model(ids[1:, :3]).rewards
    right = model(ids, attention_mask=torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])).rewards
    torch.testing.assert_close(right[1:], alone)
    assert right.shape == (2,)


def test_objectives_of_tuning_read_as_they_were_written() -> None:
    stage = Tuning(
        name="tuning", objective=Supervised(), data="some", optimiser=AdamW(1e-5), schedule=Constant(), start="gpt-3"
    )
    assert "start='gpt-3'" in repr(stage)
    assert stage.but(objective=NextToken()) != stage


def test_a_stage_after_another_has_its_words_but_for_those_that_are_said() -> None:
    first, later = declared("glide").recipe.stages
    assert isinstance(later, s.Tuning)
    assert (later.start, later.name, later.objective) == ("pretraining", "without text", s.PredictedNoise(dropped=0.2))
    own = "name", "objective"
    assert {name: getattr(later, name) for name in s.part_fields(first) if name not in own} == {
        name: value for name, value in s.part_fields(first).items() if name not in own
    }
    with pytest.raises(s.SpecError, match="Tuning has no 'stepz'; did you mean 'steps'"):
        s.Tuning.after(first, name="more", stepz=3)
