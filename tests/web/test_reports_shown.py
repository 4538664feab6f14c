"""A report in Chromium: at both widths and themes, and on paper."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from clados.reports.run import write_report, write_samples
from clados.web.request import Given
from clados.web.site import Site
from tests.reports.test_run_report import RUN, SAMPLES, entries
from tests.web.driving import AXE, CHROMIUM, VIEWS, opened, served

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no chromium")]


@pytest.fixture
def report(tmp_path: Path) -> Path:
    (tmp_path / "run.json").write_text(json.dumps(RUN))
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(each) + "\n" for each in entries(400)))
    write_samples(tmp_path, SAMPLES)
    return write_report(tmp_path)


@pytest.mark.parametrize(("width", "theme"), VIEWS)
def test_it_fits_the_window_and_has_no_serious_fault_of_access(
    browser: Browser, report: Path, width: int, theme: str
) -> None:
    for page in opened(browser, width, theme):  # which fails on any request
        page.goto(report.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        shown = [each.bounding_box() for each in page.locator("svg").all() if each.is_visible()]
        assert len(shown) == 1 + 3 + 2  # the loss once, three other curves, an episode and a fold
        assert all(each and each["x"] >= 0 and each["x"] + each["width"] <= width for each in shown)
        letters = page.locator("figure:visible text").first
        box = letters.bounding_box()
        assert box
        assert box["height"] >= 11  # the narrow one is drawn anew, not made small
        assert serious(page) == []


def serious(page: Page) -> list[str]:
    """The names of serious faults of access."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [each["id"] for each in found["violations"] if each["impact"] in ("serious", "critical")]


@pytest.mark.parametrize(("width", "theme"), VIEWS)
def test_the_page_of_runs_shows_the_same_guesses(browser: Browser, report: Path, width: int, theme: str) -> None:
    (report.parent / "config.json").write_text("{}")  # a model that cannot be asked more
    server = served(Site(given=Given(runs=report.parent)))
    address = next(server)
    for page in opened(browser, width, theme):  # which fails on a style that the page's policy refuses
        page.goto(address + "runs.html")
        page.get_by_text("All curves").click()
        assert page.locator(".read i.right.c4").count() == 1
        colour = page.evaluate("getComputedStyle(document.querySelector('.read i.right')).backgroundColor")
        assert colour not in ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert serious(page) == []
    assert next(server, None) is None


def test_it_prints_dark_on_white(browser: Browser, report: Path) -> None:
    for page in opened(browser, 1280, "dark"):
        page.goto(report.as_uri())
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        ink = page.evaluate("getComputedStyle(document.querySelector('.clados text')).fill")
        assert ink == "rgb(31, 35, 40)"
