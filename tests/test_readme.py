"""What the README says of the catalogue is true of it."""

from pathlib import Path

from clados import spec as s
from clados.catalog.load import catalog
from clados.catalog.query import find
from clados.models.declared import declared, package_models
from clados.train.chain import why_not

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_it_says_how_many_of_the_survey_s_models_run() -> None:
    surveyed = [card for card in catalog().values() if card.survey]
    assert f"{sum(card.runnable for card in surveyed)} of its {len(surveyed)}" in README


def test_it_says_how_many_cards_there_are() -> None:
    assert f"among {len(catalog())} cards" in README


def can_be_trained(name: str) -> bool:
    recipe = declared(name).recipe
    return not all(why_not(recipe, stage) for stage in recipe.stages)


def test_it_says_how_many_can_be_trained() -> None:
    trained = [name for name in package_models() if can_be_trained(name)]
    assert f"Of these {len(package_models())}, {len(trained)} are trained" in README


def test_no_text_model_is_counted_that_cannot_be_trained() -> None:
    counted = [card.id for card in find(runnable=True)]
    assert {*counted} == {*package_models()}
    texts = [name for name in counted if all(isinstance(each.inputs, s.Tokens) for each in declared(name).model.towers)]
    assert len(texts) > 80
    assert [name for name in texts if not can_be_trained(name)] == []
