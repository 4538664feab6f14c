"""Columns for lines between boxes: where there is room for one, and what it would cross."""

from clados.drawing.columns import COLUMN, Columns


def columns() -> Columns:
    """Two rows: a box over columns 10 to 20 in the first, none in the second."""
    return Columns(0, 40 * COLUMN, [[(10 * COLUMN, 20 * COLUMN)], []])


def test_a_line_goes_around_a_box_and_keeps_off_its_border() -> None:
    assert columns().nearest(1, "a", 15, 0, 40) == [9, 21]
    assert columns().nearest(3, "a", 15, 0, 40) == [15]
    assert columns().nearest(1, "a", 15, 10, 20) == []


def test_lines_of_two_nets_keep_two_steps_apart_then_one_and_share_a_column_only_if_they_may() -> None:
    ways = columns()
    ways.run_down("a", 30, 2, 4)
    assert ways.nearest(3, "b", 30, 0, 40) == [28, 32]
    assert ways.nearest(3, "b", 30, 29, 31) == [29, 31]
    assert ways.nearest(3, "b", 30, 30, 30) == []
    assert ways.nearest(3, "b", 30, 30, 30, share=True) == [30]
    assert ways.nearest(3, "a", 30, 0, 40) == [30]


def test_a_line_that_ends_in_a_channel_is_in_the_way_of_both_rows_beside_it() -> None:
    ways = columns()
    ways.run_down("a", 30, 2, 2)
    assert ways.nearest(1, "b", 30, 0, 40) == ways.nearest(3, "b", 30, 0, 40) == [28, 32]
    assert ways.nearest(4, "b", 30, 0, 40) == [30]


def test_lines_that_are_crossed_are_counted() -> None:
    ways = columns()
    ways.run_down("a", 30, 2, 4)
    ways.run_down("b", 34, 2, 2)
    assert [ways.crossed(2, *ends) for ends in ((25, 40), (40, 25), (30, 34), (32, 32))] == [2, 2, 0, 0]
    ways.run_along(2, 5, 8)
    assert ways.lines[2][4:10] == [0, 1, 1, 1, 1, 0]
