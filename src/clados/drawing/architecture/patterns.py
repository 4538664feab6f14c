"""Who sees whom, as a small matrix: queries go down, keys across."""

from functools import singledispatch
from typing import Literal

from clados.drawing.layout.icons import MatrixCells
from clados.spec.attention.block_sparse import BlockSparse
from clados.spec.attention.grid import GridColumn, GridKernel, GridPattern, GridRow
from clados.spec.attention.masks import Banded, Causal, Pattern, Sees, WithoutValues
from clados.spec.attention.windows import GlobalWindows, ShiftedWindows, WindowAttention
from clados.spec.stacks.prefix import Prefix

MATRIX = 10  # positions of a matrix
_READ, _TEXT, _ACROSS = 4, 1, 3  # of these: read by a prefix; text before a grid; places of its rows


@singledispatch
def visible(sees: Sees, query: int, key: int) -> bool:
    """Whether a position of a stack sees another."""
    return True


@visible.register
def _causal(sees: Causal, query: int, key: int) -> bool:
    return key <= query


@visible.register
def _prefix(sees: Prefix, query: int, key: int) -> bool:
    return key <= query or max(key, query) < _READ


@singledispatch
def pattern_keeps(pattern: Pattern, query: int, key: int) -> float:
    """How much of what is visible a layer's pattern keeps, 0 to 1."""
    return 1.0


@pattern_keeps.register
def _banded(pattern: Banded, query: int, key: int) -> float:
    return float(query - key < 3)


@pattern_keeps.register
def _without_values(pattern: WithoutValues, query: int, key: int) -> float:
    return float(key % 4 != 3)


@pattern_keeps.register
def _block_sparse(pattern: BlockSparse, query: int, key: int) -> float:
    last = MATRIX - 1  # each place of the matrix is a block
    if query in (0, last) or key in (0, last) or abs(query - key) <= pattern.window // 2:
        return 1.0
    return 0.55 if pattern.random and key in {(query * 3 + 5) % last, (query * 7 + 2) % last} else 0.0


@pattern_keeps.register
def _grid(pattern: GridPattern, query: int, key: int) -> float:
    if query < _TEXT or key < _TEXT:
        return 1.0
    one, other = query - _TEXT, key - _TEXT
    return float(_sees_place(pattern, divmod(one, _ACROSS), divmod(other, _ACROSS), one - other))


@singledispatch
def _sees_place(pattern: GridPattern, one: tuple[int, int], other: tuple[int, int], distance: int) -> bool:
    return True


@_sees_place.register
def _row(pattern: GridRow, one: tuple[int, int], other: tuple[int, int], distance: int) -> bool:
    return 0 <= distance <= _ACROSS


@_sees_place.register
def _column(pattern: GridColumn, one: tuple[int, int], other: tuple[int, int], distance: int) -> bool:
    return one[1] == other[1]


@_sees_place.register
def _kernel(pattern: GridKernel, one: tuple[int, int], other: tuple[int, int], distance: int) -> bool:
    return abs(one[1] - other[1]) <= 1 and abs(one[0] - other[0]) <= 1


def matrix(sees: Sees, pattern: Pattern | None, *, falling: bool = False, memory: int = 0) -> MatrixCells:
    """Who sees whom; ``falling``: the less, the further off; ``memory`` places of an earlier text come first."""
    return tuple(
        (*(memory * (0.55,)), *(_strength(sees, pattern, i, j, falling=falling) for j in range(MATRIX)))
        for i in range(MATRIX)
    )


def _strength(sees: Sees, pattern: Pattern | None, query: int, key: int, *, falling: bool) -> float:
    if not visible(sees, query, key):
        return 0.0
    strength = 1.0 if pattern is None else pattern_keeps(pattern, query, key)
    return round(strength * max(0.15, 1 - abs(query - key) / 7), 2) if falling else strength


def ordered_matrix(order: tuple[int, ...], memory: int) -> MatrixCells:
    """Each sees itself and what comes before it in an order; a memory is seen by all."""
    rank = [order.index(i) for i in range(len(order))]
    return tuple((*(memory * (0.55,)), *(float(one <= rank[i]) for one in rank)) for i in range(len(order)))


_SIDE = 3  # rows and columns of a map whose places see each other


def axial(axis: Literal["row", "column"]) -> MatrixCells:
    """Places of a map, row after row: each sees those of its row, or of its column."""
    same = [i // _SIDE if axis == "row" else i % _SIDE for i in range(_SIDE**2)]
    return tuple(tuple(float(one == other) for other in same) for one in same)


def column_means() -> MatrixCells:
    """One query a column of a map, the mean of those of its places, which it sees."""
    return axial("column")[:_SIDE]


FULL: MatrixCells = tuple(MATRIX * (1.0,) for _ in range(MATRIX))


def windows_said(attention: WindowAttention) -> str:
    """Windows of a map in a word or two."""
    return {ShiftedWindows: "Shifted windows", GlobalWindows: "Global queries"}.get(type(attention), "Windows")


@singledispatch
def windows(attention: WindowAttention) -> MatrixCells:
    """Places of a map, and which windows they stand in."""
    return _blocks(0)


@windows.register
def _shifted(attention: ShiftedWindows) -> MatrixCells:
    return _blocks(2)


@windows.register
def _asked(attention: GlobalWindows) -> MatrixCells:
    return _blocks(0)


def _blocks(shift: int) -> MatrixCells:
    """Windows of 4 places in a row, moved by ``shift``."""
    return tuple(tuple(float((i + shift) // 4 == (j + shift) // 4) for j in range(MATRIX)) for i in range(MATRIX))


@singledispatch
def sees_said(sees: Sees) -> str:
    """What a stack's positions see, in words."""
    return "sees all"


@sees_said.register
def _causal_said(sees: Causal) -> str:
    return "sees what came before"


@sees_said.register
def _prefix_said(sees: Prefix) -> str:
    return "reads both ways, writes after"


@singledispatch
def pattern_said(pattern: Pattern) -> str:
    """What a pattern keeps, in words."""
    return "a part of what is seen"


@pattern_said.register
def _banded_said(pattern: Banded) -> str:
    return f"the last {pattern.span:,}"


@pattern_said.register
def _block_said(pattern: BlockSparse) -> str:
    found = f"blocks of {pattern.block}: {pattern.window} near, {pattern.random} random"
    return f"{found}, {pattern.extra} global" if pattern.extra else f"{found}, first and last global"


@pattern_said.register
def _without_said(pattern: WithoutValues) -> str:
    return "no returns to go"


@pattern_said.register
def _row_said(pattern: GridRow) -> str:
    return "row"


@pattern_said.register
def _column_said(pattern: GridColumn) -> str:
    return "column"


@pattern_said.register
def _kernel_said(pattern: GridKernel) -> str:
    return f"kernel of {pattern.side}"
