"""Tiny models by their cards, an image, and the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from clados.apply.ready import Ready, load
from clados.cli.frame import run_command_line
from tests.apply.little import picture, written

Directory = Callable[[str], Path]


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    """``directory("bert")``: where a tiny model of that card lies; not to be changed."""
    made: dict[str, Path] = {}

    def get(card: str) -> Path:
        if card not in made:
            made[card] = written(card, tmp_path_factory.mktemp("models") / card)
        return made[card]

    return get


@pytest.fixture
def ready(directory: Directory) -> Callable[[str], Ready]:
    """``ready("bert")``: the same, loaded."""
    return lambda card: load(directory(card))


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A PNG file that is no square."""
    Image.fromarray(picture(7, 30, 20)).save(tmp_path / "image.png")
    return tmp_path / "image.png"


@pytest.fixture
def clados(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """``clados("fill", ...)``: the exit code, and what was printed on stdout and stderr."""

    def call(*argv: object) -> tuple[int, str, str]:
        code = run_command_line([str(each) for each in argv])
        told = capsys.readouterr()
        return code, told.out, told.err

    return call
