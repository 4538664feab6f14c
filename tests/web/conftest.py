"""The site of the package's catalogue, and a client that asks its server in this process."""

import pytest
from starlette.testclient import TestClient

from clados.web.server import application
from clados.web.site import Site


@pytest.fixture(scope="session")
def site() -> Site:
    return Site()


@pytest.fixture(scope="session")
def client(site: Site) -> TestClient:
    return TestClient(application(site))
