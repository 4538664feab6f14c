"""The SVG layer: escaping, numbers, widths, boxes, files."""

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, strategies as st

from clados.drawing import palette, scale, svg
from clados.drawing.svg import Box

letters = st.text(st.characters(exclude_categories=("Cs", "Cc")))


@given(letters, letters)
def test_any_text_survives_as_content_and_as_attribute(content: str, attribute: str) -> None:
    parsed = ElementTree.fromstring(svg.element("a", svg.escape(content), data_x=attribute))
    assert (parsed.text or "") == content
    assert parsed.get("data-x") == attribute


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (-0.001, "0"), (1.5, "1.5"), (2.0, "2"), (100.0, "100"), (1.239, "1.24")]
)
def test_numbers_are_short_and_never_minus_zero(value: float, text: str) -> None:
    assert svg.coordinate(value) == text


def test_text_is_as_wide_as_its_letters() -> None:
    assert svg.text_width("WWW") > 2 * svg.text_width("iii")
    assert svg.text_width("BERT", 22) == pytest.approx(2 * svg.text_width("BERT", 11))
    assert svg.text_width("漢") == 11


def test_a_line_crosses_a_box_only_when_it_passes_through_its_inside() -> None:
    box = Box(10, 10, 20, 10)
    assert box.crossed_by((0, 15), (40, 15))
    assert box.crossed_by((12, 0), (28, 30))
    assert box.crossed_by((15, 12), (16, 13))
    assert not box.crossed_by((0, 10), (40, 10))
    assert not box.crossed_by((0, 15), (9, 15))
    assert not box.crossed_by((0, 0), (9, 40))


def test_boxes_that_share_an_edge_do_not_overlap() -> None:
    assert not Box(0, 0, 10, 10).overlaps(Box(10, 0, 10, 10))
    assert Box(0, 0, 10, 10).grown(1).overlaps(Box(10, 0, 10, 10))


@pytest.mark.parametrize("colour", ["#fff2cc", "#00ffff", "#ffd966", "#b6d7a8", "#d0d4d9"])
def test_the_line_of_a_pale_colour_shows_on_white_paper(colour: str) -> None:
    assert palette.contrast(palette.ink("x", {"x": colour}).line, "#ffffff") >= 3


def test_text_on_every_colour_of_the_survey_can_be_read() -> None:
    from clados.catalog.figures import recent_colours, survey_tree

    for colours in (survey_tree().colours, recent_colours()):
        for group in colours:
            colour = palette.ink(group, colours)
            text = "#ffffff" if colour.text == "on-dark" else "#1b1b1b"
            assert palette.contrast(colour.fill, text) >= 4.5, group


@pytest.mark.parametrize(
    ("text", "year"),
    [("2018", 2018.5), ("2018-01", 2018 + 0.5 / 12), ("2018-01-01", 2018.0), ("2020-12-31", 2020 + 365 / 366)],
)
def test_dates_become_decimal_years(text: str, year: float) -> None:
    assert scale.decimal_year(text) == pytest.approx(year)


@given(st.lists(st.floats(2017, 2024), min_size=1, max_size=40), st.booleans())
def test_the_axis_keeps_the_order_of_dates_and_its_ends(dates: list[float], even: bool) -> None:
    axis = scale.years(dates, 100, 1000, even=even)
    pixels = [axis(value) for value in sorted(dates)]
    assert pixels == sorted(pixels)
    assert all(100 - 1e-6 <= x <= 1000 + 1e-6 for x in pixels)


@pytest.mark.parametrize(
    ("value", "text"), [(109_482_240, "109M"), (1.5e9, "1.5B"), (1.6e12, "1.6T"), (999_600_000, "1B"), (512, "512")]
)
def test_counts_read_as_people_say_them(value: float, text: str) -> None:
    assert scale.count_label(value) == text
