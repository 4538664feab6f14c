"""What a reader sees of a page: nothing cut, nothing too small to read, and what explains a picture beside it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.driving import opened

pytestmark = pytest.mark.browser

SMALLEST = 9.5  # pixels of letters that can be read


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    yield from opened(browser, 390, "light")


LETTERS = """svg => Math.min(...[...svg.querySelectorAll("text")].map(
  (each) => parseFloat(getComputedStyle(each).fontSize) * each.getScreenCTM().a))"""


@pytest.mark.parametrize("place", ["cards/t5.html", "compare.html?models=t5,bart", "learn/encoder-decoder.html"])
def test_a_phone_shows_drawings_so_large_that_they_can_be_read(phone: Page, address: str, place: str) -> None:
    phone.goto(f"{address}{place}")
    assert phone.locator(".canvas.live svg").first.evaluate(LETTERS) >= SMALLEST
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("model", ["t5", "bert"])  # its top is on the right, and on the left
def test_a_phone_shows_a_drawing_from_its_top(phone: Page, address: str, model: str) -> None:
    phone.goto(f"{address}cards/{model}.html")
    frame = phone.locator("#drawing .canvas").bounding_box()
    head = phone.locator("#drawing [data-box='heads.lm']").bounding_box()
    assert frame
    assert head
    assert frame["x"] <= head["x"]
    assert head["x"] + head["width"] <= frame["x"] + frame["width"]


@pytest.mark.parametrize("place", ["learn/diffusion.html"])
def test_a_phone_has_curves_of_its_own_width(phone: Page, address: str, place: str) -> None:
    phone.goto(f"{address}{place}")
    shown = phone.locator(".canvas:visible svg")
    expect(shown).to_have_count(1)
    assert shown.evaluate(LETTERS) >= SMALLEST
    assert phone.locator(".canvas:visible").evaluate("each => each.scrollWidth - each.clientWidth") <= 0


def test_a_phone_shows_texts_as_a_map_of_its_own_width(phone: Page, address: str) -> None:
    phone.goto(f"{address}zh/playground.html?model=small/e5&trial=embed")
    frame = phone.locator(".scroll:has(> .textmap):visible")
    expect(frame).to_have_count(1)
    assert frame.evaluate("each => each.scrollWidth - each.clientWidth") <= 0
    assert frame.locator("svg").evaluate(LETTERS) >= SMALLEST
    assert phone.locator(".asking label > span").first.evaluate("each => each.getBoundingClientRect().height") < 30


LINES = """each => {
  const text = new Range();
  text.selectNodeContents(each);
  return new Set([...text.getClientRects()].map((box) => box.bottom)).size;
}"""


def test_a_chinese_word_at_the_head_of_a_row_stays_in_one_line(phone: Page, address: str) -> None:
    phone.goto(f"{address}zh/compare.html?models=bert,gpt-3")
    word = phone.locator("tbody th", has_text=re.compile("^注意力$")).first
    assert word.evaluate(LINES) == 1


def test_a_phone_shows_sizes_one_below_the_other_and_whole(phone: Page, address: str) -> None:
    phone.goto(f"{address}cards/t5.html")
    frame = phone.locator(".scroll:has(> .counts)")
    assert frame.evaluate("each => each.scrollWidth - each.clientWidth") <= 0
    cell = phone.locator(".counts td[data-label]").first
    assert cell.evaluate("each => getComputedStyle(each, '::before').content") == '"Published: "'


@pytest.mark.parametrize("table", [".facts", ".counts", ".trained"])
def test_what_is_told_of_a_value_stays_inside_a_phone(phone: Page, address: str, table: str) -> None:
    phone.goto(f"{address}cards/bert.html")
    for mark in phone.locator(f"{table} .mark").all()[:6]:
        mark.focus()
        told = mark.locator(".told").bounding_box()
        assert told
        assert told["width"] > 100
        assert told["x"] >= 0
        assert told["x"] + told["width"] <= 390
        assert mark.evaluate("each => each.getBoundingClientRect().height") < 30
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


BOXES = "signs => signs.map((each) => { const box = each.getBoundingClientRect(); return [box.left, box.right]; })"


@pytest.mark.parametrize(
    ("place", "said"), [("tree.html", ["weights open", "thin: a further parent"]), ("timeline.html", ["GPT", "Bar: "])]
)
def test_what_signs_mean_stands_above_a_drawing_of_which_only_a_part_is_seen(
    page: Page, address: str, place: str, said: list[str]
) -> None:
    page.goto(f"{address}{place}")
    signs = page.locator(".signs")
    for each in said:
        expect(signs).to_contain_text(each)
    expect(signs).to_be_in_viewport()
    edges: list[list[float]] = signs.locator("svg").evaluate_all(BOXES)
    assert all(left >= 0 and right <= 1280 for left, right in edges)
    assert signs.evaluate("each => parseFloat(getComputedStyle(each).fontSize)") >= SMALLEST


@pytest.mark.parametrize("place", ["tree.html", "timeline.html", "zh/timeline-flops.html"])
def test_what_signs_mean_is_whole_on_a_phone(phone: Page, address: str, place: str) -> None:
    phone.goto(f"{address}{place}")
    signs = phone.locator(".signs")
    expect(signs.locator("svg").first).to_be_visible()
    assert signs.evaluate("each => each.scrollWidth - each.clientWidth") <= 0
    edges: list[list[float]] = signs.locator("span").evaluate_all(BOXES)
    assert all(left >= 0 and right <= 390 for left, right in edges)


def test_a_histogram_says_where_it_begins_and_ends(page: Page, address: str) -> None:
    page.goto(address)
    assert page.locator("[data-facet=date] .ends span").all_inner_texts() == ["2017-01", "2023-12"]
    bars: Any = page.locator("[data-histogram=date]").bounding_box()
    ends: Any = page.locator("[data-facet=date] .ends").bounding_box()
    assert abs(bars["x"] - ends["x"]) < 1
    assert ends["y"] >= bars["y"] + bars["height"] - 4


def test_boxes_to_tick_stand_in_line_with_the_names(page: Page, address: str) -> None:
    page.goto(address)
    middles = page.eval_on_selector_all(
        ".models tbody tr:nth-child(-n+9)",
        """rows => rows.map((row) => ["input", "a"].map((name) => {
          const box = row.querySelector(name).getClientRects()[0];
          return (box.top + box.bottom) / 2;
        }))""",
    )
    assert len(middles) == 9
    assert all(abs(tick - name) <= 1.5 for tick, name in middles)


def test_words_begin_with_a_capital_and_ids_stay_as_they_are(page: Page, address: str) -> None:
    page.goto(f"{address}cards/bert.html")
    capital = "each => getComputedStyle(each, '::first-letter').textTransform"
    for words in (".headline b", ".words tbody th", ".stages dt", ".erratum b", ".counts thead th"):
        assert page.locator(words).first.evaluate(capital) == "uppercase", words
    assert page.locator(".own").first.inner_text() == "bert:large"


PAPER = 703  # pixels of a sheet of A4 between margins of 12 mm
CUT = "cells => cells.filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.innerText)"


def test_paper_has_tables_with_their_heads_and_nothing_to_fill_in(page: Page, address: str) -> None:
    page.set_viewport_size({"width": PAPER, "height": 1000})
    page.emulate_media(media="print")
    for place in (
        "",
        "cards/bert.html",
        "cards/gpt-3.html",
        "compare.html?models=bert,roberta",
        "designer.html?size.d_model=1024",
    ):
        page.goto(f"{address}{place}")
        tables = page.locator("table:visible")
        assert tables.count() > 0
        expect(page.locator("thead:visible")).to_have_count(tables.count())
        assert page.locator("td:visible, th:visible").evaluate_all(CUT) == []
        expect(
            page.locator("input:visible, select:visible, textarea:visible, button:not(th button):visible")
        ).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
