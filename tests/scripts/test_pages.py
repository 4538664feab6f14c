"""The pages that are made from the code hold all of it, and lead nowhere else."""

import json
import re
from dataclasses import fields
from typing import Any

import pages
import pytest
import yaml

import clados
from clados import spec as s
from clados.models.declared import declared, package_models
from clados.objectives import runs


@pytest.fixture(scope="module")
def parts() -> str:
    return pages.parts_page()


@pytest.fixture(scope="module")
def objectives() -> str:
    return pages.objectives_page()


def block(page: str, name: str) -> str:
    """What a page says below the last heading of that name."""
    found = re.findall(rf"(?ms)^##+ {name}\n(.*?)(?=^##|\Z)", page)
    assert found, name
    return str(found[-1])


def test_every_part_that_a_model_uses_is_described_once_with_its_fields(parts: str) -> None:
    used: set[type[Any]] = {
        type(part) for name in package_models() for model in declared(name).models().values() for part in s.parts(model)
    }
    assert len(used) > 80
    for kind in used:
        assert len(re.findall(rf"^### {kind.__name__}$", parts, re.M)) == 1, kind
        said = block(parts, kind.__name__)
        assert not [each.name for each in fields(kind) if each.name not in said], kind
        assert f"`src/{kind.__module__.replace('.', '/')}.py`" in said
        assert (pages.ROOT / "src" / f"{kind.__module__.replace('.', '/')}.py").exists()


def test_who_uses_a_part_and_what_it_takes_is_said(parts: str) -> None:
    assert "buckets=32" in block(parts, "RelativeBias")
    assert re.search(r"Used by .*\bt5\b", block(parts, "RelativeBias"))
    assert "Press et al. 2022" in block(parts, "ALiBi")


def test_every_objective_says_whether_it_runs(objectives: str) -> None:
    kinds = [*pages.below(s.Objective)]
    assert len(kinds) > 25
    for kind in kinds:
        assert block(objectives, kind.__name__).count("- Runs: ") == 1, kind
    assert "- Runs: `NextTokenTask` in `src/clados/objectives/next_token.py`" in block(objectives, "NextToken")
    for kind in kinds:
        assert ("- Runs: no." in block(objectives, kind.__name__)) != runs(object.__new__(kind)), kind


def test_the_reference_holds_every_module_but_data() -> None:
    text = "".join(pages.reference().values())
    for file in pages.SOURCE.rglob("*.py"):
        path = file.relative_to(pages.SOURCE)
        dotted = ".".join(["clados", *path.with_suffix("").parts]).removesuffix(".__init__")
        skipped = str(path).startswith(pages.WITHOUT_REFERENCE) or dotted in ("clados", "clados.__main__")
        assert (f"::: {dotted}\n" in text) is not skipped, dotted


def test_what_is_offered_is_listed_with_what_it_does() -> None:
    assert "[`clados.build`][clados.named.build] | A working model" in pages.offered_page()


def test_links_of_copied_pages_lead_to_pages_of_the_site() -> None:
    for page, source in pages.COPIED.items():
        for picture, to in re.findall(r"(!?)\[[^\]]*\]\(([^)\s]+)\)", pages.copied(source)):
            if "://" not in to and not to.startswith("#"):
                target = to.partition("#")[0]
                made = target in pages.COPIED and not picture
                assert made or (pages.ROOT / "docs" / target).exists(), (page, to)


def test_the_list_for_language_models_names_every_page() -> None:
    config = (pages.ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    text = pages.llms(yaml.safe_load(config)["nav"])
    assert text.startswith("# Clados\n\n> ")
    assert "## Tutorials" in text
    assert "- [Choose a model](tutorials/choose_a_model.html)" in text
    assert text.count("- [") == len(re.findall(r"(?m)\.(?:md|ipynb)$", config))


def test_tutorials_are_kept_without_outputs_and_are_all_in_the_navigation() -> None:
    """`make docs` executes them, and an error there is an error."""
    config = (pages.ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    books = sorted((pages.ROOT / "docs" / "tutorials").glob("*.ipynb"))
    assert len(books) == 5
    for book in books:
        assert f"tutorials/{book.name}" in config
        cells = json.loads(book.read_text(encoding="utf-8"))["cells"]
        code = [each for each in cells if each["cell_type"] == "code"]
        assert code
        for each in code:
            assert each["outputs"] == []
            assert each["execution_count"] is None
            compile("".join(each["source"]), book.name, "exec")


def test_drawings_of_the_tutorials_are_drawn() -> None:
    """Of a drawing that a cell ends with: it is drawn when it is shown, which `make docs` alone does."""
    shown = []
    for book in (pages.ROOT / "docs" / "tutorials").glob("*.ipynb"):
        for cell in json.loads(book.read_text(encoding="utf-8"))["cells"]:
            last = "".join(cell["source"]).splitlines()[-1:]
            shown += [line for line in last if cell["cell_type"] == "code" and line.startswith("clados.draw(")]
    assert len(shown) >= 2
    for line in shown:
        assert eval(line, {"clados": clados}).svg.startswith("<svg"), line
