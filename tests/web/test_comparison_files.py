"""The comparison of a site of files: its script says of any models what the server says."""

import gzip
import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from clados.catalog.differences import diff, said_once
from clados.catalog.load import Catalog
from clados.errors import InputError
from clados.web.export import export_site
from clados.web.index import Index
from clados.web.language import page_languages
from clados.web.site import Site
from clados.web.views.comparison_files import words_file, words_places
from tests.web.conftest import FEW
from tests.web.driving import MODELS

UNLIKE = ("bert", "roberta", "gpt-2", "t5", "swin", "clip", "stable-diffusion", "alphafold", "gato")
# What both pages say of each pair, and of each attribute; the server's rows come in the order of the models asked for.
SAID = """() => [
  document.querySelector("h1").textContent,
  document.title,
  [...document.querySelectorAll(".changes")].map((block) => [
    block.previousElementSibling.textContent,
    ...[...block.querySelectorAll("h3, li, th, td")].map((each) => each.textContent),
  ]),
  [...document.querySelectorAll(".sides thead th")].map((each) => each.textContent),
  [...document.querySelectorAll(".sides tbody tr")].map((row) => [...row.cells].map((each) => each.textContent)).sort(),
]"""


def read(script: str) -> Any:
    assert script.startswith("compared(")
    return json.loads(script.removeprefix("compared(").removesuffix(");\n"))


@pytest.mark.parametrize("first", ["t5", "alphafold"])
def test_a_models_script_holds_the_words_of_its_differences_from_every_model(site: Site, first: str) -> None:
    script = words_file(page_languages()["en"], site.index.cards, first)
    assert len(gzip.compress(script.encode())) < 40_000
    words = read(script)
    assert len(words["texts"]) == len({*words["texts"]})
    assert len(words["pairs"]) == MODELS
    for other, said in words["pairs"].items():
        found = diff(first, other)
        read_back = [[words["texts"][each] for each in places] for places in said]
        assert read_back == [said_once(found.changes), said_once(found.training)]
    assert words["pairs"][first] == [[], []]


def test_files_have_the_words_of_every_model_and_a_server_none(site: Site, few: Site) -> None:
    assert len([*words_places(site.index.cards)]) == MODELS
    assert {each for each in few.paths() if each.startswith("compare/")} == {f"compare/{each}.js" for each in FEW}
    assert {*few.paths()} >= {f"zh/compare/{each}.js" for each in FEW}
    assert read(few.answer("compare/bert.js").body.decode())["pairs"]["gpt-2"]
    assert few.answer("compare/brt.js").status == 404
    assert site.answer("compare/bert.js").status == 404
    with pytest.raises(InputError, match="is no declared model"):
        words_file(page_languages()["en"], site.index.cards, "brt")


@pytest.fixture(scope="module")
def files(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a site of unlike models, in the file system."""
    short = Site(live=False)
    short.index = Index(Catalog(card for card in site.index.cards.values() if card.id in UNLIKE))
    folder = tmp_path_factory.mktemp("export") / "site"
    export_site(folder, short)
    return f"{folder.as_uri()}/"


@pytest.mark.browser
@pytest.mark.parametrize("first", UNLIKE[::2])
def test_files_compare_any_models_as_the_server_does(page: Page, files: str, address: str, first: str) -> None:
    others = [each for each in UNLIKE if each != first]
    for place, said in (("", others[:3]), ("zh/", others[3:6]), ("", [*others[6:], first])):
        query = f"{place}compare.html?models={','.join([first, *said])}{'&differing=yes' if place else ''}"
        page.goto(address + query)
        served = page.evaluate(SAID)
        page.goto(files + query)
        expect(page.locator(".changes")).to_have_count(len(said))
        assert page.evaluate(SAID) == served
        drawn = page.locator(".canvas img")
        for each in range(drawn.count()):
            assert drawn.nth(each).evaluate("image => image.decode().then(() => image.naturalWidth)") > 100


@pytest.mark.browser
def test_files_say_what_they_cannot_compare(page: Page, files: str) -> None:
    page.goto(f"{files}compare.html?models=bert:base,<b>x")
    expect(page.get_by_role("alert")).to_have_text("'bert:base' is no model of these files.")
    page.goto(f"{files}compare.html?models=bert,t5,clip,swin,gpt-2")
    expect(page.get_by_role("alert")).to_have_text("5 models are too many: two to four are compared.")
    page.goto(f"{files}compare.html?models=RoBERTa,BERT")
    expect(page.get_by_role("heading", level=3).last).to_have_text("From bert:large to roberta:large")  # the drawing's
    expect(page.locator(".note")).to_contain_text("--pyodide FOLDER")
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("RoBERTa · BERT")
