"""What loading found: every tensor accounted for."""

from collections.abc import Mapping, Sized
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from clados.tables import Page, Shown, TextTable

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Report(Shown):
    """Where each tensor came from, and what did not fit.

    Attributes:
        path: the directory or file that was read.
        model: the card and the class of theirs, such as ``bert as BertModel``.
        matched: our tensors that were filled.
        renamed: those kept under other names: ours, and theirs.
        missing: our tensors that the files lack.
        left_out: heads that the model is without, because the files hold none of their tensors.
        unused: tensors of theirs that belong to heads or parts which the model is without.
        unexpected: tensors of theirs that nothing takes.
        wrong_shape: theirs: the shape in the files, and the one that the config asks for.
        notes: what else is to be known.
    """

    path: Path
    model: str
    matched: tuple[str, ...] = ()
    renamed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    wrong_shape: Mapping[str, tuple[Shape, Shape]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """``whole: ...``, ``partial: ...`` (a head is left out) or ``refused: ...``, in one sentence."""
        if self.wrong_shape:
            name, (there, asked) = next(iter(self.wrong_shape.items()))
            return f"refused: '{name}' is {by(there)}, and its config asks for {by(asked)}{more(self.wrong_shape)}"
        if self.unexpected:
            return f"refused: nothing takes '{self.unexpected[0]}'{more(self.unexpected)}"
        if lost := [name for name in self.missing if not self._of_a_head_left_out(name)]:
            return f"refused: '{lost[0]}' is in none of the files{more(lost)}"
        if self.left_out:
            return f"partial: the files lack the tensors of {', '.join(self.left_out)}, so the model is without it"
        rest = f"; {len(self.unused)} more are of other heads or parts" if self.unused else ", and none is left over"
        return f"whole: all {len(self.matched)} tensors found their place{rest}"

    def _of_a_head_left_out(self, name: str) -> bool:
        return any(name.startswith(f"heads.{slot}.") for slot in self.left_out)

    @property
    def refused(self) -> bool:
        """Whether there is no model to be had."""
        return self.verdict.startswith("refused")

    @property
    def tensors(self) -> dict[str, list[str]]:
        """For each of the fields above that are about tensors, their names."""
        about = (each.name for each in fields(self) if each.name not in ("path", "model", "notes"))
        return {name: [*getattr(self, name)] for name in about}

    def as_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        plain = {name: _plain(getattr(self, name)) for name in self.tensors}
        return {"path": str(self.path), "model": self.model, "verdict": self.verdict, **plain, "notes": [*self.notes]}

    def page(self) -> Page:
        """How many tensors there are of each kind, the first of them, the notes, the verdict."""
        heads = ("tensors", "number", "such as")
        kinds = self.tensors.items()
        rows = [[kind.replace("_", " "), str(len(names)), ", ".join(names[:3])] for kind, names in kinds]
        return Page(
            [f"{self.path} ({self.model})", TextTable(heads, rows, right=("number",)), [*self.notes, self.verdict]]
        )

    def __str__(self) -> str:
        return str(self.page())


def _plain(names: Any) -> Any:
    return {name: [*each] for name, each in names.items()} if isinstance(names, Mapping) else [*names]


def by(shape: Shape) -> str:
    """``3x4``; a single number is ``()``."""
    return "x".join(map(str, shape)) or "()"


def more(each: Sized) -> str:
    """``, and 3 more`` after the first of several."""
    count = len(each) - 1
    return f", and {count} more" if count else ""
