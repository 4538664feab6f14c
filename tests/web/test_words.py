"""Every word of the interface has a Chinese one, and none is left over."""

import ast
import re
from pathlib import Path
from typing import get_args

import clados.web
from clados import spec as s
from clados.catalog.pages import ERRATA
from clados.catalog.schema import ATTRIBUTES, LINEAGE_KINDS, VALUE_KINDS
from clados.proofs.mutations import example
from clados.reports.curves import CURVE_LINES, CURVE_MEANINGS
from clados.reports.run import KEPT_WEIGHTS, STOPPED_EARLY
from clados.reports.samples import JUDGEMENTS, KEY_WORDS, SIDES, GuessedText, JudgedText
from clados.spec.core.registry import KINDS
from clados.spec.learning.objectives.finetuning import ClassProblem
from clados.train.reported import COUNTED_EXAMPLES
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


FIGURE_WORDS = (
    "by parameters",
    "by training tokens",
    "by training compute",
    "by family",
    "early 2023",
    "Zoom in",
    "Zoom out",
    "Show all",
    "Find a model",
)
COUNTED = ("tokens", "prompts", *COUNTED_EXAMPLES.values())  # of how fast a run learns
TERMS = {
    *(name.replace("_", " ") for name in ATTRIBUTES),
    *(word for each in ATTRIBUTES.values() for word in each.allowed),
    *("encoder", "decoder", "encoder-decoder", "diffusion"),
    *VALUE_KINDS,
    *LINEAGE_KINDS,
    *ERRATA.values(),
    *FIGURE_WORDS,
    *("prompt", "tokens", "temperature", "seed", "beams", "text", "texts", "top", "layer", "head"),
    *("steps", "environment", "protein", "passes"),  # of trials
    *("KV cache, bytes", "FLOPs, 2 N"),  # what a token takes
    *("holds", "fails", "missing", "not applicable"),  # of proofs
    *("Loss", *(word for pair in CURVE_MEANINGS.values() for word in pair)),  # of runs
    *(example(kind).loss_unit for kind in KINDS.values() if issubclass(kind, s.Objective) and kind is not s.Objective),
    *(s.TextClasses(each).loss_unit for each in get_args(ClassProblem)),
    *(
        s.MaskedTokens().loss_unit,
        s.PairedTexts(both=True).loss_unit,
        s.PointRegression("absolute").loss_unit,
        s.ReturnConditioned("cross-entropy").loss_unit,
    ),
    *(KEPT_WEIGHTS, STOPPED_EARLY),
    *KEY_WORDS,
    *(word for each in (GuessedText, JudgedText) for word in (each.title, each.below)),
    *CURVE_LINES,
    *SIDES,
    *JUDGEMENTS,
    "by the clock of the machine",
    *(f"{each} a second" for each in COUNTED),
    *(f"{each.capitalize()} a second" for each in COUNTED),
}


def test_every_term_of_the_catalogue_is_there() -> None:
    assert set(CHINESE) >= TERMS


def test_values_in_a_text_are_the_same_in_both() -> None:
    for english, chinese in CHINESE.items():
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", chinese)), english


def test_nothing_is_left_over() -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in FOLDER.rglob("*") if file.suffix in (".py", ".js"))
    assert {each for each in CHINESE if each not in code} - TERMS - {"Copy as CLI", "Copy as Python"} == set()
