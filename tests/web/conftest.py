"""The site of the package's catalogue, a client that asks its server in this process, and a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from starlette.testclient import TestClient

from clados.catalog.load import Catalog
from clados.web.index import Index
from clados.web.server import application
from clados.web.site import Site
from tests.web.driving import CHROMIUM, FLAGS, LOCAL, opened, served

FEW = ("transformer", "bert", "gpt", "gpt-2", "t5", "roberta")


@pytest.fixture(scope="session")
def site() -> Site:
    return Site()


@pytest.fixture(scope="session")
def client(site: Site) -> TestClient:
    return TestClient(application(site), LOCAL)


@pytest.fixture(scope="session")
def few(site: Site) -> Site:
    """A site of a few models, whose pages are as all others but short."""
    small = Site(live=False)
    small.index = Index(Catalog(card for card in site.index.cards.values() if card.id in FEW))
    return small


@pytest.fixture(scope="session")
def address(site: Site) -> Iterator[str]:
    """Where the whole site is served."""
    yield from served(site)


@pytest.fixture(scope="session")
def short_address(few: Site) -> Iterator[str]:
    """Where the short one is."""
    yield from served(few)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)  # torch is brought in by the first page that computes
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window that fails the test on any error of a page, and on any request that leaves this machine."""
    yield from opened(browser, 1280, "light")
