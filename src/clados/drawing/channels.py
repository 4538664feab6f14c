"""Tracks in a channel: lines along it get tracks so that none lies on another and few cross (left-edge algorithm).

Lines up and down never share a column within a channel, so a line may have any track that is free over its length
(Hashimoto and Stevens 1971); of these it takes the one with the fewest crossings.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from clados.drawing.columns import Corner

Point = tuple[float, float]

_PITCH = 4.0  # from track to track
_APART = 6.0  # least distance of two lines on a track, in pixels


@dataclass(frozen=True)
class ChannelLine:
    """A line along a channel from `left` to `right`, in pixels, and where it is joined from above and below."""

    net: str
    left: float
    right: float
    above: frozenset[float] = frozenset()
    below: frozenset[float] = frozenset()


def joined_up(lines: Iterable[ChannelLine]) -> list[ChannelLine]:
    """The lines, those of a net that touch put together; by their left ends."""
    found: list[ChannelLine] = []
    for line in sorted(lines, key=lambda line: (line.net, line.left, line.right)):
        last = found[-1] if found else None
        if last and last.net == line.net and line.left <= last.right:
            joined = last.above | line.above, last.below | line.below
            found[-1] = ChannelLine(line.net, last.left, max(last.right, line.right), *joined)
        else:
            found.append(line)
    return sorted(found, key=lambda line: (line.left, line.right, line.net))


def tracks(lines: Sequence[ChannelLine]) -> tuple[list[int], int]:
    """A track for each line that `joined_up` gives, from 0 at the top, and their number: as few as can be."""
    count = _most_at_once(lines)
    free_from = [float("-inf")] * count
    chosen: list[int] = []
    for line in lines:
        costs = [_crossings(line, track, lines, chosen) for track in range(count)]
        free = [track for track in range(count) if free_from[track] + _APART <= line.left]
        up, down = len(line.above), len(line.below)
        aim = 0 if up > down else count - 1 if down > up else count // 2
        track = min(free, key=lambda track: (costs[track], abs(track - aim)))
        chosen.append(track)
        free_from[track] = line.right
    return chosen, count


def _most_at_once(lines: Iterable[ChannelLine]) -> int:
    ends = sorted([(line.left, 1) for line in lines] + [(line.right + _APART, -1) for line in lines])
    open_ = most = 0
    for _, step in ends:
        open_ += step
        most = max(most, open_)
    return most


def _crossings(line: ChannelLine, track: int, lines: Sequence[ChannelLine], chosen: Sequence[int]) -> int:
    """How often the line, on this track, and those already placed cross each other."""
    found = 0
    for other, its_track in zip(lines, chosen, strict=False):
        if other.right > line.left and its_track != track:
            upper, lower = (line, other) if track < its_track else (other, line)
            found += sum(lower.left < x < lower.right for x in upper.below)
            found += sum(upper.left < x < upper.right for x in lower.above)
    return found


class Channels:
    """The tracks of all channels between rows of boxes, and with them the lines in pixels.

    Args:
        ways: the corners of each line, by its net and its end.
    """

    def __init__(self, ways: Mapping[tuple[str, str], Sequence[Corner]]) -> None:
        self._ways = ways
        self._counts: dict[int, int] = defaultdict(int)
        self._of: dict[tuple[int, str], list[tuple[ChannelLine, int]]] = defaultdict(list)
        for level, lines in _by_level(ways).items():
            together = joined_up(lines)
            chosen, self._counts[level] = tracks(together)
            for line, track in zip(together, chosen, strict=True):
                self._of[level, line.net].append((line, track))

    def height(self, channel: int) -> float:
        """What the lines in a channel take, in pixels, between the outermost two."""
        return max(self._counts[2 * channel] - 1, 0) * _PITCH

    def lines(self, middles: Sequence[float]) -> dict[tuple[str, str], list[Point]]:
        """The lines as points, when the middle of each level is at these pixels."""
        return {
            (net, end): [(corner.x, middles[corner.level] + self._offset(net, corner)) for corner in way]
            for (net, end), way in self._ways.items()
        }

    def _offset(self, net: str, corner: Corner) -> float:
        if corner.level % 2:
            return corner.lift
        track = next(track for line, track in self._of[corner.level, net] if line.left <= corner.x <= line.right)
        return (track - (self._counts[corner.level] - 1) / 2) * _PITCH


def _by_level(ways: Mapping[tuple[str, str], Sequence[Corner]]) -> dict[int, list[ChannelLine]]:
    """The lines along each channel, every straight piece of every way."""
    found: dict[int, list[ChannelLine]] = defaultdict(list)
    for (net, _), way in ways.items():
        for number, (start, end) in enumerate(pairwise(way)):
            if start.level != end.level or start.level % 2:
                continue
            above: set[float] = set()
            below: set[float] = set()
            for corner, other in ((start, way[number - 1]), (end, way[number + 2])):
                (above if other.level < corner.level else below).add(corner.x)
            left, right = sorted((start.x, end.x))
            found[start.level].append(ChannelLine(net, left, right, frozenset(above), frozenset(below)))
    return found
