"""The pages in a browser: what one clicks, types and reads; offline, without faults, at both widths and themes."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.testclient import TestClient

from clados.catalog.schema import ATTRIBUTES
from clados.web.export import export_site
from clados.web.site import Site
from tests.web.driving import ALL_ROWS, AXE, MODELS, VIEWS, brush_dates, opened, pictured, shown
from tests.web.test_server import visible_rows

pytestmark = pytest.mark.browser

PLACES = [
    "index.html",
    "cards/bert.html",
    "cards/bert/base/right.html",
    "designer.html",
    "tree.html",
    "timeline.html",
    "timeline-tokens.html",
    "timeline-flops.html",
    "compare.html?models=bert,roberta",
    "zh/index.html",
    "learn.html",
    *(f"learn/{name}.html" for name in ("encoder-decoder", "foundation", "rlhf", "diffusion")),
]
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"  # for people to look at
LIVE_PLACES = [
    "learn/attention.html",
    "learn/pretraining.html",
    "objective.html?model=t5",
    "designer.html?size.d_model=510&stack.norm=RMSNorm",
]
LIVE_PLACES += [f"playground.html?trial={trial}" for trial in ("write", "beams", "attention", "embed")]
LIVE_PLACES += ["playground.html?model=small/bert&trial=fill"]


def test_facets_chips_order_and_columns_change_the_table_and_the_address(
    page: Page, address: str, client: TestClient
) -> None:
    page.goto(address)
    assert len(shown(page)) == MODELS
    page.get_by_role("checkbox", name="encoder-decoder").check()
    page.locator("input[name=params][type=text]").fill("..1B")
    expect(page.locator("#count")).to_contain_text(f"of {MODELS} models")
    expect(page).to_have_url(f"{address}?architecture=encoder-decoder&params=..1B")
    ours = shown(page)
    assert 0 < len(ours) < 17
    assert f'data-id="{ours[0]}"><td' in client.get(f"/?{page.url.partition('?')[2]}").text
    page.get_by_role("columnheader", name="date").get_by_role("button").click()
    expect(page).to_have_url(re.compile("&sort=date$"))
    assert sorted(ours) == sorted(shown(page)) != shown(page)
    page.get_by_text("As a command").click()
    expect(page.locator("#as-cli")).to_have_text("clados list --arch encoder-decoder --params ..1B --sort date")
    page.get_by_text("As a command").click()
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("checkbox", name="tokenizer", exact=True).check()
    expect(page.get_by_role("columnheader", name="tokenizer")).to_be_visible()
    expect(page).to_have_url(re.compile("&columns=.*tokenizer"))
    page.reload()
    assert sorted(ours) == sorted(shown(page))
    expect(page.get_by_role("columnheader", name="tokenizer")).to_be_visible()
    page.get_by_role("link", name="Remove the filter params: ..1B").click()
    assert len(shown(page)) > len(ours)


QUERIES = [
    "architecture=encoder&params=..1B",
    "text=masked%20words&license=!MIT",
    "date=2019..2020-06&runnable=yes&survey=yes",
    "name=gpt*",
    "lab=unknown",
    "license=open&vocab=30k..60k",
    "params=7B,13B",
    "lab=google%20brain,OpenAI",
    "application=translat",
    "family=GPT&sort=-params",
]


def test_the_script_finds_what_the_server_finds_in_the_same_order(page: Page, address: str, site: Site) -> None:
    page.goto(address)
    for query in QUERIES:
        page.goto(f"{address}?{query}")
        by_server = shown(page)
        by_script = page.evaluate(
            """query => {
              const data = JSON.parse(document.getElementById("data").textContent);
              const asked = new URLSearchParams(query);
              const filters = [...asked].filter(([name]) => name !== "sort");
              const holds = filters.map(([name, text]) => clados.holds(data, name, text));
              const order = clados.ordered(data, asked.get("sort") || "name");
              return order.filter((row) => holds.every((each) => each[row])).map((row) => data.ids[row]);
            }""",
            query,
        )
        assert by_script == by_server, query
        assert 0 < len(by_server) < MODELS


WORDS = {"extension": "attention", "application": "translat", "corpus": "wikipedia", "reference": "arXiv:1810.04805"}
WORDS |= {"date": "2019", "params": "1B..", "vocab": "30k..60k", "link": "huggingface", "name": "gpt*"}


def test_every_facet_leaves_the_models_that_it_counts_and_that_the_server_finds(
    page: Page, address: str, client: TestClient
) -> None:
    page.goto(address)
    names = page.eval_on_selector_all("[data-facet]", "facets => facets.map(each => each.dataset.facet)")
    assert {*names} == {*ATTRIBUTES}
    for name in names:
        facet = page.locator(f"[data-facet={name}]")
        facet.evaluate("each => { each.open = true; }")
        assert facet.locator("[data-number], [data-bin]").count() > 1, name
        fields = [facet.get_by_role("checkbox").first, facet.get_by_role("textbox")]
        for field in (each for each in fields if each.count()):
            if field.get_attribute("type") == "checkbox":
                number = facet.locator("[data-number]").first.inner_text()
                field.check()
                assert str(len(shown(page))) == number, name
            else:
                field.fill(WORDS[name])
            left = shown(page)
            assert 0 < len(left) < MODELS, name
            expect(page).to_have_url(re.compile(rf"\?{name}="))
            query = page.url.partition("?")[2]
            assert sorted(visible_rows(client.get(f"/?{query}").text)) == sorted(left), query
            page.get_by_role("link", name=f"Remove the filter {name.replace('_', ' ')}").click()
            assert len(shown(page)) == MODELS


def test_what_is_ticked_and_what_is_written_are_either(page: Page, address: str, client: TestClient) -> None:
    page.goto(f"{address}?corpus=Wikipedia,genome&license=!MIT,Apache-2.0&vocab=unknown,..100")
    for _ in range(2):
        facet = page.locator("[data-facet=corpus]")
        expect(facet.get_by_role("checkbox", name="Wikipedia")).to_be_checked()
        expect(facet.get_by_role("textbox")).to_have_value("genome")
        expect(page.locator("[data-facet=vocab]").get_by_role("textbox")).to_have_value("..100")
        expect(page.locator("[data-facet=license]").get_by_role("checkbox", name="Apache-2.0")).not_to_be_checked()
        assert "license: !MIT,Apache-2.0" in page.locator("#chips").inner_text()
        assert sorted(shown(page)) == sorted(visible_rows(client.get(f"/?{page.url.partition('?')[2]}").text))
        page.locator("input[name=text]").fill("e")  # the script writes the address again
        expect(page).to_have_url(re.compile("text=e"))


def test_words_of_an_architecture_are_not_broken(page: Page, address: str) -> None:
    page.goto(address)
    page.evaluate(ALL_ROWS)
    cells = page.locator(".models td[data-column=architecture]")
    terms = cells.locator("span")
    assert terms.count() > MODELS
    assert terms.evaluate_all("terms => terms.every((each) => each.getClientRects().length === 1)")
    assert cells.evaluate_all("cells => cells.every((each) => each.scrollWidth <= each.clientWidth)")
    assert page.locator("[data-id=seeker] td[data-column=architecture]").inner_text() == "encoder-decoder, decoder"


def test_a_brush_over_the_dates_writes_the_range(page: Page, address: str) -> None:
    page.goto(address)
    brush_dates(page)
    assert 0 < len(shown(page)) < MODELS
    expect(page).to_have_url(f"{address}?date=2019-01..2021-03")


def test_ranges_of_a_timeline_fade_what_is_outside_and_lead_to_the_catalogue(page: Page, address: str) -> None:
    page.goto(f"{address}timeline.html")
    brush_dates(page)
    page.locator("input[name=params]").fill("1B..")
    expect(page.locator(".canvas [data-id=gpt-3]")).not_to_have_class("outside")
    for model in ("roberta", "palm"):  # one too small, one too late
        expect(page.locator(f".canvas [data-id={model}]")).to_have_class("outside")
    left = page.locator(".listed tbody tr:not([hidden])").count()
    expect(page.locator("output")).to_have_text(f"{left} of {MODELS} models")
    assert page.url.endswith("?date=2019-01..2021-03&params=1B..")
    page.get_by_role("link", name="by family").click()
    expect(page.locator(".canvas [data-id=palm]")).to_have_class("outside")
    expect(page.locator("input[name=params]")).to_have_value("1B..")
    page.get_by_role("link", name="See them in the catalogue").click()
    assert left
    expect(page.locator(".models tbody tr:not([hidden])")).to_have_count(left)


def test_the_tree_zooms_flies_lights_descent_and_opens_cards(page: Page, address: str) -> None:
    page.goto(f"{address}tree.html")
    picture = page.locator("[data-zoom] svg > g")
    before = picture.get_attribute("transform")
    page.get_by_role("button", name="Zoom in").click()
    assert picture.get_attribute("transform") != before
    page.get_by_placeholder("Find a model").fill("RoBERTa")
    expect(page.locator("[data-id=roberta]")).to_be_focused()
    expect(page.locator("[data-id=bert]")).to_have_class("kin")
    assert "kin" not in (page.locator("[data-id=t5]").get_attribute("class") or "")
    changed = page.locator(".lit-changes li").last
    expect(changed).to_contain_text("BERT → RoBERTa (architecture): no next-sentence task, dynamic masks")
    expect(changed).to_contain_text("tokenised by byte-level BPE instead of WordPiece")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("RoBERTa")


def test_sources_show_at_the_keyboard(page: Page, address: str) -> None:
    page.goto(f"{address}cards/bert.html")
    mark = page.locator(".facts .mark").nth(1)
    tip = mark.locator(".told")
    assert tip.evaluate("tip => tip.clientWidth") < 5
    mark.focus()
    assert tip.evaluate("tip => tip.clientWidth") > 100
    expect(tip).to_contain_text("arXiv:1810.04805")


def test_ticked_rows_are_compared(page: Page, address: str) -> None:
    page.goto(address)
    for name in ("BERT", "RoBERTa"):
        page.get_by_role("checkbox", name=f"Compare {name}", exact=True).check()
    page.get_by_role("button", name="Compare the ticked").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("BERT · RoBERTa")
    expect(
        page.get_by_role("listitem").filter(has_text="tokenised by byte-level BPE instead of WordPiece")
    ).to_be_visible()


def test_hostile_text_is_only_text(page: Page, address: str) -> None:
    page.goto(f"{address}?text=%3Cscript%3Ealert(1)%3C/script%3E")
    expect(page.locator(".chip")).to_contain_text("<script>alert(1)</script>")
    page.locator("input[type=search]").fill("<img src=x onerror=alert(2)>")
    expect(page.locator(".chip")).to_contain_text("<img src=x onerror=alert(2)>")


@pytest.mark.parametrize(("width", "theme"), VIEWS)
def test_no_serious_fault_of_access_and_nothing_wider_than_the_window(
    browser: Browser, short_address: str, address: str, width: int, theme: str
) -> None:
    for page in opened(browser, width, theme):
        for place in [*(short_address + each for each in PLACES), *(address + each for each in LIVE_PLACES)]:
            page.goto(place)
            name = re.sub(r"\W+", "-", place.split("/", 3)[3])
            pictured(page, SCREENSHOTS, f"{name}-{width}-{theme}")
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, place
            page.evaluate(AXE.read_text(encoding="utf-8"))
            found = page.evaluate("axe.run({resultTypes: ['violations']})")
            faults = [
                (each["id"], each["impact"], each["nodes"][0]["html"][:200])
                for each in found["violations"]
                if each["impact"] in ("serious", "critical")
            ]
            assert faults == [], place


def test_the_exported_site_opens_from_its_files(page: Page, few: Site, tmp_path: Path) -> None:
    export_site(tmp_path / "site", few)
    page.goto((tmp_path / "site" / "index.html").as_uri() + "?architecture=encoder&sort=-date")
    ours = shown(page)
    assert "bert" in ours
    assert "gpt-2" not in ours
    page.get_by_role("link", name="BERT", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("BERT")
    page.get_by_role("link", name="Compare").click()
    page.get_by_role("link", name="bert · roberta").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("BERT · RoBERTa")
    expect(page.get_by_role("rowheader", name="tokenizer")).to_contain_text("≠")
    expect(page.get_by_role("heading", level=2).first).to_have_text("From bert:large to roberta:large")
    drawn = page.locator(".beside img")
    assert drawn.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    page.goto(page.url.replace("bert,roberta", "roberta,bert,gpt"))
    expect(drawn).to_have_count(1)
    expect(page.locator(".side img")).to_have_count(2)  # what is in line with no parent stands by itself
    page.get_by_role("link", name="Tree").click()
    expect(page.locator("[data-id=bert]")).to_be_visible()
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Transformer 家族树")
