"""Live pages in a browser: what one changes is answered in place."""

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from clados.web.request import Given
from clados.web.site import Site
from tests.apply.little import written
from tests.web.driving import design, opened, served

pytestmark = pytest.mark.browser


def test_a_card_shows_its_example_when_one_comes_near(page: Page, address: str) -> None:
    asked = list[str]()
    page.on("request", lambda each: asked.append(each.url))
    page.goto(f"{address}cards/gpt-3.html", wait_until="networkidle")
    assert not any("objective.html" in each for each in asked)
    page.get_by_role("textbox", name="Sentence").scroll_into_view_if_needed()
    expect(page.locator("[data-region=objective] .token b").first).to_be_visible()
    expect(page.locator("[data-region=objective]")).to_contain_text("▁quick")
    assert sum("objective.html" in each for each in asked) == 1


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
    page.locator("#drawing [data-box='stack.blocks.*.attn']").focus()
    page.keyboard.press("Enter")
    expect(part).to_be_visible()
    expect(part).to_have_class("chosen-part")


@pytest.mark.parametrize("name", ["tree", "timeline"])
def test_paper_has_the_whole_picture_and_the_window_its_part_again(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}{name}.html")
    svg = page.locator(".canvas.live svg").first
    shown = "svg => [svg.getAttribute('viewBox'), svg.querySelector('g').getAttribute('transform')]"
    page.get_by_role("button", name="Zoom in").click()
    svg.evaluate(f"svg => addEventListener('beforeprint', () => {{ window.printed = ({shown})(svg) }})")
    before = svg.evaluate(shown)
    page.pdf()
    view, moved = page.evaluate("window.printed")
    assert moved is None
    assert svg.evaluate("(svg, view) => svg.viewBox.baseVal.width < Number(view.split(' ')[2])", view)
    assert svg.evaluate(shown) == before


def test_a_fold_opens_in_the_drawing_and_its_layers_do_and_the_address_keeps_them(page: Page, address: str) -> None:
    page.goto(f"{address}cards/gpt-3.html?size=2.7b")
    frame = page.locator('#drawing [data-box="stack.blocks"]')
    frame.focus()
    page.keyboard.press("Enter")
    layer = page.locator('#drawing [data-box="stack.blocks.3"]')
    expect(layer).to_have_attribute("role", "button")
    assert "open=stack.blocks" in page.url
    expect(frame).to_be_focused()
    layer.dispatch_event("click")
    expect(page.locator('#drawing [data-box="stack.blocks.3.attn"]')).to_have_count(1)
    page.reload()
    expect(page.locator('#drawing [data-box="stack.blocks.3.attn"]')).to_have_count(1)
    page.locator('#drawing [data-box="stack.blocks.3"]').dispatch_event("click")
    expect(page.locator('#drawing [data-box="stack.blocks.3.attn"]')).to_have_count(0)
    expect(layer).to_have_count(1)
    page.locator('#drawing a[data-fold="stack.blocks"]').click()
    expect(layer).to_have_count(0)
    assert "open=" not in page.url


@pytest.mark.parametrize(
    ("card", "box", "fold"), [("swin", "stages.2", "stages.2.blocks"), ("alphafold", "blocks", "blocks")]
)
def test_boxes_of_stages_and_frames_of_two_tracks_open_too(
    page: Page, address: str, card: str, box: str, fold: str
) -> None:
    page.goto(f"{address}cards/{card}.html")
    page.locator(f'#drawing [data-box="{box}"]').dispatch_event("click")
    layer = page.locator(f'#drawing [data-box="{fold}.1"]')
    expect(layer).to_have_count(1)
    layer.dispatch_event("click")
    expect(page.locator(f'#drawing [data-box^="{fold}.1."]')).not_to_have_count(0)
    page.locator(f'#drawing a[data-fold="{fold}"]').click()
    expect(layer).to_have_count(0)


def test_back_leaves_a_card_at_once_and_forward_shows_the_folds_that_were_opened(page: Page, address: str) -> None:
    page.goto(f"{address}cards/bert.html")
    before = page.url
    page.goto(f"{address}cards/gpt-3.html?size=2.7b")
    layers = page.locator('#drawing [data-box^="stack.blocks."]')
    for each in ('a[data-fold="stack.blocks"]', '[data-box="stack.blocks.3"]'):
        page.locator(f"#drawing {each}").dispatch_event("click")
        expect(page.locator('#drawing [data-box="stack.blocks.3"]')).to_have_count(1)
    expect(page.locator('#drawing [data-box="stack.blocks.3.attn"]')).to_have_count(1)
    page.go_back()
    expect(page).to_have_url(before)
    page.go_forward()
    expect(page).to_have_url(re.compile("open=stack.blocks&open=stack.blocks.3"))
    expect(page.locator('#drawing [data-box="stack.blocks.3.attn"]')).to_have_count(1)
    assert layers.count() > 30


def test_a_parent_is_shown_beside_its_child(page: Page, address: str) -> None:
    page.goto(f"{address}cards/roberta.html")
    page.locator("#descent summary").first.click()
    picture = page.locator("#descent img").first
    picture.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    assert picture.evaluate("async (each) => { await each.decode(); return each.naturalWidth; }") > 500


def test_the_designer_follows_what_is_changed(page: Page, address: str, tmp_path: Path) -> None:
    page.goto(f"{address}designer.html?model=gpt-2:small")
    design(page)
    expect(page.get_by_role("listitem").filter(has_text="norms are RMSNorm")).to_be_visible()
    page.get_by_role("button", name="Zoom in").click()
    assert re.search(r"size.d_model=510&size.heads=10.*stack.norm=RMSNorm", page.url)
    page.get_by_label("Name", exact=True).fill("<b>x")
    expect(page.get_by_role("alert")).to_contain_text("lower-case")
    page.get_by_label("Name", exact=True).fill("wide")
    with page.expect_download() as keeping:
        page.get_by_role("link", name="wide.py").click()
    keeping.value.save_as(tmp_path / "wide.py")
    assert "norm=RMSNorm(" in (tmp_path / "wide.py").read_text()
    page.reload()
    expect(page.get_by_label("d_model")).to_have_value("510")


def test_the_playground_answers_as_one_types(page: Page, address: str) -> None:
    page.goto(f"{address}playground.html")
    page.get_by_label("prompt").fill("The <b>queen</b> and her")
    expect(page.locator("blockquote")).to_be_visible()
    page.get_by_label("Beams as a tree").check()
    expect(page.locator("svg.beams g.best").first).to_be_visible()
    page.get_by_label("Model").select_option("small/bert")
    expect(page.get_by_role("columnheader", name="probability")).to_be_visible()
    page.get_by_label("Attention").check()
    page.get_by_role("link", name="Layer 2, head 1").click()
    expect(page.get_by_role("heading", name="Layer 2, head 1")).to_be_visible()
    assert "attention.layer=2" in page.url
    page.get_by_label("Texts as a map").check()
    expect(page.locator("svg.textmap:visible circle")).to_have_count(12)


def test_what_a_model_paints_is_a_film_that_plays(browser: Browser, tmp_path: Path) -> None:
    model = str(written("dall-e", tmp_path / ("painter" * 20)))
    for address in served(Site(given=Given((model,)))):
        for page in opened(browser, 390, "dark"):
            page.goto(f"{address}playground.html?{urlencode({'model': model})}")
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
            frames = page.locator(".film figure")
            assert frames.count() > 5
            expect(frames.last).to_be_visible()
            expect(frames.first).not_to_be_visible()
            page.get_by_role("slider", name="Frame").fill("0")
            expect(frames.first).to_be_visible()
            assert frames.first.locator("img").evaluate("(each) => each.naturalWidth") > 0
            page.get_by_role("button", name="Play").click()
            expect(frames.last).to_be_visible()
            page.get_by_role("textbox", name="Text").fill("another heart")
            expect(page.locator("blockquote")).to_have_text("another heart")
            expect(page.get_by_role("button", name="Play")).to_have_count(1)


@pytest.mark.parametrize(
    "asked",
    [
        "{}",
        "cards/{}.html",
        "zh/cards/{}.html",
        "cards/bert.html?size={}",
        "cards/bert.html?open={}",
        "compare.html?models={}",
        "index.html?family={}",
        "zh/index.html?lab={}",
        "designer.html?model={}",
        "playground.html?model={}",
    ],
)
def test_a_long_word_that_is_not_known_makes_no_page_wider_than_the_window(
    browser: Browser, address: str, asked: str
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto(address + asked.format("w" * 300))
    expect(page.get_by_text("w" * 300).last).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.close()


def test_a_lesson_computes_attention_on_ones_own_sentence(page: Page, address: str) -> None:
    page.goto(f"{address}learn.html")
    page.get_by_role("link", name="Attention, step by step").click()
    page.get_by_role("textbox", name="Sentence").fill("A small cat sleeps.")
    page.get_by_label("token").fill("3")
    expect(page.get_by_role("heading", name="The query of")).to_contain_text("cat")
    expect(page.locator("table.steps tbody tr")).to_have_count(3)
    page.get_by_role("link", name="Layer 3, head 5").click()
    assert "layer=3&head=5&token=3" in page.url
