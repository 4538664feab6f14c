"""Quotes that are always literally in a source: a suffix automaton and the vocabulary walked together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_Bools = NDArray[np.bool_]
# Where a text stands: bytes of the opening mark before it (outside), or what it quotes, as a state of the automaton,
# and bytes of the closing mark behind that. Until the mark is whole both readings of its bytes go on.
_Outside = int
_Inside = tuple[int, int]
_Place = frozenset[_Outside | _Inside]


def suffix_automaton(text: bytes) -> list[dict[int, int]]:
    """The transitions of the smallest automaton of all substrings, from state 0 (Blumer et al. 1985)."""
    moves: list[dict[int, int]] = [{}]
    link, length, last = [-1], [0], 0
    for byte in text:
        moves.append({})
        link.append(0)
        length.append(length[last] + 1)
        now, at, last = len(moves) - 1, last, len(moves) - 1
        while at != -1 and byte not in moves[at]:
            moves[at][byte] = now
            at = link[at]
        if at == -1:
            continue
        there = moves[at][byte]
        if length[there] == length[at] + 1:
            link[now] = there
            continue
        moves.append(dict(moves[there]))
        link.append(link[there])
        length.append(length[at] + 1)
        copy = len(moves) - 1
        while at != -1 and moves[at].get(byte) == there:
            moves[at][byte] = copy
            at = link[at]
        link[there] = link[now] = copy
    return moves


@dataclass(slots=True)
class _Node:
    """A beginning of tokens: by the next byte, and the tokens that end here."""

    next: dict[int, "_Node"] = field(default_factory=dict)
    tokens: list[int] = field(default_factory=list)


class Quoting:
    """Which tokens may follow, so that what stands between the marks is a substring of the source, and not empty."""

    def __init__(
        self,
        source: bytes,
        opening: bytes,
        closing: bytes,
        tokens: Sequence[bytes | None],
        ends: Sequence[int],
        *,
        begun: bool = False,
    ) -> None:
        self.moves = suffix_automaton(source)
        self.start: _Place = frozenset([(0, 0) if begun else 0])
        self.opening, self.closing, self.tokens, self.ends = opening, closing, tokens, ends
        self.root = _Node()
        for number, token in enumerate(tokens):
            node = self.root
            for byte in token or b"":
                node = node.next.setdefault(byte, _Node())
            if token:
                node.tokens.append(number)
        self.known: dict[_Place, _Bools] = {}

    def allowed(self, ids: Sequence[int]) -> _Bools:
        """[vocabulary] of what may follow these ids."""
        place = self.start
        for number in ids:
            for byte in self.tokens[number] or b"":
                place = self.step(place, byte)
        if place not in self.known:
            self.known[place] = self._mask(place)
        return self.known[place]

    def step(self, place: _Place, byte: int) -> _Place:
        """Where a text stands after one byte more; empty where that may not be."""
        found: set[_Outside | _Inside] = set()
        for each in place:
            if not isinstance(each, tuple):
                matched = self._matched(each, byte)
                return frozenset([(0, 0) if matched == len(self.opening) else matched])
            state, marked = each
            if state and byte == self.closing[marked] and not self._within(state):
                if marked + 1 == len(self.closing):
                    return frozenset([0])
                found.add((state, marked + 1))
            if not marked and byte in self.moves[state] and (state or not _continues(byte)):
                found.add((self.moves[state][byte], 0))
        return frozenset(found)

    def _within(self, state: int) -> bool:
        """Whether a text of this state ends within a character."""
        return any(map(_continues, self.moves[state]))

    def _matched(self, before: int, byte: int) -> int:
        """Bytes of the opening mark that a text ends with."""
        text = self.opening[:before] + bytes([byte])
        return next(n for n in range(len(text), -1, -1) if text.endswith(self.opening[:n]))

    def _mask(self, place: _Place) -> _Bools:
        """Outside of a quote special tokens may follow, too; within none, and no end."""
        found = np.zeros(len(self.tokens), dtype=np.bool_)
        if any(not isinstance(each, tuple) for each in place):
            found[[number for number, token in enumerate(self.tokens) if not token]] = True
            found[[end for end in self.ends if end < len(found)]] = True
        for node in self._reached(self.root, place):
            found[node.tokens] = True
        return found

    def _reached(self, root: _Node, place: _Place) -> Iterator[_Node]:
        waiting = [(root, place)]
        while waiting:
            node, at = waiting.pop()
            yield node
            for byte, child in node.next.items():
                if then := self.step(at, byte):
                    waiting.append((child, then))


def _continues(byte: int) -> bool:
    """Whether a byte of UTF-8 is none that a character begins with."""
    return byte & 0xC0 == 0x80
