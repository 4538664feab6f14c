"""Attention over an alignment and over the map of its pairs: along rows, columns, the sides of triangles."""

from functools import singledispatch
from typing import Literal

from clados.drawing.architecture.attention import heads_said
from clados.drawing.architecture.drawer import Here, Words, words
from clados.drawing.architecture.patterns import FULL, axial, column_means
from clados.drawing.layout.icons import Matrices
from clados.drawing.layout.parts import Icon
from clados.spec.core.part import Part
from clados.spec.folding.embedders import ExtraRows, Templates
from clados.spec.folding.evoformer import (
    Column as ColumnMixer,
    ColumnAttention,
    GlobalColumnAttention,
    RowAttention,
    TriangleAttention,
)
from clados.spec.folding.structure import PointAttention

TRIANGLES: tuple[tuple[str, Literal["row", "column"], str], ...] = (
    ("starting", "row", "(i, j) sees (i, k)"),
    ("ending", "column", "(i, j) sees (k, j)"),
)  # a side of the triangle, along which axis, who sees whom


@words.register
def _row(part: RowAttention, here: Here) -> Words:
    return Words("attention", "Row attention", (heads_said(here.given.dims), "sees its row", "biased, gated"))


@words.register
def _column(part: ColumnMixer, here: Here) -> Words:
    return Words("attention", "Column attention")


@words.register
def _column_attention(part: ColumnAttention, here: Here) -> Words:
    return Words("attention", "Column attention", (heads_said(here.given.dims), "sees its column", "gated"))


@words.register
def _global(part: GlobalColumnAttention, here: Here) -> Words:
    return Words(
        "attention", "Column attention", (heads_said(here.given.dims), "one query a column: the mean", "gated")
    )


@words.register
def _triangle(part: TriangleAttention, here: Here) -> Words:
    return Words("attention", "Triangle attention", (heads_said(here.given.dims), "biased by the third side"))


@singledispatch
def map_seen(part: Part) -> Icon | None:
    """Who sees whom in attention over a map; None for what is none."""
    return None


@map_seen.register
def _row_seen(part: RowAttention) -> Icon:
    return Matrices((axial("row"),), ("3 rows of 3 residues, each sees its row",))


@map_seen.register
def _column_seen(part: ColumnAttention) -> Icon:
    return Matrices((axial("column"),), ("3 rows of 3 residues, each sees its column",))


@map_seen.register
def _global_seen(part: GlobalColumnAttention) -> Icon:
    return Matrices((column_means(),), ("3 rows of 3 residues, a query for each column",))


@map_seen.register
def _triangles_seen(part: Templates) -> Icon:
    return Matrices((axial("row"), axial("column")), tuple(f"map of 3 × 3, {sees}" for _, _, sees in TRIANGLES))


@map_seen.register
def _extra_seen(part: ExtraRows) -> Icon:
    return Matrices((axial("row"), column_means()), ("3 rows, each sees itself", "a query for each column"))


@map_seen.register
def _points_seen(part: PointAttention) -> Icon:
    return Matrices((FULL,), ("sees all residues",))
