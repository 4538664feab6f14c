"""The pictures of the documentation are what the commands draw."""

import re
from pathlib import Path

import pytest

from clados.cli.frame import run_command_line

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
COMMANDS = {
    "family_tree.svg": ["tree"],
    "recent_models.svg": ["timeline", "--recent"],
    "timeline_family.svg": ["timeline"],
    "timeline_params.svg": ["timeline", "--y", "params"],
    "bert-roberta.svg": ["diff", "bert:base", "roberta:base"],
}
GALLERY = re.search(r"^GALLERY = (.*)$", (PICTURES.parents[1] / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
assert GALLERY
COMMANDS |= {f"{file}.svg": ["draw", model] for model, _, file in (each.partition(",") for each in GALLERY[1].split())}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_picture_is_what_its_command_draws(name: str, tmp_path: Path) -> None:
    assert run_command_line([*COMMANDS[name], "--svg", str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_bytes() == (PICTURES / name).read_bytes(), "drawn otherwise: make pictures"


def test_the_gallery_shows_nine_models_and_two_side_by_side() -> None:
    shown = re.findall(r"pictures/(.*?\.svg)", (PICTURES.parent / "gallery.md").read_text(encoding="utf-8"))
    assert len(shown) == 10
    assert {*shown} == {name for name, command in COMMANDS.items() if command[0] in ("draw", "diff")}


def test_every_picture_has_a_command() -> None:
    by_script = {"architecture.svg", "page.png"}  # scripts/architecture.py and scripts/page_picture.py (make pictures)
    assert {path.name for path in PICTURES.iterdir()} == {*COMMANDS} | by_script
