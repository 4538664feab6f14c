"""Settings of all tests: Hypothesis without deadlines, since a busy machine is no fault of the code; a time limit."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("clados", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("clados")

BEGAN = time.monotonic()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seconds", type=float, help="start no test after so many seconds; the others are skipped")


def pytest_runtest_setup(item: pytest.Item) -> None:
    limit = item.config.getoption("--seconds")
    if limit is not None and time.monotonic() - BEGAN > limit:
        pytest.skip(f"{limit:g} seconds are over")


# What started the tests may ignore these (nohup, a shell's background job), and what they start would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def _own_cache() -> Iterator[None]:
    """Small models that others start from are kept apart from the user's."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CLADOS_CACHE"] = folder
        yield
        del os.environ["CLADOS_CACHE"]
