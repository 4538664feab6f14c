"""Tracks in a channel: as few as the lines need, none on another, and lines that meet put together."""

import itertools

from hypothesis import given, strategies as st

from clados.drawing.channels import ChannelLine, Channels, joined_up, tracks
from clados.drawing.columns import Corner, straightened

ENDS = st.tuples(st.integers(0, 60), st.integers(0, 60)).filter(lambda ends: ends[0] != ends[1])
LINES = st.lists(
    st.tuples(st.sampled_from("abcde"), ENDS).map(
        lambda each: ChannelLine(each[0], float(min(each[1])), float(max(each[1])))
    )
)


@given(LINES)
def test_lines_on_a_track_lie_apart_and_no_track_is_wasted(lines: list[ChannelLine]) -> None:
    together = joined_up(lines)
    chosen, count = tracks(together)
    for (one, its_track), (other, track) in itertools.combinations(zip(together, chosen, strict=True), 2):
        assert track != its_track or one.right + 6 <= other.left
    most = max((sum(each.left < x + 6 and x <= each.right + 6 for each in together) for x in range(61)), default=0)
    assert count <= most
    assert set(chosen) <= set(range(count))


@given(LINES)
def test_what_touches_of_a_net_is_one_line(lines: list[ChannelLine]) -> None:
    together = joined_up(lines)
    for one, other in itertools.combinations(together, 2):
        assert one.net != other.net or one.right < other.left
    assert all(
        any(each.net == r.net and each.left <= r.left and r.right <= each.right for each in together) for r in lines
    )


def test_a_line_takes_the_track_on_which_it_crosses_least() -> None:
    deep = ChannelLine("a", 0, 30, above=frozenset({0.0, 30.0}))
    inner = ChannelLine("b", 10, 20, below=frozenset({10.0, 20.0}))
    assert tracks([deep, inner]) == ([0, 1], 2)
    assert tracks([ChannelLine("a", 0, 30, below=deep.above), ChannelLine("b", 10, 20, above=inner.below)]) == (
        [1, 0],
        2,
    )


def test_lines_of_a_channel_stand_around_its_middle() -> None:
    down = [Corner(0, 1), Corner(0, 2), Corner(30, 2), Corner(30, 3)]
    other = [Corner(-6, 1), Corner(-6, 2), Corner(24, 2), Corner(24, 3)]
    channels = Channels({("a", "x"): down, ("b", "y"): other})
    assert [channels.height(channel) for channel in range(3)] == [0, 4, 0]
    lines = channels.lines([0, 10, 20, 30, 40])
    assert {y for line in lines.values() for _, y in line} == {10, 18, 22, 30}


def test_corners_on_a_straight_stretch_are_left_out() -> None:
    line = [Corner(0, 1), Corner(6, 1), Corner(6, 1), Corner(6, 2), Corner(6, 4), Corner(12, 4)]
    assert straightened(line) == [Corner(0, 1), Corner(6, 1), Corner(6, 4), Corner(12, 4)]
    assert straightened([Corner(0, 1), Corner(6, 1, 3.5)]) == [Corner(0, 1), Corner(6, 1, 3.5)]
