"""A small catalogue of three: Stem, its child Branch 2, and Leaf, whose weights come from Branch 2."""

import shutil
from pathlib import Path

import pytest

from clados.catalog.load import Catalog, card_files, read_card

DATA = Path(__file__).parent / "data"


@pytest.fixture
def small() -> Catalog:
    return Catalog(read_card(path) for path in card_files(DATA))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the three cards that a test may spoil."""
    return Path(shutil.copytree(DATA, tmp_path / "cards"))
