"""Folders of sentence-transformers, one a module, in which the head of a text's vector keeps its tensors."""

import re

from clados.spec.heads.embedding import Dense, Embedding, Step, UnitLength, VectorNorm

FOLDERS: dict[type[Step], str] = {Dense: "Dense", VectorNorm: "LayerNorm", UnitLength: "Normalize"}


def module_tensor(path: str, head: Embedding) -> str:
    """Folder and name, joined by a dot, of a tensor of ours: ``heads.embedding.steps.0.linear.weight``."""
    number, _, name = path.removeprefix("heads.embedding.steps.").partition(".")
    return f"{module_folder(int(number), head.steps[int(number)])}.{name}"


def module_folder(number: int, step: Step) -> str:
    return f"{number + 2}_{FOLDERS[type(step)]}"


def is_apart(name: str) -> bool:
    """Whether a tensor of theirs is kept in a folder of its own."""
    return re.match(r"\d+_[A-Z]", name) is not None
