"""The ledger: every tensor of a model and what is counted of it, in plain Python."""

import math
from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Kernel, Named, Projection, Several, Statistic, Table, Tensors, Weight
from clados.tables import Illustrated, Page, TextTable as Figures


@dataclass(frozen=True, slots=True)
class Row:
    """One tensor: its name in the module, its shape, the part that owns it and what that part was told."""

    path: str
    shape: tuple[int, ...]
    piece: Tensors
    part: Part
    env: Env

    @property
    def count(self) -> int:
        """Numbers in the tensor."""
        return math.prod(self.shape)

    @property
    def embedding(self) -> bool:
        """Whether it is a table of tokens, types or positions (what "non-embedding" leaves out)."""
        return isinstance(self.piece, Table) or (isinstance(self.piece, Projection) and self.piece.vocabulary)

    @property
    def is_bias(self) -> bool:
        """Whether it is added, not multiplied."""
        return self.path.endswith("bias")

    @property
    def start(self) -> float | None:
        """Its value before training, where no law draws it: what its part says, of gains 1, of biases 0."""
        piece = self.piece
        if isinstance(piece, Weight) and piece.start is not None:
            return piece.start
        if self.is_bias:
            return 0.0
        return 1.0 if isinstance(piece, Weight) and not piece.fan_in else None

    @property
    def outs(self) -> tuple[tuple[str, int], ...]:
        """The outputs that a fused product computes, with their sizes along the first axis."""
        if isinstance(self.piece, Projection):
            return tuple(self.piece.outs.items())
        return (("out", self.shape[0] if self.shape else 1),)


def rows(part: Part, env: Env | None = None, path: str = "") -> Iterator[Row]:
    """Every parameter of a part, named as in its module, in the order in which they are said."""
    return (row for row in saved_rows(part, env, path) if not isinstance(row.piece, Statistic))


def rows_of(part: Part, env: Env | None, names: Container[str]) -> Iterator[Row]:
    """The parameters of some of a part's pieces, by their names."""
    for name, piece in part.pieces(env).items():  # type: ignore[arg-type]
        if name in names:
            yield from (row for row in _rows(part, env, piece, name) if not isinstance(row.piece, Statistic))


def saved_rows(part: Part, env: Env | None = None, path: str = "") -> Iterator[Row]:
    """Every tensor of a part that is saved: its parameters, and statistics that are none."""
    for name, piece in part.pieces(env).items():  # type: ignore[arg-type]
        yield from _rows(part, env, piece, f"{path}.{name}".lstrip("."))


def _rows(part: Part, env: Env | None, piece: object, path: str) -> Iterator[Row]:
    match piece:
        case Held():
            yield from saved_rows(piece.part, piece.env, path)
        case Several():
            kinds: dict[tuple[int, int], list[Row]] = {}  # layers of one kind have the same tensors
            for i, held in enumerate(piece.held):
                kind = id(held.part), id(held.env)
                if kind not in kinds:
                    kinds[kind] = [*saved_rows(held.part, held.env)]
                for row in kinds[kind]:
                    yield Row(f"{path}.{i}.{row.path}", row.shape, row.piece, row.part, row.env)
        case Named():
            for name, held in piece.held.items():
                yield from saved_rows(held.part, held.env, f"{path}.{name}")
        case Projection():
            yield Row(f"{path}.weight", (piece.n_out, piece.n_in), piece, part, env)  # type: ignore[arg-type]
            if piece.bias:
                yield Row(f"{path}.bias", (piece.n_out,), piece, part, env)  # type: ignore[arg-type]
        case Kernel():
            shape = (piece.n_out, piece.n_in, piece.side, piece.side)
            yield Row(f"{path}.weight", shape, piece, part, env)  # type: ignore[arg-type]
            if piece.bias:
                yield Row(f"{path}.bias", (piece.n_out,), piece, part, env)  # type: ignore[arg-type]
        case Table():
            yield Row(f"{path}.weight", (piece.rows, piece.columns), piece, part, env)  # type: ignore[arg-type]
        case Weight() | Statistic():
            yield Row(path, piece.shape, piece, part, env)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Count(Illustrated):
    """Parameters: all of them, those outside the embedding tables, and those that one token meets.

    ``of`` is what was counted, where that was all of it; ``name`` what that is called.
    """

    total: int
    non_embedding: int
    active: int
    of: Part | None = field(default=None, compare=False, repr=False)
    name: str = field(default="", compare=False, repr=False)

    def page(self) -> Page:
        """A line a figure."""
        rows = (("total", self.total), ("non-embedding", self.non_embedding), ("active", self.active))
        cells = [(name, f"{number:,}") for name, number in rows]
        return Page([Figures(("", "parameters"), cells, right=("parameters",))])


BASES = ("model", "body", "body+pooler")


def on_basis(path: str, basis: str) -> bool:
    """Whether a tensor is counted on a basis: ``model`` (all), ``body`` (no heads), ``body+pooler``."""
    head = path.split("heads.")[1].split(".")[0] if "heads." in path else ""
    return not head or basis == "model" or (basis == "body+pooler" and head == "pooler")


def count_parameters(model: Part, basis: str = "model") -> Count:
    """The parameters of a model on a basis, to the unit; tied tensors once.

    Experts are active by the share that a token is sent to; everything else is active whole.
    """
    kept = [(row, row.count) for row in rows(model) if on_basis(row.path, basis)]
    return Count(
        total=sum(count for _, count in kept),
        non_embedding=sum(count for row, count in kept if not row.embedding),
        active=sum(round(count * _share(row)) for row, count in kept),
        of=model if basis == "model" else None,
    )


def _share(row: Row) -> float:
    return row.piece.uses if isinstance(row.piece, Weight) else 1.0
