"""What a stage that learns from judgements needs beside prompts: judges, and the text that is mixed in."""

import os
import warnings
from typing import Any

import torch

from clados import spec as s
from clados.apply.ready import load
from clados.data.readers import read
from clados.data.tokenizer import Tokenizer
from clados.errors import CladosWarning, InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives import Source, SourceConfig, Task
from clados.objectives.base import Judge
from clados.objectives.judges import judge_of
from clados.objectives.rollouts import RolloutTask
from clados.train.swapped import text_task


def judges_of(one: Task[Any, Any], reward: str | None) -> dict[str, Judge]:
    """The judges of a task by name; none for one that learns without.

    Raises:
        InputError: none is named where one is needed, or one where none is; there is none of that name.
    """
    kind = type(one.objective).__name__
    if not isinstance(one, RolloutTask):
        if reward is not None:
            raise InputError(f"reward is {reward}; {kind} learns without judges")
        return {}
    if reward is None and not one.judged:
        return {}
    if reward is None:
        raise InputError(f"{kind} learns from judgements: name who judges, a module:function or a folder (--reward)")
    return {name.strip(): judge_of(name.strip()) for name in reward.split(",")}


def begins_as_judge(objective: s.Objective) -> bool:
    """Whether its rewards are foreseen by a critic that begins as its judge."""
    return getattr(objective, "critic", "head") == "judge"


def critic_of(objective: s.Objective, reward: str | None, tokenizer: Tokenizer | None) -> WholeModel | None:
    """A model that foresees rewards, as the first judge begun; None where a head on the model itself foresees them.

    It reads the tokens that the model writes, so a judge of another vocabulary cannot begin it, of which a warning
    tells, nor can a function.
    """
    if not begins_as_judge(objective) or reward is None or tokenizer is None:
        return None
    folders = [*filter(os.path.isdir, map(str.strip, reward.split(",")))]
    for folder in folders:
        ready = load(folder, device="cuda" if torch.cuda.is_available() else "cpu")
        same = ready.tokenizer is not None and ready.tokenizer.key == tokenizer.key
        if same and s.Scalar.slot in ready.model.heads:
            return ready.model.requires_grad_()
    if folders:
        said = "a head on the model foresees rewards, as no judge with a reward reads the model's own vocabulary"
        warnings.warn(CladosWarning(said), stacklevel=3)
    return None


def pretraining_text(objective: s.Objective, config: SourceConfig) -> Source | None:
    """Rows of the embedded English text, where an objective mixes next-token learning in; the paper's is not here."""
    if not getattr(objective, "pretraining", 0):
        return None
    one = text_task()
    return one.source(read(one.data), config)
