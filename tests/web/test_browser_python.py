"""Python in a site of files: what it takes along answers as the server does, and nothing else is let in."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.testclient import TestClient

from clados.catalog.load import Catalog
from clados.cli.frame import run_command_line
from clados.web.browser_python import BrowserPython, browser_python, clados_archive
from clados.web.export import export_site
from clados.web.index import Index
from clados.web.request import Given
from clados.web.site import Site
from tests.web.conftest import FEW
from tests.web.driving import AXE, PYODIDE_FOLDER, VIEWS, design, opened

ADDRESSES = [
    "designer.html?model=t5:base&size.layers=11&stack.norm=",
    "zh/designer.html?size.d_model=510",
    "design.py?stack.norm=RMSNorm&name=other",
    "design.toml?size.layers=11",
    "design.py?size.layers=x",
    "compare.html?models=bert:base,gpt-2&models=t5",
    "zh/compare.html?models=swin,stable-diffusion,alphafold,clip&differing=yes",
    "compare.html?models=bert,robrta",
]
PAGES = ("designer.html", "compare.html", "index.html", "cards/bert.html")
ALONE = """
import json, sys, tomllib
sys.modules["tomli"] = tomllib
sys.path.insert(0, sys.argv[1])
from clados.web.in_browser import site_answer
print(json.dumps([site_answer(each) for each in sys.argv[2:]]))
"""

SERVED = """
import json, sys
from starlette.testclient import TestClient
from clados.web.server import application
from clados.web.site import Site
client = TestClient(application(Site()), "http://127.0.0.1")
print(json.dumps([[each.status_code, each.text] for each in map(client.get, sys.argv[1:])]))
"""


@pytest.fixture(scope="module")
def archive() -> bytes:
    return clados_archive()


def test_the_archive_answers_by_itself_what_the_server_answers(archive: bytes, tmp_path: Path) -> None:
    """Both are asked in interpreters of their own, where no other test has declared parts."""
    zipfile.ZipFile(io.BytesIO(archive)).extractall(tmp_path)
    alone = [sys.executable, "-I", "-S", "-c", ALONE, str(tmp_path), *ADDRESSES]
    server = [sys.executable, "-c", SERVED, *(f"/{each}" for each in ADDRESSES)]
    ran, served = (
        json.loads(subprocess.run(each, capture_output=True, text=True, check=True).stdout) for each in (alone, server)
    )
    assert ran == served
    assert [status for status, _ in served] == [200, 200, 200, 200, 404, 200, 200, 404]


def test_cards_of_the_user_are_taken_along_and_none_of_their_other_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("mine.toml", "mine.py", "notes.py", "secret.txt"):
        (tmp_path / name).write_text("")
    monkeypatch.setenv("CLADOS_PATH", str(tmp_path))
    names = zipfile.ZipFile(io.BytesIO(clados_archive())).namelist()
    assert [each for each in names if each.startswith("own/")] == ["own/0/mine.toml", "own/0/mine.py"]
    assert not any(each.startswith(("clados/nn", "clados/train")) for each in names)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the names of Pyodide's files."""
    folder = tmp_path_factory.mktemp("pyodide")
    for name in ("pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip"):
        (folder / name).write_bytes(name.encode())
    (folder / "pyodide-lock.json").write_text('{"info": {"python": "3.13.2"}, "packages": {}}')
    return folder


def test_python_is_allowed_where_it_runs_and_nowhere_else(site: Site, unpacked: Path, archive: bytes) -> None:
    files = Site(live=False, given=Given(python=BrowserPython(unpacked)))
    files.index = Index(Catalog(card for card in site.index.cards.values() if card.id in FEW))
    paths = [*files.paths()]
    assert {each for each in paths if each.startswith("python/")} == {*BrowserPython(unpacked).files}
    pages = {each: files.answer(each).body.decode() for each in PAGES}
    assert all('http-equiv="Content-Security-Policy" content="default-src ' in each for each in pages.values())
    assert [each for each, text in pages.items() if "wasm-unsafe-eval" in text] == ["designer.html", "compare.html"]
    assert "wasm-unsafe-eval" not in site.answer("designer.html").headers["Content-Security-Policy"]
    assert files.answer("python/pyodide.js.js").body.startswith(b'python.given("pyodide.js", "')


def test_a_site_without_python_says_what_the_designer_needs(few: Site) -> None:
    text = few.answer("designer.html").body.decode()
    assert "<code>--pyodide FOLDER</code>" in text
    assert "<form" not in text
    assert "designer.html" in few.answer("index.html").body.decode()


@pytest.mark.parametrize(
    ("missing", "said"),
    [("python_stdlib.zip", "there is no python_stdlib.zip"), ("", "pyodide.js is not that of pyodide")],
)
def test_other_files_than_those_of_the_version_are_refused(
    unpacked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: str, said: str
) -> None:
    folder, out = tmp_path / "pyodide", tmp_path / "site"
    folder.mkdir()
    for file in unpacked.iterdir():
        if file.name != missing:
            (folder / file.name).write_bytes(file.read_bytes())
    assert run_command_line(["web", "--export", str(out), "--pyodide", str(folder)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "npm pack pyodide@" in error
    assert not out.exists()


def test_pyodide_goes_with_an_export(unpacked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["web", "--pyodide", str(unpacked)]) == 2
    assert "it goes with --export" in capsys.readouterr().err


# ---------------------------------------------------------------- in Chromium


@pytest.fixture(scope="module")
def files(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a short site of files with Python, in the file system."""
    if not PYODIDE_FOLDER.is_dir():
        pytest.skip("there is no npm, with which make browser fetches Pyodide")
    short = Site(live=False, given=Given(python=browser_python(PYODIDE_FOLDER)))
    short.index = Index(Catalog(card for card in site.index.cards.values() if card.id in FEW))
    folder = tmp_path_factory.mktemp("export") / "site"
    export_site(folder, short)
    return folder.as_uri()


STARTED = "Python has started"
SECONDS = 120_000  # that a slow machine may take for it, in milliseconds


@pytest.mark.browser
def test_the_designer_of_a_site_of_files_answers_as_the_server(
    page: Page, files: str, client: TestClient, tmp_path: Path
) -> None:
    page.goto(f"{files}/designer.html?model=t5:base&size.layers=11")
    expect(page.locator("[data-region=words] input").first).to_be_visible()  # before Python is there
    expect(page.locator("#python")).to_contain_text(STARTED, timeout=SECONDS)
    expect(page.get_by_label("Start from")).to_have_value("t5:base")
    expect(page.get_by_role("listitem").filter(has_text="layers: 11 instead of 12")).to_be_visible()
    for each in ADDRESSES:
        assert page.evaluate("address => python.answer(address)", each) == client.get(f"/{each}").text
    page.get_by_label("Start from").fill("gpt-2:small")
    design(page)
    assert "size.d_model=510&size.heads=10" in page.url
    for kind in ("py", "toml"):
        with page.expect_download() as keeping:
            page.get_by_role("link", name=f"my_model.{kind}").click()
        keeping.value.save_as(tmp_path / kind)
        assert (tmp_path / kind).read_text() == client.get(f"/design.{kind}?{page.url.partition('?')[2]}").text
    page.get_by_label("Name", exact=True).fill("<b>x")
    expect(page.get_by_role("alert")).to_contain_text("lower-case")


@pytest.mark.browser
def test_the_comparison_of_a_site_of_files_starts_python_when_it_is_asked_to(page: Page, files: str) -> None:
    page.goto(f"{files}/compare.html?models=bert,t5")
    expect(page.locator(".changes")).to_have_count(1)  # by the files' own script
    page.goto(f"{files}/compare.html?models=bert:base,roberta")
    expect(page.get_by_role("alert")).to_contain_text("bert:base")
    assert page.locator("script[src*='python/']").count() == 0
    page.get_by_role("button", name="Start Python").click()
    expect(page.locator("#python")).to_contain_text(STARTED, timeout=SECONDS)
    expect(page.get_by_role("heading", name="From bert:base to roberta:base")).to_be_visible()
    assert page.title() == "BERT · RoBERTa · Clados"
    expect(page.locator(".live svg [data-side]").first).to_be_visible()
    page.get_by_label("Model 3").fill("gpt-2")
    expect(page.get_by_role("heading", name="From bert:base to gpt-2:xl")).to_be_visible()
    page.get_by_label("Model 2").fill("robrta")
    expect(page.locator("[data-region=result]")).to_have_text("unknown model 'robrta'; did you mean 'roberta'?")
    assert "models=robrta" in page.url


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), VIEWS)
def test_the_note_of_python_has_no_serious_fault_of_access(
    browser: Browser, files: str, width: int, theme: str
) -> None:
    for page in opened(browser, width, theme):
        for place in ("zh/designer.html", "compare.html?models=bert,t5"):
            page.goto(f"{files}/{place}")
            page.evaluate(AXE.read_text(encoding="utf-8"))
            found = page.evaluate("axe.run({resultTypes: ['violations'], preload: false})")
            assert [each["id"] for each in found["violations"] if each["impact"] in ("serious", "critical")] == []
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
