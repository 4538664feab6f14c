"""A catalogue of 500 models in a browser: what the script filters and counts is what the server answers."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from clados.catalog.load import Catalog
from clados.web.index import Index
from clados.web.site import Site
from tests.web.driving import brush_dates, invented, opened, served, shown

pytestmark = pytest.mark.browser

MODELS = 500


@pytest.fixture(scope="module")
def many(site: Site) -> Iterator[str]:
    """Where a site of so many models is served."""
    found = Site(live=False)
    found.index = Index(Catalog(invented(site.index.cards.values(), MODELS)))
    yield from served(found)


def written(name: str, text: str) -> Callable[[Page], None]:
    return lambda page: page.locator(f"#catalogue input[name={name}]:not([type=checkbox])").fill(text)


def ticked(name: str, word: str) -> Callable[[Page], None]:
    return lambda page: page.locator(f"[name={name}][value='{word}']").click()


STEPS = {  # what is done, one after the other, and what the address says then
    "architecture=encoder": ticked("architecture", "encoder"),
    "architecture=encoder&text=att": written("text", "att"),
    "architecture=encoder%2Cencoder-decoder&text=att": ticked("architecture", "encoder-decoder"),
    "architecture=encoder%2Cencoder-decoder&date=2019-01..2021-03&text=att": brush_dates,
    "architecture=encoder-decoder&date=2019-01..2021-03&text=att": ticked("architecture", "encoder"),
    "architecture=encoder-decoder&date=2019-01..2021-03&params=100M..1B&text=att": written("params", "100M..1B"),
    "architecture=encoder-decoder&date=2019-01..2021-03&params=100M..1B": written("text", ""),
    "survey=yes&architecture=encoder-decoder&date=2019-01..2021-03&params=100M..1B": ticked("survey", "yes"),
}
NUMBERS = """choices => choices.map((each) => {
  const box = each.querySelector("input");
  return [box.name, box.value, each.querySelector("[data-number]").textContent, each.classList.contains("empty")];
})"""
BARS = "bars => bars.map((each) => each.querySelector('title').textContent)"


def test_rows_counts_and_bars_are_the_servers_after_each_step(browser: Browser, many: str) -> None:
    (plain,) = (browser.new_context(java_script_enabled=False).new_page(),)
    for page in opened(browser, 1280, "light"):
        page.goto(many)
        assert len(shown(page)) == MODELS
        for query, act in STEPS.items():
            act(page)
            expect(page).to_have_url(f"{many}?{query}")
            plain.goto(page.url)
            left = shown(plain)
            assert 0 < len(left) < MODELS
            assert shown(page) == left
            assert page.locator("#count").inner_text() == plain.locator("#count").inner_text()
            folds = page.locator(".facets details:not([open])")
            folds.evaluate_all("folds => folds.forEach((each) => { each.open = true; each.dataset.shut = ''; })")
            for selector, read in ((".choice", NUMBERS), ("[data-bin]", BARS)):
                assert page.eval_on_selector_all(selector, read) == plain.eval_on_selector_all(selector, read), query
            page.locator("[data-shut]").evaluate_all("folds => folds.forEach((each) => { each.open = false; })")
    plain.context.close()


def test_columns_stand_under_their_heads_and_no_cell_runs_out_of_its_own(browser: Browser, many: str) -> None:
    for page in opened(browser, 1280, "light"):
        page.goto(f"{many}?columns=name,date,params,tokenizer,extension,license&sort=params")
        cells = page.eval_on_selector_all(
            ".models tr:not([hidden])",
            """rows => rows.filter((row) => row.getBoundingClientRect().top < innerHeight).map((row) =>
                [...row.cells].filter((cell) => !cell.hidden).map((cell) => [
                  Math.round(cell.getBoundingClientRect().left), cell.scrollWidth - cell.clientWidth]))""",
        )
        assert len(cells) > 3
        assert {tuple(left for left, _ in row) for row in cells} == {tuple(left for left, _ in cells[0])}
        assert {over for row in cells for _, over in row} == {0}


def test_a_tree_opens_and_flies(browser: Browser, many: str) -> None:
    for page in opened(browser, 1280, "light"):
        page.goto(f"{many}tree.html")
        expect(page.locator("figure.live [data-id]")).to_have_count(MODELS)
        page.get_by_placeholder("Find a model").fill("RoBERTa 3")
        expect(page.locator("[data-id=roberta-copy-2]")).to_be_focused()
        expect(page.locator("[data-id=bert-copy-2]")).to_have_class("kin")
