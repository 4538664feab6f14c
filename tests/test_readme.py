"""What the README says of the catalogue is true of it."""

from pathlib import Path

from clados.catalog.load import catalog
from clados.models.declared import declared, package_models
from clados.objectives import runs

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_it_says_how_many_of_the_survey_s_models_run() -> None:
    surveyed = [card for card in catalog().values() if card.survey]
    assert f"{sum(card.runnable for card in surveyed)} of its {len(surveyed)}" in README


def test_it_says_how_many_cards_there_are() -> None:
    assert f"among {len(catalog())} cards" in README


def test_it_says_how_many_can_be_trained() -> None:
    trained = [name for name in package_models() if runs(declared(name).recipe.stages[0].objective)]
    assert f"Of these {len(package_models())}, {len(trained)} are trained" in README
