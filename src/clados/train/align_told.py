"""The plan of a walk as it is told: what is trained first, and sequences as long as they are read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from clados import spec as s
from clados.checkpoints.load import saved_model
from clados.checkpoints.save import positions
from clados.files import holds_model
from clados.objectives import task
from clados.small import model_folder
from clados.train.choices import Choices
from clados.train.planned import first_run
from clados.train.pretrain import folder_before
from clados.train.scaled import scaled_length


class Decided(Protocol):
    """A stage of a walk: what it learns, from where, and in what it is not the paper's."""

    @property
    def stage(self) -> s.Tuning: ...
    @property
    def learned(self) -> s.Objective: ...
    @property
    def start(self) -> str: ...
    @property
    def differs(self) -> tuple[str, ...]: ...
    @property
    def lengths(self) -> tuple[str, ...]: ...


def trained_first(choices: Choices, out: Path) -> bool:
    """Whether what a stage starts from, or its teacher, is neither named, nor comes along, nor is kept.

    Args:
        choices: of the stage's run; out: its folder.
    """
    before = first_run(choices)
    return before is not None and not holds_model(folder_before(choices, before, out))


def told_differs(one: Decided, plan: Sequence[Decided], length: int | None) -> tuple[str, ...]:
    """In what a stage is not the paper's, its sequences as long as what it starts from has positions for.

    Args:
        plan: of the walk; length: of sequences, where it was chosen.
    """
    usual, most = scaled_length(one.stage, task(one.learned)), _positions(one, plan)
    if length is not None or most is None or most >= usual:
        return one.differs
    published = f", published {one.stage.length:,}" if one.stage.length else ""
    line = f"length {most:,}{published}, as its start has positions for no more"
    at = one.differs.index(one.lengths[0]) if one.lengths else len(one.differs)
    return (*one.differs[:at], line, *one.differs[at + len(one.lengths) :])


def _positions(one: Decided, plan: Sequence[Decided]) -> int | None:
    """The positions of the model that the first of a stage's chain starts from; None for any number, or none yet."""
    before = {each.stage.name: each for each in plan}
    while one.start in before:
        one = before[one.start]
    folder = model_folder(one.start)
    return positions(saved_model(folder)) if one.start != one.stage.start and holds_model(folder) else None
