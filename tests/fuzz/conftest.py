"""How many mutants each row gets: as many for every reader, in all as many as are asked for."""

import pytest

from tests.fuzz.harness import MUTANTS


@pytest.fixture
def mutants(request: pytest.FixtureRequest) -> int:
    rows = sum(item.get_closest_marker("fuzz") is not None for item in request.session.items)
    return -(-MUTANTS // rows)
