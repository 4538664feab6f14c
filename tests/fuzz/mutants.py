"""Seeded damage to JSON values, text and bytes: each function gives one mutant of what it is given."""

import json
import math
import random
from collections.abc import Callable
from typing import Any

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 7, 2**31, 2**62, 2**63, 2**64, 10**30, 0.5, -0.0, 1e308, math.nan, math.inf,
    "", "x", "relu", "../x", "/", "\x00", "é" * 40, "9" * 5000, [], [[]], [1, "a", None], {}, {"a": {"b": 1}},
    [0] * 300,
)  # fmt: skip
DEEP = 100_000  # levels of nesting, far beyond what a reader that calls itself can go
INTEGERS = (0, 1, 0x7F, 0xFF, 2**16, 2**31 - 1, 2**32 - 1, 2**40, 2**60, 2**63 - 1, 2**63, 2**64 - 1)


def nested(levels: int) -> Any:
    """Lists in lists."""
    found: Any = []
    for _ in range(levels):
        found = [found]
    return found


def json_mutant(value: Any, draw: random.Random) -> Any:
    """A JSON value with one to three places changed: other values, keys, orders, numbers near and far."""
    found = json.loads(json.dumps(value))
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        found = _changed(found, draw)
    return found


def _changed(value: Any, draw: random.Random) -> Any:
    places = list(_places(value))
    if not places:
        return _other(value, draw)
    holder, key = draw.choice(places)
    match draw.randrange(10):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[draw.choice((f"{key}_", str(key)[:-1], str(key).upper(), "x" * 300))] = holder.pop(key)
        case 2:
            other, place = draw.choice(places)
            holder[key] = other[place] if place in _keys(other) else None
        case 3 if isinstance(holder, list):
            holder.extend([holder[key]] * draw.choice((1, 50)))
        case 4:
            holder[key] = nested(60)
        case _:
            holder[key] = _other(holder[key], draw)
    # cut what has become part of itself
    return json.loads(json.dumps(value, default=str)) if not _is_round(value) else None


def _other(value: Any, draw: random.Random) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or draw.random() < 0.4:
        return draw.choice(VALUES)
    if isinstance(value, str):
        return draw.choice((value[: len(value) // 2], value * 3, f" {value}", value.upper(), f"{value}\n", [value]))
    return draw.choice((value + 1, value - 1, -value, value * 1000, value * 2, value / 3, str(value), [value], 2**62))


def _keys(holder: Any) -> Any:
    return holder if isinstance(holder, dict) else range(len(holder))


def _places(value: Any) -> Any:
    """Each (holder, key) below a value."""
    if isinstance(value, dict | list):
        for key in list(_keys(value)):
            yield value, key
            yield from _places(value[key])


def _is_round(value: Any, above: tuple[int, ...] = ()) -> bool:
    """Whether a value holds itself."""
    if not isinstance(value, dict | list):
        return False
    below = value.values() if isinstance(value, dict) else value
    return id(value) in above or any(_is_round(each, (*above, id(value))) for each in below)


def json_bytes(data: bytes, draw: random.Random) -> bytes:
    """A JSON file with one value changed, or with damage to its text."""
    if draw.random() < 0.8:
        return json.dumps(json_mutant(json.loads(data), draw)).encode()
    return text_mutant(data, draw)


def text_mutant(data: bytes, draw: random.Random) -> bytes:
    """A text file that is cut, nested too deep, no UTF-8, of another encoding, or has lines moved and doubled."""
    lines = data.splitlines(keepends=True) or [b""]
    line = draw.randrange(len(lines))
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: data[: draw.randrange(len(data) + 1)],
        lambda: b"[" * DEEP,
        lambda: b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        lambda: b"",
        lambda: b"\xff\xfe" + data,
        lambda: b"\xef\xbb\xbf" + data,
        lambda: data.decode("utf-8", "replace").encode("utf-16"),
        lambda: data.replace(b"\n", b"\r\n"),
        lambda: b"".join([*lines[:line], *lines[line + 1 :]]),
        lambda: b"".join([*lines[:line], lines[line], *lines[line:]]),
        lambda: b"".join(draw.sample(lines, len(lines))),
        lambda: data + b"\x00",
        lambda: bytes_mutant(data, draw),
    )
    return draw.choice(ways)()


def bytes_mutant(data: bytes, draw: random.Random) -> bytes:
    """Bytes of which some are flipped, cut, put in, zeroed, moved, or written over with a telling integer."""
    found = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 4))):
        at = draw.randrange(len(found)) if found else 0
        if draw.random() < 0.6:  # where lengths and names stand
            at = draw.randrange(min(len(found), 2000)) if found else 0
        length = draw.choice((1, 2, 8, 64))
        match draw.randrange(7):
            case 0:
                found[at : at + 1] = bytes([draw.randrange(256)])
            case 1:
                del found[at:]
            case 2:
                del found[at : at + length]
            case 3:
                found[at:at] = draw.randbytes(length)
            case 4:
                found[at : at + length] = bytes(len(found[at : at + length]))
            case 5:
                found[at:at] = found[: draw.randrange(len(found) + 1)][:length]
            case _:
                width = draw.choice((4, 8))
                number = draw.choice(INTEGERS) % 2 ** (8 * width)
                found[at : at + width] = number.to_bytes(width, "little")
    return bytes(found)


def safetensors_mutant(data: bytes, draw: random.Random) -> bytes:
    """A safetensors file whose header says something else, or with damaged bytes."""
    if draw.random() < 0.4:
        return bytes_mutant(data, draw)
    length = int.from_bytes(data[:8], "little")
    header = json_bytes(data[8 : 8 + length], draw)
    said = draw.choice((len(header), len(header), len(header), *INTEGERS)) % 2**64
    return said.to_bytes(8, "little") + header + data[8 + length :]
