"""The teacher of a student: a saved model, named by its directory."""

from pathlib import Path

import torch

from clados import spec as s
from clados.checkpoints import from_pretrained
from clados.data.examples import DataError
from clados.data.tokenizer import Tokenizer
from clados.errors import InputError
from clados.models.declared import declared
from clados.names import TOKEN_ROLES
from clados.objectives import Task
from clados.train.fitting import Facts, FitContext, fit_model
from clados.train.start import Start, checksum_of


def teacher_of(task: Task[s.Objective, object], folder: str | None, pupil: s.Model) -> Start | None:
    """The teacher that an objective asks for, from the directory that is named; None for an objective without one.

    Args:
        pupil: the declared student.

    Raises:
        InputError: a directory is named where none is needed; its model cannot teach the student.
        DataError: there is no tokenizer beside its weights.
        CheckpointError: for files that are absent or damaged.
    """
    if not task.teacher:
        if folder is not None:
            raise InputError(f"teacher is {folder}; {type(task.objective).__name__} learns without one")
        return None
    assert folder is not None, "where nobody names a teacher one is planned"
    module = from_pretrained(folder, dtype=torch.float32)
    found = Start(Path(folder), module.spec, module, module.tokenizer, Facts(), 0, checksum_of(module))
    check_teacher(task, found, pupil)
    return found


def check_teacher(task: Task[s.Objective, object], teacher: Start, pupil: s.Model) -> None:
    """Refuse a model that cannot teach the student.

    Raises:
        InputError: for such a one.
        DataError: there is no tokenizer beside its weights.
    """
    if refusal := task.teacher_refusal(teacher.model, pupil):
        raise InputError(f"{teacher.folder} cannot teach: {refusal}")
    if teacher.tokenizer is None:
        raise DataError(f"{teacher.folder}: there is no tokenizer beside the teacher's weights")
    check_vocabulary(pupil.vocab, teacher.model.vocab, teacher.tokenizer, str(teacher.folder))


def check_vocabulary(ours: s.Vocabulary, theirs: s.Vocabulary, tokenizer: Tokenizer, folder: str) -> None:
    """Refuse a teacher of another kind of vocabulary, or one without a role that the student's has.

    Raises:
        InputError: for these.
    """
    if theirs.kind != ours.kind:
        raise InputError(f"{folder}: the teacher's vocabulary is of the kind {theirs.kind}, the student's {ours.kind}")
    lacking = [role for role in TOKEN_ROLES if getattr(ours, role) is not None and role not in tokenizer.ids]
    if lacking:
        raise InputError(f"{folder}: the teacher's vocabulary has no '{lacking[0]}', which the student's has")


def student(pupil: s.Model, of: str, taught: Start, context: FitContext) -> s.Model:
    """The declared student beside a teacher of any size: as wide as it, and as deep as the paper's beside the paper's.

    Args:
        of: the card of the paper's teacher.
    """
    card, _, size = of.partition(":")
    sizes = taught.model.size, pupil.size, declared(card).at(size or None).size
    encoder, decoder = (_shallower(*(_side(each, i) for each in sizes)) for i in range(2))
    text = taught.model.reads(s.Tokens)
    position = text.position if text else None
    length = position.length - position.start if isinstance(position, s.Learned) else context.length
    fitted = FitContext(context.examples, taught.tokenizer, length, context.facts)
    return fit_model(pupil.resized(encoder if encoder == decoder else s.Sides(encoder, decoder)), fitted)


def _shallower(teacher: s.Size, own: s.Size, paper: s.Size) -> s.Size:
    return teacher.but(layers=max(1, round(teacher.layers * own.layers / paper.layers)))


def _side(size: s.Size | s.Sides, number: int) -> s.Size:
    """Of a model's size that of its encoder, 0, or its decoder, 1; models of one stack have one."""
    return size if isinstance(size, s.Size) else (size.encoder, size.decoder)[number]
