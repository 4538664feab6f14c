"""What `import clados` offers: to users, to type checkers, to Rich and to notebooks."""

import ast
import inspect
import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mypy import api
from rich.console import Console

import clados
from clados.errors import MissingPackageError

ROOT = Path(__file__).parents[1]

SCRIPT = """
import clados

model = clados.build("gpt-2", params="5M")
model.save_pretrained("out")
report: str = clados.from_pretrained("out").report.verdict
layers: int = clados.prepare_for_decoding(model).spec.size.layers
cards = clados.find(architecture="encoder", since="2019", limit=3)
date: str = str(cards[0].date)
total: int = clados.count("llama:7b").total
sentences: list[str] = [each.sentence for each in clados.diff("bert", "roberta").training]
clados.draw("t5:small").save("t5.svg")
svg: str = clados.tree(["bert"]).svg + clados.timeline("params").svg
seen: str = clados.objective("t5", "a short text").view.sees[0].token
parents: list[str] = [edge.parent for edge in clados.lineage("bert").ancestors]
row: tuple[str, ...] = clados.compare("bert", "t5").rows["date"]
hold: bool = clados.verify("bert", proofs=["card"]).hold
clados.nosuch
clados.count(3)
clados.diff("bert")
"""


def test_everything_offered_is_there_under_its_own_name() -> None:
    for name, module in clados.OFFERED.items():
        offered = getattr(clados, name)
        assert (offered.__name__, offered.__module__) == (name, module)
        assert inspect.getdoc(offered)
        if inspect.isfunction(offered):
            assert "return" in offered.__annotations__, name


def test_type_checkers_are_told_what_is_offered() -> None:
    (block,) = (
        node for node in ast.parse(Path(clados.__file__).read_text()).body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name)
    )  # fmt: skip
    told = {each.asname: node.module for node in block.body if isinstance(node, ast.ImportFrom) for each in node.names}
    assert told == clados.OFFERED


def test_a_script_of_a_user_is_checked_strictly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    monkeypatch.setenv("MYPYPATH", str(Path(clados.__file__).parents[1]))
    alone = ["--config-file=", f"--cache-dir={tmp_path}", "--follow-imports=silent"]
    quick = ["--no-site-packages", "--ignore-missing-imports"]  # torch itself is not read
    out, _, _ = api.run(["--strict", *alone, *quick, str(file)])
    wrong = [int(found) for found in re.findall(r"script\.py:(\d+): error", out)]
    last = len(SCRIPT.splitlines())
    assert wrong == [last - 2, last - 1, last], out


@pytest.mark.parametrize("name", ["build", "from_pretrained", "objective", "generate"])
def test_without_torch_one_line_says_how_it_is_installed(name: str) -> None:
    code = f"import sys; sys.modules['torch'] = None\ntry: from clados import {name}\nexcept ImportError as e: print(e)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.count("\n") == 1
    assert "needs torch" in told
    assert "pip install -e '.[torch]'" in told
    assert issubclass(MissingPackageError, clados.CladosError)


def test_only_what_needs_torch_imports_it() -> None:
    free = ("card", "cards", "compare", "count", "declaration", "diff", "draw", "export", "find", "lineage", "tree")
    code = f"import sys, clados; [getattr(clados, name) for name in {free}]; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("show", "says"),
    [
        (lambda: clados.card("gpt-2"), "WebText"),
        (lambda: clados.find(family="BERT"), "albert"),
        (lambda: clados.count("gpt-2:small"), "124,439,808"),
        (lambda: clados.diff("gpt", "gpt-2:small"), "+7,905,024"),
        (lambda: clados.compare("bert", "roberta"), "wordpiece"),
        (lambda: clados.lineage("roberta"), "roberta from bert"),
        (lambda: clados.objective("bert", "The cat sat on the mat. It was warm."), "predicts"),
        (lambda: clados.verify("gpt-2", proofs=["card"]), "holds"),
    ],
)
def test_results_show_themselves_in_rich_and_in_notebooks(show: object, says: str) -> None:
    assert callable(show)
    thing = show()
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(thing)
    assert says.casefold() in console.export_text().casefold()
    assert says.casefold() in thing._repr_html_().casefold()


def test_drawings_are_svg_data_and_lines() -> None:
    for made in (clados.draw("bert:base"), clados.tree(), clados.timeline("params")):
        assert made._repr_svg_().startswith("<svg ")
        assert made.data
        console = Console(width=100, record=True, file=io.StringIO())
        console.print(made)
        assert console.export_text().count("\n") > 20


@pytest.mark.parametrize(
    ("show", "kind", "says"),
    [
        (lambda: clados.card("gpt-2"), "architecture", "gpt-2:xl"),
        (lambda: clados.count("gpt-2:small"), "treemap", "124,439,808 parameters"),
        (lambda: clados.diff("gpt", "gpt-2:small"), "difference", "+7,905,024"),
        (lambda: clados.objective("bert", "The cat sat on the mat. It was warm."), "tokens", "to be predicted"),
    ],
)
def test_notebooks_show_the_picture_above_the_page(show: Callable[[], Any], kind: str, says: str) -> None:
    svg, html = show()._repr_svg_(), show()._repr_html_()
    assert svg.startswith(f'<svg xmlns="http://www.w3.org/2000/svg" class="clados" data-figure="{kind}"')
    assert says in svg
    assert html.startswith(svg)
    assert html.removeprefix(svg).startswith(("<table>", "<h4>"))


def test_declarations_and_models_draw_themselves() -> None:
    declaration = clados.declaration("bert")
    model = clados.build("bert", params="2M", device="meta")
    svg = declaration._repr_svg_()
    assert svg == declaration.model._repr_svg_() == clados.draw(declaration.model).svg
    html = declaration._repr_html_()
    assert html.startswith(f"{svg}<table>")
    for text in ('<td style="text-align:left">large</td>', f"{clados.count('bert:large').total:,}", "BooksCorpus"):
        assert text in html.removeprefix(svg)
    assert model._repr_svg_() == clados.draw(model.spec).svg


def test_what_cannot_be_drawn_is_shown_as_its_page_alone() -> None:
    assert clados.count("gpt-2:small", "body")._repr_svg_() is None
    assert clados.count("gpt-2:small", "body")._repr_html_().startswith("<table>")


def test_a_name_that_is_not_offered_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nosuch'"):
        getattr(clados, "nosuch")  # noqa: B009


def test_the_readme_uses_what_is_offered() -> None:
    snippet = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert snippet
    used = set(re.findall(r"clados\.(\w+)", snippet.group(1)))
    assert used
    assert used <= set(clados.__all__)
