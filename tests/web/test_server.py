"""The server: pages without scripts, safe heads, hostile texts shown as texts, sizes, no torch."""

import base64
import gzip
import hashlib
import html
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from clados.catalog.differences import diff
from clados.catalog.schema import ATTRIBUTES
from clados.cli.frame import run_command_line
from clados.drawing.drawings import draw
from clados.html import Html, el
from clados.names import CARDS_PATH
from clados.web.evidence import kept_proofs
from clados.web.index import PROSE_TERMS
from clados.web.server import application
from clados.web.site import STATIC_FILES, Site
from tests.web.driving import LOCAL, MODELS

PAGES = [
    "/",
    "/zh/",
    "/cards/bert.html",
    "/timeline.html",
    "/recent.html",
    "/compare.html",
    "/compare.html?models=bert,roberta&differing=yes",
    "/zh/cards/flamingo.html",
]
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


class Tags(HTMLParser):
    """The elements of a page, and which of them are not closed where they should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("br", "col", "hr", "img", "input", "link", "meta"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def visible_rows(text: str) -> list[str]:
    return [a["data-id"] or "" for name, a in Tags(text).seen if name == "tr" and "data-id" in a and "hidden" not in a]


def test_the_catalogue_is_a_table_that_the_server_cuts_and_orders(client: TestClient) -> None:
    text = client.get("/?architecture=encoder&params=..1B&sort=-date").text
    rows = visible_rows(text)
    assert rows[0] == "e5"
    assert "gpt-2" not in rows
    assert f"{len(rows)} of {MODELS} models" in text
    assert "clados list --arch encoder --params ..1B --sort -date" in text
    assert 'class="chip"' in text


def test_counts_are_those_of_the_other_filters(client: TestClient) -> None:
    text = client.get("/?architecture=encoder").text
    found = re.findall(
        r'name="architecture" value="([\w-]+)"[^>]*><span class="word">[^<]+</span><span[^>]*>(\d+)', text
    )
    assert dict(found)["decoder"] != "0"  # another choice of the same facet is counted as if it were chosen
    family = re.findall(r'name="family" value="LLaMA"[^>]*><span class="word">[^<]+</span><span[^>]*>(\d+)', text)
    assert family == ["0"]


def test_every_facet_counts_what_it_leaves(client: TestClient, site: Site) -> None:
    facets = client.get("/?architecture=encoder").text.split("data-facet=")[1:]
    assert [each[1:].partition('"')[0] for each in facets] == [*ATTRIBUTES]
    assert all("data-number" in each or "data-bin" in each for each in facets)
    corpus = next(each for each in facets if each.startswith('"corpus"'))
    left = visible_rows(client.get("/?architecture=encoder&corpus=Wikipedia").text)
    number = re.search(r'value="Wikipedia">.*?data-number>(\d+)<', corpus)
    assert number
    assert number[1] == str(len(left))


def test_each_term_that_prose_is_counted_by_finds_several_models(site: Site) -> None:
    for name, terms in PROSE_TERMS.items():
        found = site.index.choices[name]
        assert {*found} >= {*terms}
        assert all(2 < len(found[term]) < MODELS for term in terms), name


def test_a_mistake_in_the_address_is_said_in_the_page(client: TestClient) -> None:
    answer = client.get("/?lab=Gogle")
    assert "did you mean &#x27;Google&#x27;" in answer.text
    assert len(visible_rows(answer.text)) == MODELS


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_well_formed_and_have_their_language(client: TestClient, path: str) -> None:
    seen = Tags(client.get(path).text).seen
    assert seen[0] == ("html", {"lang": "zh" if "zh" in path else "en"})
    ids = [a["id"] for _, a in seen if "id" in a]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", PAGES[:-1])
def test_nothing_in_a_page_is_inline_or_from_elsewhere(client: TestClient, path: str) -> None:
    answer = client.get(path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    styles = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    for style in styles:  # of a picture: the policy allows these very bytes
        assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy
    for name, attributes in Tags(answer.text).seen:
        assert name != "style" or styles
        assert not [each for each in attributes if each.startswith("on") or each == "style"]
        if name in ("script", "link", "img"):
            address = attributes.get("src") or attributes.get("href") or "here"
            assert "//" not in address
            assert name != "script" or "src" in attributes or attributes["type"] == "application/json"


@pytest.mark.parametrize("path", [f"/?text={HOSTILE}", f"/?family={HOSTILE}", f"/?{HOSTILE}=1", f"/{HOSTILE}"])
def test_hostile_text_in_an_address_is_text(client: TestClient, path: str) -> None:
    text = client.get(path).text
    assert "<img src=x" not in text
    assert "<script>alert" not in text
    assert "alert(1)" in text


def test_hostile_text_in_a_card_is_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = HOSTILE.replace('"', '\\"')
    (tmp_path / "evil.toml").write_text(f'id = "evil"\nname = "{name}"\n', encoding="utf-8")
    monkeypatch.setenv(CARDS_PATH, str(tmp_path))
    client = TestClient(application(Site()), LOCAL)
    text = client.get("/").text
    assert "evil" in visible_rows(text)
    for page in (text, client.get("/cards/evil.html").text):
        assert "alert(1)" in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_html_escapes_every_text_but_markup() -> None:
    assert el("a", "<b>", Html("<i></i>"), title='"') == '<a title="&quot;">&lt;b&gt;<i></i></a>'


def test_what_is_loaded_first_is_small(client: TestClient) -> None:
    text = client.get("/").text
    scripts = [a["src"] or "" for name, a in Tags(text).seen if name == "script" and "src" in a]
    assert 0 < sum(len(client.get(f"/{each}").content) for each in scripts) <= 300_000
    assert 'id="data"' in text
    assert len(gzip.compress(text.encode())) <= 400_000  # rows, facets and all that the scripts filter by


def test_many_clients_at_once_are_answered(address: str) -> None:
    def answered(path: str) -> tuple[int, bool]:
        with urllib.request.urlopen(address + path) as answer:
            return answer.status, b"</html>" in answer.read()

    with ThreadPoolExecutor(50) as clients:
        pages = ["", "zh/", "?architecture=encoder&sort=-date", "recent.html", "cards/bert.html"] * 10
        assert {*clients.map(answered, pages)} == {(200, True)}


def test_files_of_others_are_those_that_are_listed() -> None:
    folder = STATIC_FILES / "vendor"
    listed = dict(
        re.findall(r"^\| (\S+\.js) \|.*\| ([0-9a-f]{64}) \|$", (folder / "README.md").read_text(), re.MULTILINE)
    )
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.js")}
    assert found == listed


@pytest.mark.parametrize(
    "path", ["/nothing.html", "/static/../site.py", "/static/%2e%2e/site.py", "/static", "/zh/nothing"]
)
def test_what_is_not_there_is_a_page_that_says_so(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "<h1>" in answer.text


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:80", "192.168.0.7", "Box.example:1"])
def test_a_server_answers_to_its_own_names(site: Site, host: str) -> None:
    client = TestClient(application(site, "box.example"), LOCAL)
    assert client.get("/recent.html", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8765", "127.0.0.1.evil.example"])
@pytest.mark.parametrize("path", ["/runs.html", "/playground.html", "/static/page.css"])
def test_a_server_does_not_answer_to_the_names_of_others(client: TestClient, path: str, host: str) -> None:
    answer = client.get(path, headers={"host": host})
    assert answer.status_code == 400
    assert "--host" in answer.text


def test_pages_of_others_may_lead_here_but_not_embed_or_ask(client: TestClient) -> None:
    strange = {"sec-fetch-site": "cross-site"}
    assert client.get("/tree.html", headers=strange | {"sec-fetch-mode": "no-cors"}).status_code == 403
    assert client.get("/tree.html", headers=strange | {"sec-fetch-mode": "navigate"}).status_code == 200
    assert client.get("/tree.html", headers={"sec-fetch-site": "same-origin"}).status_code == 200
    assert client.post("/tree.html", headers=strange | {"sec-fetch-mode": "navigate"}).status_code == 405


@pytest.mark.parametrize(
    ("path", "place", "current"),
    [
        ("/timeline.html", "timeline.html", "page"),
        ("/zh/timeline-tokens.html", "../zh/timeline.html", "true"),
        ("/recent.html", "timeline.html", "true"),
        ("/learn/attention.html", "../learn.html", "true"),
        ("/cards/bert.html", "../index.html", "true"),
    ],
)
def test_the_navigation_lights_the_place_of_every_page(client: TestClient, path: str, place: str, current: str) -> None:
    lit = re.findall(r'<a href="([^"]*)" aria-current="(\w+)">', client.get(path).text.partition("</nav>")[0])
    assert lit == [(place.replace("../zh/", ""), current)]


def test_the_ledger_of_a_card_is_drawn_as_tiles_in_the_drawing_s_style(client: TestClient) -> None:
    text = client.get("/cards/bert.html?size=base").text
    tiles = text.partition('data-figure="treemap"')[2].partition("</svg>")[0]
    assert "110,106,428 parameters" in tiles
    assert text.count("<style>") == 1


def test_a_card_s_drawing_flows_upwards_or_to_the_right(client: TestClient) -> None:
    up, right = (client.get(f"/cards/bert.html?size=base{said}").text for said in ("", "&direction=right"))
    assert 'href="../cards/bert.html?size=base&amp;direction=right#drawing">To the right</a>' in up
    assert 'aria-current="true">Upwards</a>' in up
    assert 'class="canvas long"' in right
    assert 'href="../cards/bert.html?size=large&amp;direction=right#drawing"' in right
    assert draw("bert:base", direction="right").svg.partition("</style>")[2][:3000].strip() in right
    assert "one of up, right" in client.get("/cards/bert.html?direction=left").text


def test_the_timeline_is_also_a_list_of_links(client: TestClient) -> None:
    text = client.get("/timeline.html").text
    assert 'data-figure="timeline-params"' in text
    assert 'href="cards/gpt-2.html">GPT-2</a>' in text


def test_what_no_model_has_is_said_on_the_timeline_s_page(few: Site, client: TestClient) -> None:
    answer = few.answer("timeline-tokens.html")
    assert answer.status == 200
    assert "nothing to draw" in answer.body.decode()
    text = client.get("/timeline-tokens.html").text
    assert 'data-figure="timeline-tokens"' in text
    assert '<td class="figure">3.14e+23</td>' in client.get("/zh/timeline-flops.html").text
    assert 'href="cards/gpt-3.html">GPT-3</a> 175b' in text


def test_models_are_compared_by_columns_and_in_words(client: TestClient) -> None:
    text = client.get("/compare.html?models=bert&models=roberta&models=").text
    assert "From bert:large to roberta:large" in text
    assert "tokenised by byte-level BPE instead of WordPiece" in text
    assert text.count("data-side=") == 3
    assert "For each token" in text
    found = diff("bert", "gpt-2").costs["FLOPs, 2 N"]
    text = client.get("/zh/compare.html?models=bert,gpt-2").text
    assert all(part in text for part in ("每个词元", "KV 缓存", f"{found[0]:,}", f"{found[1]:,}"))
    assert "结构：注意力" in text
    assert "structure.attention" not in client.get("/compare.html?models=bert,roberta&differing=yes").text
    assert client.get("/compare.html?models=bert,robrta").status_code == 404
    assert "too many" in client.get("/compare.html?models=bert,gpt,t5,bart,opt").text


WRONG = {"roberta": "roberta", "brt.html": "bert", "zh/T5": "t5"}  # addresses, and what they may have meant


def test_an_unknown_model_is_answered_with_the_nearest(client: TestClient) -> None:
    answer = client.get("/cards/brt.html")
    assert answer.status_code == 404
    assert 'href="../cards/bert.html"' in answer.text
    assert client.get("/cards/bert.html?size=bsae").status_code == 404
    for path, found in (
        ("/roberta", "cards/roberta.html"),
        ("/brt.html", "cards/bert.html"),
        ("/zh/T5", "cards/t5.html"),
    ):
        answer = client.get(path)
        assert answer.status_code == 404
        assert f'href="{found}"' in answer.text
    for path in ("/nothing-like-any.html", "/nope", "/compare.html?models=bertt&models=gpt-2"):
        assert "The nearest model" not in client.get(path).text
    assert "did you mean 'bert'?" in html.unescape(client.get("/compare.html?models=bertt&models=gpt-2").text)


@pytest.mark.parametrize("card", ["bert", "gopher", "flamingo", "e5", "stable-diffusion"])
def test_a_card_shows_everything_that_the_terminal_shows(client: TestClient, site: Site, card: str) -> None:
    page = re.sub(r'<span class="term">([^<]*)</span>', r"\1", client.get(f"/cards/{card}.html").text)
    text = html.unescape(page)
    found = site.index.cards[card]
    for value in found.values.values():
        assert value.source in text
        assert value.note in text
    for row in found.errata:
        assert row.fact in text
        assert row.survey in text
    for line in found.assumed:
        assert line in text
    for size in found.sizes:
        assert size.name in text
    for each in kept_proofs(card):
        assert each.evidence in text


def test_every_declared_size_is_drawn_and_counted(client: TestClient) -> None:
    text = client.get("/cards/bert.html?size=tiny").text
    assert 'data-figure="architecture"' in text or "<svg" in text
    assert "4,433,468 parameters of tiny" in text


def test_files_of_a_card(client: TestClient) -> None:
    assert client.get("/cards/bert.json").json()["id"] == "bert"
    assert client.get("/cards/bert.bib").text.startswith("@")
    assert client.get("/cards/bert.svg").text.startswith("<svg")
    assert client.get("/cards/bert.svg").headers["content-type"] == "image/svg+xml"


def test_a_port_in_use_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run_command_line(["web", "--port", str(port)]) == 2
    assert capsys.readouterr().err == (
        f"clados: cannot listen at 127.0.0.1:{port}: Address already in use; --port names another\n"
    )


def test_the_command_answers_without_torch() -> None:
    code = "import sys; from clados.cli import main; sys.argv[1:] = ['web', '--port', '0']; main()"
    with subprocess.Popen(
        [sys.executable, "-X", "importtime", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout
        address = run.stdout.readline().split()[2]
        with urllib.request.urlopen(address, timeout=120) as answer:
            assert b"<table" in answer.read()
        run.terminate()
        imported = run.communicate(timeout=120)[1]
    assert not re.search(r"\| +(torch|numpy|transformers)$", imported, re.MULTILINE)


def test_a_fold_of_a_drawing_opens_by_a_link_that_keeps_the_other_choices(client: TestClient) -> None:
    closed = client.get("/cards/gpt-3.html?size=2.7b&direction=right").text
    assert 'data-fold="stack.blocks"' in closed
    assert "direction=right&amp;open=stack.blocks#drawing" in closed
    assert 'aria-label="× 32: layer by layer"' in closed
    opened = client.get("/cards/gpt-3.html?size=2.7b&direction=right&open=stack.blocks&open=stack.blocks.3").text
    assert 'data-fold="stack.blocks.31"' in opened
    assert (
        'direction=right#drawing" aria-label="× 32: layer by layer" aria-current="true" data-fold="stack.blocks"'
        in opened
    )
    assert "open=stack.blocks&amp;open=stack.blocks.3#drawing" in opened  # upwards, with the same layers
    refused = client.get("/cards/gpt-3.html?open=stack")
    assert refused.status_code == 404
    assert "which is no fold of" in refused.text


def test_among_files_folds_lead_to_the_drawing_with_all_of_them_opened() -> None:
    site = Site(live=False)
    page = site.answer("cards/gpt-3.html").body.decode()
    assert 'href="../cards/gpt-3/opened.svg"' in page
    assert site.answer("cards/swin/opened.svg").body.decode() == draw("swin", opened=["all"]).svg
    assert site.answer("cards/gpt-3/opened.svg").body.decode() == draw("gpt-3", opened=["all"]).svg


def test_an_export_that_is_ended_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "clados", "web", "--export", str(tmp_path / "site")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not any(tmp_path.glob(".site.*/*")):
        assert process.poll() is None
        time.sleep(0.05)
    process.terminate()
    assert process.wait(60) == 128 + signal.SIGTERM
    assert not any(tmp_path.iterdir())
