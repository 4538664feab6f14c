"""The declarations: what their files hold, whom they descend from, what they count."""

import ast
import importlib
from pathlib import Path
from statistics import median_low

import pytest

from clados.catalog.counts import DISAGREES, count_size, every_count
from clados.catalog.lineage import ancestors
from clados.catalog.load import catalog
from clados.checkpoints.mapping.names import expanded
from clados.layouts import table
from clados.layouts.table import LAYOUTS, layouts_of
from clados.models.declared import declared, package_models
from clados.proofs.sizes import foreign
from clados.spec import (
    Block,
    Codes,
    Declaration,
    DiffusionPrior,
    ImageEnlarger,
    Model,
    SpecError,
    Stack,
    count_parameters,
    parts,
    reach,
)

CARDS = catalog()
LAYOUT_FILES = sorted(file for file in Path(table.__file__).parent.glob("*/*.py") if file.stem != "__init__")
SIZES = [(name, size) for name in package_models() for size in declared(name).sizes]
EXECUTABLE = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.If, ast.IfExp, ast.For, ast.While,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Try, ast.With,
)  # fmt: skip
EXACT = {  # of the references, to the unit
    ("bert", "base", "body+pooler"): 109_482_240,
    ("bert", "base", "model"): 110_106_428,
    ("bert", "large", "body+pooler"): 335_141_888,
    ("gpt", "117m", "model"): 116_534_784,
    ("gpt-2", "small", "model"): 124_439_808,
    ("gpt-2", "xl", "model"): 1_557_611_200,
    ("gpt-3", "175b", "model"): 174_604_259_328,
    ("gpt-neox-20b", "20b", "model"): 20_554_567_680,
    ("llama", "7b", "model"): 6_738_415_616,
    ("t5", "small", "model"): 60_506_624,
    ("t5-v1.1", "xxl", "model"): 11_135_332_352,
    ("vit", "b/16", "model"): 86_567_656,
    ("vit", "b/16", "body"): 85_798_656,
    ("clip", "vit-b/32", "model"): 151_277_313,
    ("clip", "rn50", "model"): 102_007_137,
    ("clip", "rn101", "model"): 119_688_033,
    ("clip", "rn50x4", "model"): 178_300_601,
    ("clip", "rn50x16", "model"): 290_979_217,
    ("clip", "rn50x64", "model"): 623_258_305,
    ("transformer", "base", "model"): 63_045_632,
}


def source(name: str) -> Path:
    """The file of a declaration."""
    return Path(str(importlib.import_module(package_models()[name]).__file__))


@pytest.mark.parametrize(
    "file", [*map(source, package_models()), *LAYOUT_FILES], ids=lambda file: "/".join(file.parts[-2:])
)
def test_models_and_layouts_are_data_without_a_line_that_decides_or_repeats(file: Path) -> None:
    nodes = [*ast.walk(ast.parse(file.read_text()))]
    assert not [type(node).__name__ for node in nodes if isinstance(node, EXECUTABLE)]


def test_half_of_the_declarations_say_what_a_model_is_in_forty_lines() -> None:
    assert median_low(len(source(name).read_text().splitlines()) for name in package_models()) <= 40


def test_no_declaration_says_where_it_is_kept() -> None:
    assert [file for file in package_models().values() if importlib.import_module(file).declaration.layouts] == []


def test_every_layout_is_of_a_declared_card_and_every_file_holds_one() -> None:
    assert {*LAYOUTS} <= {*package_models()}
    assert all(declared(name).layouts == layouts_of(name) for name in package_models())
    kept = [layout for name in LAYOUTS for layout in layouts_of(name)]
    for file in LAYOUT_FILES:
        module = importlib.import_module(f"clados.layouts.{file.parent.name}.{file.stem}")
        assert any(layout is each for layout in vars(module).values() for each in kept), file


@pytest.mark.parametrize("name", package_models())
def test_a_declaration_imports_only_its_ancestors(name: str) -> None:
    allowed = {package_models()[edge.parent] for edge in ancestors(CARDS, name) if edge.parent in package_models()}
    imports = [
        node for node in ast.walk(ast.parse(source(name).read_text())) if isinstance(node, ast.ImportFrom | ast.Import)
    ]
    taken = {node.module for node in imports if isinstance(node, ast.ImportFrom)} - {"clados.spec"}
    assert taken <= allowed
    assert all(isinstance(node, ast.ImportFrom) for node in imports)


@pytest.mark.parametrize("name", package_models())
def test_a_declaration_takes_structure_only_from_ancestors_by_architecture(name: str) -> None:
    # Or by weights: a model that starts from another's weights has its architecture. Recipes come from others too.
    allowed, waiting = {name}, [name]
    while waiting:
        rows = CARDS[waiting.pop()].lineage
        waiting += [row.id for row in rows if row.kind in ("architecture", "weights") and row.id not in allowed]
        allowed |= {row.id for row in rows if row.kind in ("architecture", "weights")}
    modules = {package_models()[each] for each in allowed if each in package_models()}
    foreign_ones = [
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(source(name).read_text()))
        if isinstance(node, ast.ImportFrom) and node.module != "clados.spec" and node.module not in modules
        for alias in node.names
        if isinstance(
            getattr(importlib.import_module(str(node.module)), alias.name), Model | Block | Stack | Declaration
        )
    ]
    assert foreign_ones == []


@pytest.mark.parametrize("name", package_models())
def test_card_and_declaration_name_the_same_sizes(name: str) -> None:
    declaration, card = declared(name), CARDS[name]
    published = [size.name for size in card.sizes if not foreign(size)]
    assert [*declaration.sizes] == published or {*declaration.sizes} == {*published}
    assert card.headline_size is not None
    assert declaration.model == declaration.models()[declaration.own_size]


def standing(declaration: Declaration, path: str) -> object:
    """What stands at a path: a word of the model, of a recipe's first stage, or of a published size."""
    start, _, rest = path.partition(".")
    if start not in ("recipe", "recipes", "sizes"):
        return reach(declaration.model, path)
    if start == "recipe":
        held = declaration.recipe if rest.startswith("stages") else declaration.recipe.stages[0]
        return reach(held, rest) if rest else declaration.recipe
    known = declaration.recipes if start == "recipes" else declaration.sizes
    size = max((each for each in known if f"{rest}.".startswith(f"{each}.")), key=len)
    inside = rest.removeprefix(size).removeprefix(".")
    whole = declaration.recipe_at(size).stages[0] if start == "recipes" else declaration.at(size)
    return reach(whole, inside) if inside else whole


@pytest.mark.parametrize("name", package_models())
def test_what_is_assumed_names_a_place_and_says_why(name: str) -> None:
    for line in declared(name).assumed:
        places, _, why = line.partition(": ")
        assert why, line
        assert [standing(declared(name), path) for place in places.split(", ") for path in expanded(place)], line


def test_a_place_that_is_not_there_is_noticed() -> None:
    for place in ("stack.norn", "recipe.schedule.warmpu", "sizes.b/17", "sizes.b/16.inputs.sides"):
        with pytest.raises((SpecError, ValueError)):
            standing(declared("vit"), place)


@pytest.mark.parametrize("name", package_models())
def test_the_recipe_has_a_stage_with_an_objective_a_rate_and_data(name: str) -> None:
    for stage in declared(name).recipe.stages:
        assert stage.data
        assert stage.optimiser.lr > 0  # type: ignore[attr-defined]


def test_sizes_are_trained_as_the_paper_trained_them() -> None:
    def rates(name: str, *sizes: str) -> list[float]:
        return [declared(name).recipe_at(size).stages[-1].optimiser.lr for size in sizes]  # type: ignore[attr-defined]

    assert rates("llama", "7b", "13b", "33b", "65b") == [3e-4, 3e-4, 1.5e-4, 1.5e-4]
    assert rates("roberta", "base", "large") == [6e-4, 4e-4]
    assert rates("clip", "vit-b/16", "vit-l/14", "vit-l/14@336") == [5e-4, 4e-4, 2e-5]
    assert declared("transformer").recipe_at("big").stages[0].steps == 300_000
    gpt_3 = declared("gpt-3")
    for size in gpt_3.sizes:
        stage = gpt_3.recipe_at(size).stages[0]
        tokens = stage.batch * stage.length  # type: ignore[operator]
        assert tokens * stage.steps == pytest.approx(300e9, rel=2e-3)  # type: ignore[operator]
        assert tokens * stage.schedule.warmup == pytest.approx(375e6, rel=5e-3)  # type: ignore[attr-defined]
        assert tokens * stage.schedule.over == pytest.approx(260e9, rel=2e-3)  # type: ignore[attr-defined]


def test_recipes_are_of_published_sizes() -> None:
    bert = declared("bert")
    with pytest.raises(SpecError, match=r"Declaration\.recipes has 'bas', which is no size; did you mean 'base'\?"):
        bert.but(recipes={"bas": bert.recipe})
    with pytest.raises(SpecError, match="there is no size 'larg'; did you mean 'large'"):
        bert.recipe_at("larg")


@pytest.mark.parametrize(("name", "size", "basis"), EXACT)
def test_counts_equal_the_references_to_the_unit(name: str, size: str, basis: str) -> None:
    assert count_parameters(declared(name).at(size), basis).total == EXACT[name, size, basis]


def test_every_published_figure_agrees_or_its_difference_is_explained() -> None:
    rows = every_count(CARDS)
    assert not [f"{row.id}:{row.size}" for row in rows if DISAGREES in row.why or not row.why]


def test_every_published_size_of_a_declared_model_has_a_row() -> None:
    rows = {(row.id, row.size) for row in every_count(CARDS)}
    assert rows == {(card.id, size.name) for card in CARDS.values() if card.runnable for size in card.sizes}


def test_a_size_that_is_not_declared_says_so() -> None:
    card = CARDS["alphafold"]
    [row] = count_size(card, next(size for size in card.sizes if size.name == "multimer_v3"))
    assert (row.total, row.exact) == (None, 93_223_705)
    assert row.why.startswith("missing")


@pytest.mark.parametrize("name", package_models())
def test_every_size_keeps_the_structure(name: str) -> None:
    declaration, kinds = declared(name), CARDS[name].values["architecture"].items
    rows = {type(row) for row in declaration.models().values()} - {
        Codes,
        DiffusionPrior,
        ImageEnlarger,
    }
    assert len(rows) <= len(kinds)  # Megatron: GPT and BERT
    for row in declaration.models().values():
        assert isinstance(row, Model)
        assert len([*parts(row)]) > 5


def test_a_declaration_of_ones_own_is_found_by_its_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLADOS_PATH", str(tmp_path))
    (tmp_path / "mine.toml").write_text('id = "my-model"\n')
    (tmp_path / "mine.py").write_text(
        "from clados.layouts.table import layouts_of\nfrom clados.models.gpt.gpt_2 import declaration as parent\n"
        'declaration = parent.but(layouts=layouts_of("gpt-2"))\n'
    )
    assert declared("my-model") == declared("gpt-2")
    with pytest.raises(SpecError, match="did you mean 'my-model'"):
        declared("my-modl")
