"""Pictures of what is computed: whole texts, which stand apart and inside their frames."""

import random
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from clados.drawing.curve import curves
from clados.drawing.svg import Box
from clados.html import Html
from clados.playground.writing import BeamNode
from clados.web.site import STATIC_FILES
from clados.web.views.pieces import squares
from clados.web.views.trees import beam_tree, text_map
from tests.web.driving import opened

pytestmark = pytest.mark.browser

TEXTS = (
    "The king rode his horse through the snow to a castle that nobody had seen for a hundred years.",
    "The king rode his horse.",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen",
    "国王骑着马穿过大雪来到一座一百年来没有人见过的城堡门前",
    *(f"Text number {number} of those that lie at one place" for number in range(12)),
)
BOXES = """texts => texts.map((each) => {
  const [box, frame] = [each.getBoundingClientRect(), each.ownerSVGElement.getBoundingClientRect()];
  return [[box.left, box.top, box.right, box.bottom], [frame.left, frame.top, frame.right, frame.bottom]];
})"""


def boxes_of(page: Page, picture: Html, folder: Path) -> list[list[list[float]]]:
    """The box of each text that is drawn, and that of the picture around it."""
    (folder / "page.html").write_text(f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{picture}", "utf-8")
    page.goto((folder / "page.html").as_uri())
    found: list[list[list[float]]] = page.eval_on_selector_all("svg text", BOXES)
    return found


STYLE = (STATIC_FILES / "page.css").read_text(encoding="utf-8")


def said(picture: Html, kind: str = "text") -> list[str]:
    """What its texts say, without the breaks of their lines."""
    inner = re.findall(rf"<{kind}\b[^>]*>(.*?)</{kind}>", picture, re.DOTALL)
    return [re.sub(r"<[^>]*>", "", each).replace(" ", "") for each in inner]


def assert_apart(boxes: Sequence[Sequence[Sequence[float]]], slack: float = 2) -> None:
    for i, (box, frame) in enumerate(boxes):
        assert frame[0] - slack <= box[0] <= box[2] <= frame[2] + slack, i
        assert frame[1] - slack <= box[1] <= box[3] <= frame[3] + slack, i
        for other, _ in boxes[:i]:
            across = min(box[2], other[2]) - max(box[0], other[0])
            assert across < slack or min(box[3], other[3]) - max(box[1], other[1]) < slack, (i, box, other)


def test_a_long_title_of_a_curve_stands_inside_its_picture(browser: Browser, tmp_path: Path) -> None:
    names = ("Loss", "Loss of whether the second segment follows the first one in the document")
    drawn = [curves({"a": [(0, 1), (1, 2)]}, name=name, x_name="", y_name="", width=360).svg for name in names]
    for page in opened(browser, 1280, "light"):
        boxes = [box for svg in drawn for box in boxes_of(page, Html(svg), tmp_path)]
        assert len(boxes) > 8
        assert all(frame[0] <= box[0] and box[2] <= frame[2] for box, frame in boxes)


def test_a_map_shows_whole_texts_apart_from_each_other(browser: Browser, tmp_path: Path) -> None:
    points = [(0.9, 0.2), (-0.9, -0.8), (0.1, 0.5), (-0.3, 0.9), *[(0.3, -0.4)] * 12]
    picture = text_map("Texts", TEXTS, points)
    assert said(picture) == [each.replace(" ", "") for each in TEXTS]
    for page in opened(browser, 1280, "light"):
        boxes = boxes_of(page, picture, tmp_path)
        assert len(boxes) == len(TEXTS)
        assert_apart(boxes)


LEADS = """paths => paths.map((each) => {
  const frame = each.ownerSVGElement.getBoundingClientRect(), top = each.ownerSVGElement.viewBox.baseVal.y;
  return [0, each.getTotalLength()].map((far) => each.getPointAtLength(far))
    .map((point) => [frame.left + point.x, frame.top + point.y - top]);
})"""


@pytest.mark.parametrize("seed", range(4))
def test_no_line_of_a_map_runs_through_a_text(browser: Browser, tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    centres = [(draw.uniform(-1, 1), draw.uniform(-1, 1)) for _ in range(1 + 2 * seed)]
    chosen = (draw.choice(centres) for _ in range(24))
    points = [(x + draw.gauss(0, 0.05), y + draw.gauss(0, 0.05)) for x, y in chosen]
    texts = [" ".join(draw.choices(TEXTS[0].split(), k=draw.randint(1, 12))) for _ in points]
    picture = text_map("Texts", texts, points)
    for page in opened(browser, 1280, "light"):
        boxes = [Box(a, b, c - a, d - b) for (a, b, c, d), _ in boxes_of(page, picture, tmp_path)]
        leads = page.eval_on_selector_all("svg path", LEADS)
        assert len(leads) > 3
        assert not [(box, lead) for lead in leads for box in boxes if box.grown(-1).crossed_by(*lead)]


@pytest.mark.parametrize("numbered", [True, False])
def test_squares_have_whole_names(browser: Browser, tmp_path: Path, *, numbered: bool) -> None:
    picture = squares("How alike", TEXTS, TEXTS, [[0.5] * len(TEXTS)] * len(TEXTS), numbered=numbered)
    heads = [str(i) for i, _ in enumerate(TEXTS, 1)]
    rows = [f"{i}.{each}" for i, each in enumerate(TEXTS, 1)] if numbered else TEXTS
    assert said(picture) == [each.replace(" ", "") for each in (*rows, *(heads if numbered else TEXTS))]
    for page in opened(browser, 1280, "light"):
        assert_apart(boxes_of(page, picture, tmp_path))


def test_beams_have_whole_tokens_in_their_boxes(browser: Browser, tmp_path: Path) -> None:
    tokens = ("▁The", "▁" + "=" * 64, "国王骑着马穿过大雪", "Donaudampfschifffahrtsgesellschaft")
    ends = {3: 0}
    nodes = [BeamNode(i - 1, token, 0.4, -1.0 * i, ends.get(i), best=i > 1) for i, token in enumerate(tokens)]
    picture = beam_tree("Beams", nodes)
    assert [each for each in said(picture) if "%" not in each and each != "1."] == [*tokens]
    for page in opened(browser, 1280, "light"):
        assert_apart(boxes_of(page, picture, tmp_path))
        inside = page.eval_on_selector_all(
            "svg g",
            """nodes => nodes.map((each) => {
              const [box, text] = ["rect", "text"].map((name) => each.querySelector(name).getBoundingClientRect());
              return box.left <= text.left && text.right <= box.right;
            })""",
        )
        assert inside == [True] * len(tokens)
