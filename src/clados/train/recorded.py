"""What a run was made from, compared with what it is to go on with: every difference by its name."""

from collections.abc import Mapping
from typing import Any

from clados import spec as s
from clados.checkpoints.errors import LayoutError
from clados.checkpoints.mapping.parsing import part
from clados.spec.core.part import part_differences

SPEC_FIELDS: dict[str, type[s.Model] | type[s.Stage]] = {"declaration": s.Model, "stage": s.Stage}
SHOWN_AT_MOST = 60  # characters of a value


def differences(was: Mapping[str, Any], now: Mapping[str, Any], prefix: str = "") -> list[str]:
    """One text for each value of ``now`` that was another; of declarations and stages, for each word in them."""
    found: list[str] = []
    for name, value in now.items():
        old = was.get(name)
        if isinstance(value, Mapping):
            found += differences(old if isinstance(old, Mapping) else {}, value, f"{prefix}{name}.")
        elif old != value:
            fields = _fields(name, old, value) if name in SPEC_FIELDS else [(name, old, value)]
            found += [f"its {prefix}{path} is {_shown(a)}, this run's is {_shown(b)}" for path, a, b in fields]
    return found


def _fields(name: str, old: Any, new: Any) -> list[tuple[str, Any, Any]]:
    try:
        parts = part(str(old), SPEC_FIELDS[name]), part(str(new), SPEC_FIELDS[name])
    except (LayoutError, s.SpecError):
        return [(name, old, new)]
    return [(f"{name}.{path}".rstrip("."), a, b) for path, a, b in part_differences(*parts)] or [(name, old, new)]


def _shown(value: Any) -> str:
    text = str(value) if str(value).isprintable() else repr(value)
    return text if len(text) <= SHOWN_AT_MOST else f"{text[:SHOWN_AT_MOST]}..."
