"""Every word of the interface has a Chinese one, and none is left over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import clados.web
from clados import spec as s
from clados.catalog.load import catalog
from clados.catalog.pages import ERRATA
from clados.catalog.schema import ATTRIBUTES, LINEAGE_KINDS, VALUE_KINDS
from clados.models.declared import declared, package_models
from clados.proofs.mutations import example
from clados.reports.curves import CURVE_LINES, CURVE_MEANINGS
from clados.reports.run import KEPT_WEIGHTS, STOPPED_EARLY
from clados.reports.samples import JUDGEMENTS, KEY_WORDS, SIDES, GuessedText, JudgedText
from clados.spec.core.registry import KINDS
from clados.spec.learning.objectives.finetuning import ClassProblem
from clados.train.reported import COUNTED_EXAMPLES
from clados.web.designing import Design, Section, hints, meaning_of, part_kinds
from clados.web.index import PROSE_TERMS
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
    "Drag to move, turn the wheel or pinch to zoom",
)


def within(section: Section) -> Iterator[Section]:
    yield section
    for each in section.inside:
        yield from within(each)


def meanings() -> set[str]:
    """What the designer says of the parts of all models, and of those that may stand in their place."""
    models = [model for name in package_models() for model in declared(name).models().values()]
    shown = [each for model in models for section in Design(model, model).sections for each in within(section)]
    kinds, more = set[type[s.Part]](), {KINDS[each.kind] for each in shown}
    while more:
        kinds |= more
        more = {other for kind in more for hint in hints(kind).values() for other in part_kinds(hint).values()} - kinds
    return {*map(meaning_of, kinds)}


VALUES = {  # of cards, but for titles of papers
    str(item)
    for card in catalog().values()
    for name, value in card.values.items()
    if ATTRIBUTES[name].type in ("name", "names") and name != "reference"
    for item in value.items
} | {term for terms in PROSE_TERMS.values() for term in terms}
COUNTED = ("tokens", "prompts", *COUNTED_EXAMPLES.values())  # of how fast a run learns
TERMS = {
    *meanings(),
    *(value for value in VALUES if re.search(r"\b[a-z]{2,}\b", value)),  # all others are names and abbreviations
    *(name.replace("_", " ") for name in ATTRIBUTES),
    *(word for each in ATTRIBUTES.values() for word in each.allowed),
    *("encoder", "decoder", "encoder-decoder", "diffusion"),
    *VALUE_KINDS,
    *VALUE_KINDS.values(),
    *(each.meaning for each in ATTRIBUTES.values()),
    *LINEAGE_KINDS,
    *ERRATA.values(),
    *FIGURE_WORDS,
    *("prompt", "new tokens", "temperature", "seed", "beams", "text", "texts", "answers for each blank"),
    *("layer", "head"),
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
    assert {each for each in CHINESE if each not in code} - TERMS - VALUES - {"Copy as CLI", "Copy as Python"} == set()
