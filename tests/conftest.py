"""Settings of all tests: Hypothesis without deadlines, since a busy machine is no fault of the code; a time limit."""

import gc
import os
import signal
import tempfile
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from clados.catalog.card import Card
from clados.models.declared import package_models

gc.disable()  # until all tests are collected

settings.register_profile("clados", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("clados")

OVER = "seconds are over"
began = pytest.StashKey[float]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seconds", type=float, help="start no test after so many seconds; the others are skipped")


def pytest_collection_finish(session: pytest.Session) -> None:
    session.config.stash[began] = time.monotonic()
    gc.freeze()  # thousands of tests and all modules stay to the end: nothing among them is looked for again
    gc.enable()


def is_rule(place: str) -> bool:
    """Whether a test is one of the rules of the whole repository, which run however late it is."""
    return place.startswith("tests/test_")


def pytest_runtest_setup(item: pytest.Item) -> None:
    limit = item.config.getoption("--seconds")
    if limit is not None and not is_rule(item.nodeid) and time.monotonic() - item.config.stash[began] > limit:
        pytest.skip(f"{limit:g} {OVER}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A session whose time was over before any test but the rules has shown nothing, and fails."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or session.config.getoption("--seconds") is None:
        return
    late = [each for each in reporter.stats.get("skipped", []) if OVER in str(each.longrepr)]
    ran = [*reporter.stats.get("passed", []), *reporter.stats.get("xfailed", [])]
    if late and not any(not is_rule(each.nodeid) for each in ran):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


# What started the tests may ignore these (nohup, a shell's background job), and what they start would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def undeclared(monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a card whose declaration is put out of sight: all of the package's have one."""
    usual: property = Card.__dict__["runnable"]
    hidden, models = "dall-e-2", dict(package_models())
    del models[hidden]
    monkeypatch.setattr("clados.models.declared.package_models", lambda: models)
    monkeypatch.setattr(Card, "runnable", property(lambda card: card.id != hidden and usual.__get__(card)))
    return hidden


@pytest.fixture(scope="session", autouse=True)
def _own_cache() -> Iterator[None]:
    """Small models that others start from are kept apart from the user's."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CLADOS_CACHE"] = folder
        yield
        del os.environ["CLADOS_CACHE"]
