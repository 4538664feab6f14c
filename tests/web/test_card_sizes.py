"""Sizes and directions of a card: each has a page among files, which shows what the server shows."""

import json
import posixpath
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

from clados.catalog.load import catalog
from clados.errors import MissingPackageError
from clados.layouts.diffusers import PIPELINE_CONFIGS
from clados.web.addresses import size_at, size_folder
from clados.web.configs import config_files
from clados.web.export import export_site
from clados.web.request import Given
from clados.web.site import Site
from clados.web.views.card_sizes import size_places

SECTIONS = ("drawing", "inside", "ledger")


def section(text: str, key: str) -> str:
    """A section of a page, without where its links lead, and without those of folds, which a server alone opens."""
    found = re.search(rf'<section id="{key}">.*?</section>', text, re.DOTALL)
    assert found
    return re.sub(
        r'(?<= )href="[^"]*"', "", re.sub(r'<p class="sizes"><span>[^<]*</span><a [^>]*data-fold=.*?</p>', "", found[0])
    )


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
        assert all(re.fullmatch(r"[a-z0-9][a-z0-9@+_.~-]*", each) for each in folders), folders
        assert [size_at(card, each) for each in folders] == [*card.sizes]


ALIKE = (
    "a-b",
    "a/b",
    "a~2fb",
    "a b",
    "a\\b",
    "a:b",
    "a@b",
    "A-b",
    "..",
    "._",
    "~2e.",
    "opened.svg",
    "大",
    "b.5",
    "1.5b",
)


def test_sizes_whose_names_are_nearly_alike_have_folders_of_their_own(site: Site) -> None:
    bert = site.index.cards["bert"]
    label = 'label = { value = 1, kind = "reported", source = "github:google-research/bert README.md" }'
    text = "".join(f"\n[[sizes]]\nname = {json.dumps(name)}\n{label}\nbasis = 'model'\n" for name in ALIKE)
    card = replace(bert, text=bert.text + text)
    folders = [size_folder(each) for each in card.sizes][-len(ALIKE) :]
    assert len({each.casefold() for each in folders}) == len(ALIKE)
    assert all(re.fullmatch(r"[\w@+~-]([\w@+.~-]*[\w@+~-])?", each, re.ASCII) for each in folders), folders
    assert "opened.svg" not in folders
    assert folders[0] == "a-b"
    assert folders[-1] == "1.5b"
    assert [size_at(card, each).name for each in folders] == [*ALIKE]


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
    link = re.search(r'href="\.\./(cards/clip/[^"]*336[^"]*json)"', client.get("/cards/clip.html").text)
    assert link
    assert client.get(f"/{link[1]}").json()["model_type"] == "clip"


def test_files_have_the_config_of_every_size_that_has_one(few: Site, client: TestClient) -> None:
    files = config_files(few.index.cards.values())
    assert {path.rpartition("/")[0] for path in files} >= {"cards/bert/large", "cards/t5/11b", "cards/gpt-2/small"}
    assert files["cards/t5/11b/config.json"] == client.get("/cards/t5/11b/config.json").content
    site = Site(live=False, given=Given(configs=files))
    assert {*files} <= {*site.paths()}
    assert site.answer("cards/t5/11b/config.json").body == files["cards/t5/11b/config.json"]
    for folder in ("", "zh/"):
        assert (
            f'href="../{folder and "../"}cards/t5/11b/config.json" download'
            in site.answer(f"{folder}cards/t5.html").body.decode()
        )


def test_no_page_leads_to_a_config_that_is_not_there(client: TestClient) -> None:
    written = Site(live=False).answer("cards/t5.html").body.decode()
    assert 'config.json"' not in written
    assert "config.json of no size: these pages were written without torch." in written


def test_a_pipeline_has_the_files_that_diffusers_reads(client: TestClient) -> None:
    card = client.get("/cards/stable-diffusion.html").text
    links = re.findall(r'href="\.\./(cards/stable-diffusion/[^"]+\.json)"', card)
    said = {link.split("/", 3)[3]: client.get(f"/{link}").json() for link in links}
    assert {*said} == {*PIPELINE_CONFIGS}
    assert said["model_index.json"]["unet"] == ["diffusers", "UNet2DConditionModel"]
    assert said["unet/config.json"]["cross_attention_dim"] == 768
    assert {*config_files([catalog()["stable-diffusion"]])} == {*links}
    assert client.get(f"/{links[0].rpartition('/')[0]}/nothing.json").status_code == 404


def test_without_torch_files_have_no_config(few: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def computed(place: str, *args: object) -> None:
        raise MissingPackageError("torch is not installed")

    monkeypatch.setattr("clados.web.configs.computed", computed)
    assert config_files(few.index.cards.values()) == {}


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
