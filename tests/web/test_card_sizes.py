"""Sizes and directions of a card: each has a page among files, which shows what the server shows."""

import posixpath
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from clados.web.addresses import size_at, size_folder
from clados.web.export import export_site
from clados.web.site import Site
from clados.web.views.card_sizes import size_places

SECTIONS = ("drawing", "inside", "ledger")


def section(text: str, key: str) -> str:
    """A section of a page, without where its links lead, and without those of folds, which a server alone opens."""
    found = re.search(rf'<section id="{key}">.*?</section>', text, re.DOTALL)
    assert found
    return re.sub(r'(?<= )href="[^"]*"', "", re.sub(r'<p class="sizes"><a [^>]*data-fold=.*?</p>', "", found[0]))


@pytest.mark.parametrize(
    ("model", "size", "direction"),
    [("bert", "large", "up"), ("bert", "base", "right"), ("clip", "vit-l/14@336", "right")],
)
def test_a_page_of_files_shows_of_a_size_what_the_server_shows(
    site: Site, client: TestClient, model: str, size: str, direction: str
) -> None:
    folder = size_folder(size_at(site.index.cards[model], size))
    ours = Site(live=False).answer(f"cards/{model}/{folder}/{direction}.html").body.decode()
    served = client.get(f"/cards/{model}.html?{urlencode({'size': size, 'direction': direction})}").text
    for key in SECTIONS:
        assert section(ours, key) == section(served, key)


def test_every_size_has_a_folder_of_its_own(site: Site) -> None:
    for card in site.index.cards.values():
        folders = [size_folder(each) for each in card.sizes]
        assert len({*folders}) == len(folders)
        assert all(re.fullmatch(r"[a-z0-9][\w.+-]*", each) for each in folders), folders
        assert [size_at(card, each) for each in folders] == [*card.sizes]


def test_every_link_between_files_has_its_file(few: Site) -> None:
    paths = {*few.paths()}
    assert {path for card in few.index.cards.values() for path in size_places(card)} <= paths
    assert "cards/bert/large/right.html" in paths
    for path in paths:
        if path.endswith(".html"):
            text = few.answer(path).body.decode()
            for link in re.findall(r'(?:href|src)="([^"#?]+)[^"]*"', text):
                if "://" not in link:
                    found = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
                    assert found in paths, (path, link)


def test_what_is_no_size_or_direction_has_no_page(client: TestClient) -> None:
    for place in ("lrge/up", "large/left", "large/x/up"):
        assert client.get(f"/cards/bert/{place}.html").status_code == 404


def test_a_size_whose_name_is_no_folder_has_its_config(client: TestClient) -> None:
    link = re.search(r'href="(clip/[^"]*336[^"]*)"', client.get("/cards/clip.html").text)
    assert link
    assert client.get(f"/cards/{link[1]}").json()["model_type"] == "clip"


@pytest.mark.browser
def test_sizes_and_directions_are_chosen_among_files(page: Page, few: Site, tmp_path: Path) -> None:
    export_site(tmp_path / "site", few)
    page.goto((tmp_path / "site" / "cards" / "bert.html").as_uri())
    page.get_by_role("link", name="base", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("BERT · base")
    expect(page.locator("#drawing svg").first).to_contain_text("768")
    page.get_by_role("link", name="To the right").click()
    box = page.locator("#drawing svg").first.bounding_box()
    assert box
    assert box["width"] > box["height"]
    part = page.locator("[data-part='stack.layers.attention']")
    page.locator("#drawing [data-box='stack.blocks.*.attn']").focus()
    page.keyboard.press("Enter")
    expect(part).to_be_visible()
    page.get_by_role("link", name="large", exact=True).click()  # the headline one, which the card itself shows
    page.get_by_role("link", name="Upwards").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("BERT")
