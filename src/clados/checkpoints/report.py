"""What loading found: every tensor accounted for."""

from collections.abc import Mapping, Sized
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Where each tensor came from, and what did not fit.

    Attributes:
        path: the directory or file that was read.
        model: the card and the class of theirs, such as ``bert as BertModel``.
        matched: our tensors that were filled.
        renamed: those kept under other names: ours, and theirs.
        missing: our tensors that the files lack.
        left_out: heads that the model is without, because the files hold none of their tensors.
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
        return f"whole: all {len(self.matched)} tensors found their place, and none is left over"

    def _of_a_head_left_out(self, name: str) -> bool:
        return any(name.startswith(f"heads.{slot}.") for slot in self.left_out)

    @property
    def refused(self) -> bool:
        """Whether there is no model to be had."""
        return self.verdict.startswith("refused")

    def __rich__(self) -> RenderableType:
        table = Table(title=f"{self.path} ({self.model})", title_justify="left", box=None, show_header=False)
        for name in ("matched", "renamed", "missing", "left_out", "unexpected", "wrong_shape"):
            each = list(getattr(self, name))
            table.add_row(name.replace("_", " "), str(len(each)), ", ".join(each[:3]) + (" ..." if each[3:] else ""))
        return Group(table, *self.notes, self.verdict)

    def __str__(self) -> str:
        console = Console(width=120, force_terminal=False, color_system=None)
        with console.capture() as captured:
            console.print(self)
        return captured.get().rstrip()


def by(shape: Shape) -> str:
    """``3x4``; a single number is ``()``."""
    return "x".join(map(str, shape)) or "()"


def more(each: Sized) -> str:
    """``, and 3 more`` after the first of several."""
    count = len(each) - 1
    return f", and {count} more" if count else ""
