"""What a user chooses of a walk through a recipe; ``train.align`` makes a plan of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from clados.catalog.counts import canonical
from clados.errors import InputError, check_seed
from clados.files import path_exists
from clados.spec.core.scale import budget
from clados.train.choices import check_most

Method = Literal["ppo", "grpo", "dpo"]
METHODS = get_args(Method)


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What a user chooses of a walk through a recipe.

    Attributes:
        model: a card's id, perhaps with a size, whose recipe has stages that start from a trained model.
        stages: of these, those that are walked; all that can be when empty.
        params: the budget of what the first stages start from, trained first; else a small model that comes along.
        data: of every stage that reads such examples; else each has its embedded set.
        own_data: of single stages, by name, in the place of ``data``.
        skip_bad: leave out lines of data that cannot be used.
        reward: who judges answers, as ``Choices.reward``; else the stages that the recipe names, or its reward model
            where people judged.
        start: the folder of an earlier walk, whose stages stand for those that are not walked here.
        method: "grpo" in the place of the recipe's PPO, or "dpo" in that of its reward models and PPO.
        steps: of each stage. length: tokens of a sequence of each; a small model that reads fewer is not started from.

    Raises:
        InputError: a method that is none, and numbers that cannot be.
    """

    model: str
    stages: tuple[str, ...] = ()
    params: str | None = None
    data: str | None = None
    own_data: Mapping[str, str] = field(default_factory=dict)
    skip_bad: bool = False
    reward: str | None = None
    start: str | None = None
    method: Method = "ppo"
    steps: int | None = None
    length: int | None = None
    seed: int = 0
    dtype: Literal["float32", "bfloat16"] = "float32"

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", canonical(self.model))
        if self.method not in METHODS:
            raise InputError(f"method is '{self.method}'; allowed: {', '.join(METHODS)}")
        check_seed(self.seed)
        check_most("steps", self.steps)
        check_most("length", self.length)
        if self.params is not None:
            budget(self.params)


def parted_data(given: Sequence[str]) -> tuple[str | None, dict[str, str]]:
    """Data of every stage, given as ``PATH``, and of single ones, given as ``STAGE=PATH``.

    A path that is there is one, whatever its name.

    >>> parted_data(["reward=ranked.jsonl", "pairs.jsonl"])
    ('pairs.jsonl', {'reward': 'ranked.jsonl'})

    Raises:
        InputError: two for the same.
    """
    every, own = None, dict[str, str]()
    for text in given:
        stage = None if path_exists(text) else re.match(r"([\w.-]*)=", text)
        if stage and stage[1] in own:
            raise InputError(f"data of stage '{stage[1]}' is '{own[stage[1]]}' and '{text[stage.end() :]}'; it is one")
        if stage:
            own[stage[1]] = text[stage.end() :]
        elif every is not None:
            raise InputError(f"data is '{every}' and '{text}'; of every stage it is one, STAGE=PATH of a single one")
        else:
            every = text
    return every, own
