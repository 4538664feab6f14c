"""A short run beats what needs no model, and on shuffled data it does not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from clados import spec as s
from clados.data.examples import Labelled
from clados.data.sets import digits, emoji
from clados.errors import CladosError
from clados.models.declared import declared, package_models
from clados.names import parse_number
from clados.nn import build
from clados.objectives import runs, task
from clados.objectives.sides import by_row
from clados.spec.core.declaration import parts
from clados.train.chain import trainable
from clados.train.choices import Choices
from clados.train.fitting import Facts, FitContext, facts_of, fit_model, fitted_vocab, sized, tokenizer_for
from clados.train.learns import learns
from clados.train.plan import initial_model
from clados.train.planned import planned
from clados.train.pretrain import ready_plan
from clados.train.supervised import Drawn, SupervisedUnit
from tests.train.small import choices, write_pairs, write_texts


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_texts(tmp_path_factory.mktemp("texts"), documents=40)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pairs(tmp_path_factory.mktemp("pairs") / "pairs.jsonl")


def test_a_decoder_learns_what_order_there_is_and_none_where_there_is_none(data: Path) -> None:
    true, control = (learns(choices(data, steps=40, lr=3e-3, shuffled=each), targets=300) for each in (False, True))
    assert true.start > true.baseline["loss"]
    assert true.margin > 0.5
    assert control.margin < 0.1
    assert true.targets >= 300


@pytest.mark.parametrize("card", ["bart", "t5", "pegasus", "mbart"])
def test_a_control_writes_what_another_text_of_its_own_is_made_into(card: str, data: Path) -> None:
    plan = planned(choices(data, card, params="600K", vocab=600, length=32, shuffled=True))
    unit = plan.unit(build(plan.model, device="meta"))
    assert isinstance(unit, SupervisedUnit)
    number = len(plan.train)
    rows = [0, 1, 2]
    others = [(each + number // 2) % number for each in rows]
    control = unit.prepared(unit.task, plan.train, Drawn([(0, each) for each in rows]), 0)
    own, theirs = (
        replace(unit, shuffled=False).prepared(unit.task, plan.train, Drawn([(0, each) for each in some]), 0)
        for some in (rows, others)
    )
    assert by_row(control) == by_row(theirs)
    assert all(a != b for a, b in zip(by_row(control), by_row(own)))
    assert torch.equal(control.inputs["input_ids"], own.inputs["input_ids"])
    assert torch.equal(control.inputs["decoder_input_ids"], theirs.inputs["decoder_input_ids"])
    assert control.weights == theirs.weights


def test_a_control_does_not_learn_to_copy_what_its_encoder_reads(data: Path) -> None:
    """All tokens count here, of which the damaged text shows two of three: an unbroken pair copies them (1.4 nats)."""
    small = choices(data, "bart", params="200K", vocab=270, length=8, batch=16, steps=160, lr=5e-3, dropout=0.0)
    plan = ready_plan(replace(small, shuffled=True))
    trainer = plan.trainer(initial_model(plan))
    trainer.fit()
    with trainer.evaluating():
        end = trainer.unit.evaluate(trainer.devices, targets=1000)["loss"]
    assert end > 0.7 * plan.baseline()["loss"]  # the ends of each text, two tokens of eight, are always known


@pytest.mark.parametrize("card", sorted(package_models()))
def test_every_declared_model_can_be_planned_small(card: str, data: Path, pairs: Path) -> None:
    recipe = declared(card).recipe
    objective = [recipe.stages[0], *trainable(recipe)][-1].objective
    usual = {s.Translation: "django/de", s.ImageClasses: "digits", s.Contrastive: "emoji", s.ReturnConditioned: None}
    usual |= {s.Supervised: str(pairs), s.PairedTexts: "glosses"}
    usual |= {s.PredictedNoise: "emoji-8", s.PaintedCodes: "emoji-16", s.Folding: "structures"}
    usual |= {
        s.ImagesInText: "emoji",
        s.DialogueTurns: "dialogue/en",
        s.CodedText: "wordnet",
        s.BinnedTrajectories: "cartpole",
        s.PointRegression: None,
    }
    if not runs(objective):
        with pytest.raises(CladosError, match=f"{card} learns by {type(objective).__name__}, which nothing runs yet"):
            planned(Choices(model=card, params="600K"))
        return
    if task(objective).teacher:
        taught = planned(Choices(model=card, steps=1))  # its teacher is planned too, and trained when the run begins
        assert taught.teaching
        assert taught.teaching.card == task(objective).teacher.partition(":")[0]
        return
    params = "650K" if card == "glam" else "600K"  # its experts come in whole numbers
    plan = planned(Choices(model=card, params=params, data=usual.get(type(objective), str(data)), vocab=600, steps=1))
    parameters = s.count_parameters(plan.model).total
    if isinstance(objective, s.ImagesInText) and plan.start:  # beside a language model of the budget
        parameters = s.count_parameters(plan.start.model).total
    if isinstance(objective, s.PairedTexts):  # without the decoder or the heads of what it starts from
        assert 300_000 < parameters < 600_000
    elif card == "ernie":  # with the entities' layers beside what it starts from
        assert 600_000 < parameters < 750_000
    else:
        assert parameters == pytest.approx(parse_number(params), rel=0.05)
    batch = plan.batch()
    assert sum(batch.weights.values()) > 0


def test_roles_keep_their_tokens_when_the_vocabulary_is_new() -> None:
    from clados.data.sets import wordnet

    model = declared("t5").model
    tokenizer = tokenizer_for(model, wordnet()[:20], 400)
    assert tokenizer is not None
    vocab = fitted_vocab(model.vocab, tokenizer)
    assert (vocab.size, vocab.sentinels) == (tokenizer.size, 100)
    assert (vocab.pad, vocab.eos, vocab.start) == (tokenizer.id("pad"), tokenizer.id("eos"), tokenizer.id("pad"))
    assert tokenizer.sentinels[0] == vocab.size - 1


def test_images_keep_their_size_and_get_about_eight_patches_a_side() -> None:
    images = digits()[:20]
    model: Any = fit_model(declared("vit").model, FitContext(images, None, 0, facts_of(images)))
    assert (model.inputs.image, model.inputs.side, model.inputs.channels) == (8, 1, 1)
    pairs = emoji()[:20]
    clip = declared("clip").model
    tokenizer = tokenizer_for(clip, pairs, 400)
    assert tokenizer is not None
    fitted: Any = fit_model(clip, FitContext(pairs, tokenizer, 16, Facts()))
    assert (fitted.image.inputs.image, fitted.image.inputs.side) == (32, 4)
    assert fitted.text.inputs.vocab.size == tokenizer.size


def test_a_paper_smaller_than_the_usual_budget_is_taken_as_it_is() -> None:
    from clados.data.cartpole import cartpole_episodes

    episodes = cartpole_episodes(4)
    told = FitContext(episodes, None, 20, facts_of(episodes))
    model: Any = sized(
        declared("decision-transformer"), "", None, declared("decision-transformer").recipe.stages[0], told
    )
    assert model.size == declared("decision-transformer").model.size
    assert (model.inputs.states, model.inputs.actions) == (4, 2)
    with pytest.raises(CladosError, match=r"the data's observations are \(4,\), the model's \(4, 84, 84\)"):
        sized(declared("decision-transformer"), "atari", None, declared("decision-transformer").recipe.stages[0], told)


def test_a_small_llama_is_drawn_by_the_small_law(data: Path) -> None:
    model: Any = planned(choices(data, model="llama", vocab=300, params="200K")).model
    assert model.init.std == pytest.approx((2 / (5 * model.size.d_model)) ** 0.5)


def test_a_narrower_model_is_drawn_wider_and_a_choice_takes_dropout_away(data: Path) -> None:
    plan = planned(choices(data, model="bert", vocab=160, params="100K", dropout=0.0))
    paper, model = declared("bert").at("tiny"), plan.model  # the nearest size of the paper
    ratio = paper.size.d_model / model.size.d_model
    assert ratio > 1
    assert model.init.std == pytest.approx(0.02 * ratio**0.5)  # type: ignore[attr-defined]
    assert {part.dropout for part in s.parts(model) if "dropout" in s.part_fields(part)} == {0.0}  # type: ignore[attr-defined]
    with pytest.raises(CladosError, match=r"dropout is 1.0; it must be at least 0 and below 1"):
        choices(data, dropout=1.0)


def test_small_machines_train_with_batches_that_teach() -> None:
    assert task(s.Contrastive()).batch == 64  # each text is told from 63 others
    assert {task(each).batch for each in (s.Translation(), s.ImageClasses(), s.ReturnConditioned("squared"))} == {32}


def test_small_images_are_cut_into_about_eight_patches_a_side() -> None:
    vit = declared("vit").model
    for side, patch in ((28, 4), (64, 8), (32, 4), (16, 2)):
        rows = [Labelled(str(side), np.zeros((side, side, 1), np.uint8), 0, "zero")] * 2
        fitted = fit_model(vit, FitContext(rows, None, 0, facts_of(rows)))
        assert (fitted.inputs.image, fitted.inputs.side) == (side, patch)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("share", "block"), [(2.0, 64), (1.0, 64), (0.5, 32), (1 / 64, 4)])
def test_a_shorter_text_has_as_many_blocks_of_fewer_positions(share: float, block: int) -> None:
    """Blocks of 64 of 4,096 positions, and padding to two blocks, would be most of what a short text costs."""
    for model in (declared("big-bird").model, declared("big-bird").at("pegasus-large")):
        fitted = fit_model(model, FitContext([], None, 64, Facts(), share))
        assert {each.block for each in parts(fitted) if isinstance(each, s.BlockSparse)} == {block}
