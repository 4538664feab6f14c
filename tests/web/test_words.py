"""Every word of the interface has a Chinese one, and none is left over."""

import ast
import re
from pathlib import Path

import clados.web
from clados.catalog.schema import ATTRIBUTES
from clados.web.language import page_languages

FOLDER = Path(clados.web.__file__).parent
CHINESE = page_languages()["zh"].words


def spoken() -> set[str]:
    """Texts that are given to a language by its name, and those that tables and scripts hand it."""
    found = set()
    for file in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).rpartition(".")[2] == "say":
                found |= {each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant)}
    return {each for each in found if isinstance(each, str)}


def test_every_word_that_the_pages_say_is_there() -> None:
    said = spoken() - {"_", " ", "?", ","}
    assert len(said) > 20
    assert {each for each in said if each not in CHINESE and not each.startswith("Copy as")} == set()


def test_every_attribute_and_allowed_value_is_there() -> None:
    names = {name.replace("_", " ") for name in ATTRIBUTES}
    assert names | {word for each in ATTRIBUTES.values() for word in each.allowed} <= set(CHINESE)


def test_values_in_a_text_are_the_same_in_both() -> None:
    for english, chinese in CHINESE.items():
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", chinese)), english


def test_nothing_is_left_over() -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in FOLDER.rglob("*") if file.suffix in (".py", ".js"))
    spare = {each.replace("_", " ") for each in ATTRIBUTES} | {w for a in ATTRIBUTES.values() for w in a.allowed}
    spare |= {"Copy as CLI", "Copy as Python", "encoder", "decoder", "encoder-decoder", "diffusion"}
    assert {each for each in CHINESE if each not in code and each not in spare} == set()
