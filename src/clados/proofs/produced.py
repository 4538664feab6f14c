"""What a recipe produces: its schedule, and a few steps of a small model. Of a changed recipe that must differ."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import zip_longest
from typing import Any

import torch
from torch import nn

from clados import nn as cn, spec as s
from clados.errors import InputError
from clados.objectives import Setting, SourceConfig, VocabIds, task
from clados.proofs.unseen import SMALL_VOCAB, examples
from clados.train.fitting import FitContext, facts_of, fit_model, headed, tokenizer_for
from clados.train.loop import Trainer
from clados.train.optimisers import fitted_schedule, lr_factor, published_lr
from clados.train.scaled import scaled_stage
from clados.train.sources import by_language, mix_sources
from clados.train.supervised import Drawn, SupervisedUnit
from clados.train.unit import Run

UPDATES = (1_000, 50_000)  # of a stage, at which what follows them is looked at
STEPS, LENGTH = 3, 48
FOLDED = 20  # residues of a chain: what is computed of it grows with their third power
TEMPLATED = 256  # tokens of a text with a template, with several sentences, or of which long spans are taken


def _spoken(examples: Sequence[Any], language: str) -> list[Any]:
    return [each for each in examples if each.language == language]


class Produced:
    """What the first stage of a recipe produces: its schedule, and a few steps of a small model."""

    def __init__(self, declaration: s.Declaration) -> None:
        self.declaration = declaration
        self.schedule, self.steps = self._schedule(declaration.recipe), [*self._steps(declaration.recipe)]

    def differs(self, recipe: s.Recipe) -> str:
        """What a changed recipe does otherwise, to the first step that differs; empty when nothing.

        Raises:
            CladosError: when it is refused.
        """
        if self._schedule(recipe) != self.schedule:
            return "the schedule"
        pairs = zip_longest(self._steps(recipe), self.steps)
        return "steps of training" if any(one != other for one, other in pairs) else ""

    def _schedule(self, recipe: s.Recipe) -> list[float]:
        stage = recipe.stages[0]
        whole = stage.steps or max(1000, 4 * getattr(stage.schedule, "warmup", 0))
        shares = [lr_factor(stage.schedule, step, whole) for step in range(0, whole + 1, max(1, whole // 97))]
        brought = fitted_schedule(stage, 4000)
        return [*shares, *(lr_factor(brought, step, 4000) for step in range(0, 4000, 61))]

    @cached_property
    def _context(self) -> Any:
        stage = self.declaration.recipe.stages[0]
        kept, _ = examples(task(stage.objective).data if stage.exponent is None else "languages")
        kinds = dict.fromkeys(map(type, kept))
        some = [each for kind in kinds for each in [one for one in kept if type(one) is kind][: 24 // len(kinds)]]
        if stage.exponent is not None:  # much of one language, and little of another
            some = [each for language, most in (("en", 20), ("de", 4)) for each in _spoken(kept, language)[:most]]
        size = SMALL_VOCAB if stage.exponent is None else SMALL_VOCAB // 2  # a few texts have few words: in parts
        tokenizer = tokenizer_for(self.declaration.model, some, size, task(stage.objective).marks(some))
        far = {"template", "denoisers", "kept", "permuted"} & {*s.part_fields(stage.objective)}
        length = TEMPLATED if far else FOLDED if isinstance(self.declaration.model, s.Fold) else LENGTH
        share = length / stage.length if stage.length and task(stage.objective).remembers else 1.0
        return FitContext(some, tokenizer, length, facts_of(some), share)

    def _steps(self, recipe: s.Recipe) -> Iterator[Any]:
        """Steps of a small model by the changed stage: batches, losses, weights and moments after each, as numbers."""
        stage, context = recipe.stages[0], self._context
        one, base = task(stage.objective), headed(self.declaration.model, stage)
        if refusal := one.refusal(base):
            raise InputError(refusal)
        model = fit_model(s.tiny(base), context)
        scales = one.scaled(context.facts.scales, context.examples, model)
        config = SourceConfig(context.length, 0, context.tokenizer, scales, writes=model.writes)
        setting = Setting(model, context.length, VocabIds.of(context.tokenizer) if context.tokenizer else None)
        torch.manual_seed(0)
        module = deepcopy(_drawn_module(model))
        lr = published_lr(stage, self.declaration.model)
        run = Run(steps=STEPS, batch=4, lr=lr, held_out=4)
        # As published where the small model can take that: what is brought to its size hides changes by rounding.
        objective = one.suited(model, base) if one.refusal(model) else stage.objective
        scaled = scaled_stage(stage.but(objective=objective), base, model)
        if refusal := task(objective).refusal(model):
            raise InputError(refusal)
        source = mix_sources(by_language(context.examples, task(scaled.objective), config, stage.exponent), 0)
        unit = SupervisedUnit(module, scaled, setting, source, run)
        trainer = Trainer(unit, run)
        module.train()
        epochs = [unit.prepared(unit.task, source, Drawn([(epoch, i) for i in range(4)]), 0) for epoch in range(12)]
        sums = [[float(each.double().sum()) for each in batch.inputs.values()] for batch in epochs]
        later = [unit.prepared(unit.task, source, Drawn([(0, 0)]), 0, replace(setting, update=at)) for at in UPDATES]
        sums += [[float(each.double().sum()) for each in batch.targets.values()] for batch in later]
        beside = sums, _counted(base), one.marks(context.examples)
        for i in range(STEPS):
            yield trainer.step(i), *_moved(module, trainer.optimiser), beside


@lru_cache(2)
def _drawn_module(model: s.Model) -> Any:
    """What every change of a recipe begins with, where it is of one model; not to be changed."""
    return cn.build(model, seed=0)


@lru_cache(2)
def _counted(model: s.Model) -> Any:
    """A model's parameters; nearly every change leaves it as it is."""
    return s.count_parameters(model)


def _moved(module: nn.Module, optimiser: torch.optim.Optimizer) -> tuple[Any, ...]:
    """What a step leaves: weights, moments and how each group of tensors learns."""
    weights = [float(each.double().abs().sum()) for each in module.state_dict().values()]
    moments = [float(each.double().abs().sum()) for state in optimiser.state.values() for each in state.values()]
    groups = [
        [len(group["params"]), *(group.get(name) for name in ("lr", "betas", "eps", "weight_decay"))]
        for group in optimiser.param_groups
    ]
    return weights, moments, groups
