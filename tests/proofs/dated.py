"""What is tried of a long list on a day: a share of it, so that some days after one another try all."""

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime


def today() -> date:
    """The day that DAY names (2026-11-28), so that another day's models can be proved; or else the present one."""
    return date.fromisoformat(os.environ.get("DAY") or str(datetime.now(UTC).date()))


def share(names: Sequence[str], days: int, day: date) -> list[str]:
    """One name in so many; that many days after one another have them all, and each time another comes first."""
    rounds, turn = divmod(day.toordinal(), days)
    chosen = [*names[turn::days]]
    first = rounds % len(chosen) if chosen else 0
    return chosen[first:] + chosen[:first]
