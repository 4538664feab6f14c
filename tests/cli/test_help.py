"""Each command's --help shows all that is written for it: Rich takes some words in square brackets for markup."""

import re
from enum import Enum

import pytest

from clados.cli.commands import COMMANDS
from clados.cli.frame import parser_of
from tests.cli.conftest import Clados


def words(text: str) -> str:
    """A text on one line, without the frames of Rich's panels."""
    return " ".join(re.sub("[\u2500-\u257f]", " ", text).split())


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_every_option_with_its_text_metavar_and_default(
    clados: Clados, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    told = clados(name, "--help")
    shown = words(told.out)
    parser = parser_of(name)
    assert words(parser.help) in shown
    assert len(parser.params) > 0
    for param in parser.params:
        written = [param.help or "", param.metavar or "", *(param.opts if param.param_type_name == "option" else [])]
        default = param.default.value if isinstance(param.default, Enum) else param.default
        if isinstance(param.show_default, str):
            written.append(f"[default: ({param.show_default})]")
        elif param.show_default and default not in (None, False, True, (), []):
            written.append(f"[default: {default}]")
        assert [each for each in written if words(each) not in shown] == []
