"""Live pages in a browser: what one changes is answered in place."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_a_card_answers_a_changed_sentence_in_place(page: Page, address: str) -> None:
    page.goto(f"{address}cards/bert.html")
    box = page.get_by_role("textbox", name="Sentence")
    box.fill("a small cat sat on <b>the mat</b> by the door and slept all day")
    expect(page.locator("[data-region=objective] .token").first).to_have_text("[CLS]")
    expect(page.locator("[data-region=objective]")).to_contain_text("cat")
    expect(page.locator("[data-region=objective] .token b").first).to_be_visible()
    box.fill("a")
    expect(page.locator("[data-region=objective]").get_by_role("alert")).to_be_visible()
    assert page.url.endswith("cards/bert.html")


def test_a_box_of_a_drawing_opens_its_part(page: Page, address: str) -> None:
    page.goto(f"{address}cards/bert.html")
    part = page.locator("[data-part='stack.layers.attention']")
    expect(part).not_to_be_visible()
    page.locator("[data-box='stack.blocks.*.attn']").focus()
    page.keyboard.press("Enter")
    expect(part).to_be_visible()
    expect(part).to_have_class("chosen-part")


def test_a_parent_is_shown_beside_its_child(page: Page, address: str) -> None:
    page.goto(f"{address}cards/roberta.html")
    page.locator("#descent summary").first.click()
    picture = page.locator("#descent img").first
    picture.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    assert picture.evaluate("async (each) => { await each.decode(); return each.naturalWidth; }") > 500
