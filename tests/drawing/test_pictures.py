"""The pictures of the documentation are what the commands draw."""

from pathlib import Path

import pytest

from clados.cli.frame import run_command_line

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
COMMANDS = {
    "family_tree.svg": ["tree"],
    "recent_models.svg": ["timeline", "--recent"],
    "timeline_family.svg": ["timeline"],
    "timeline_params.svg": ["timeline", "--y", "params"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_picture_is_what_its_command_draws(name: str, tmp_path: Path) -> None:
    assert run_command_line([*COMMANDS[name], "--svg", str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_bytes() == (PICTURES / name).read_bytes(), "drawn otherwise: make pictures"


def test_every_picture_has_a_command() -> None:
    by_script = {"architecture.svg"}  # scripts/architecture.py draws it (make pictures)
    assert {path.name for path in PICTURES.iterdir()} == {*COMMANDS} | by_script
