"""A generator puts words in, and the model finds them (Clark et al. 2020; He et al. 2023)."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import ElectraForMaskedLM, ElectraForPreTraining

import clados
from clados import spec as s
from clados.data.packing import Packed, generator as seeded
from clados.models.declared import declared
from clados.nn import WholeModel, build
from clados.objectives import Batch, Loss, Setting, VocabIds, task
from clados.objectives.replaced_tokens import area_under_curve, discriminated, generator_of, guessed, sampled
from clados.proofs.cases import structures, without_dropout
from clados.spec.core.scale import proportioned
from clados.train.plan import initial_model
from clados.train.planned import planned
from clados.train.trained import merge
from tests.objectives.alike import alike
from tests.train.small import choices, write_texts


def small() -> s.Model:
    """ELECTRA with few words and without dropout."""
    return without_dropout(next(iter(structures(declared("electra")).values())))


@cache
def taught(sharing: str = "tables") -> tuple[WholeModel, Batch]:
    """A small model with its generator, without dropout, and a batch of texts of several lengths."""
    model = small()
    size = s.Size(2, 16, 1) if sharing == "tables" else s.Size(2, 48, 2)
    objective = s.ReplacedTokens(generator=size, sharing=sharing)  # type: ignore[arg-type]
    one = task(objective)
    made, setting = build(model, seed=1), Setting(model, 0, VocabIds.declared(model.vocab))
    made.add_module("owned", one.owned(made, setting, 3))
    rows = [
        Packed(seeded(n, 1).permutation(setting.required_vocab_ids.ordinary)[:n], np.zeros(n, np.int64))
        for n in (30, 11, 20)
    ]
    return made, one.prepare(rows, [seeded(7, i) for i in range(3)], setting)


def found(model: WholeModel, batch: Batch, sharing: str = "tables") -> Loss:
    owned: Any = model.owned
    objective = s.ReplacedTokens(generator=owned.generator.spec.size, sharing=sharing)  # type: ignore[arg-type]
    return task(objective).loss(model, batch)


def test_every_chosen_token_is_masked_and_a_row_s_draws_are_its_own() -> None:
    model, batch = taught()
    ids, at = batch.inputs["input_ids"], batch.targets["at"]
    assert set(ids.flatten()[at].tolist()) == {model.spec.vocab.mask}
    assert int((ids == model.spec.vocab.mask).sum()) == len(at) == sum(round(0.15 * n) for n in (32, 13, 22))
    assert batch.targets["draws"].shape == at.shape
    assert batch.weights == {"found": 32 + 13 + 22, "text": 30 + 11 + 20, "lm": len(at)}
    assert batch.targets["text"].sum(1).tolist() == [30, 11, 20]
    assert not batch.targets["text"][:, 0].any()  # [CLS]
    assert ((batch.targets["draws"] >= 0) & (batch.targets["draws"] < 1)).all()


@torch.no_grad()
def test_words_are_sampled_as_often_as_the_generator_says() -> None:
    made = taught()[0].owned.generator
    x = torch.randn(1, made.spec.size.d_model, generator=torch.Generator().manual_seed(2)) * 4
    draws = torch.rand(12_000, generator=torch.Generator().manual_seed(5))
    ours = sampled(made, x.expand(12_000, -1), draws)
    # the authors' way: the highest score with Gumbel's noise (google-research/electra, sample_from_softmax)
    scores = made.heads["lm"](x, made.inputs, {})
    noise = -(-torch.rand(12_000, scores.size(1), generator=torch.Generator().manual_seed(6)).log()).log()
    theirs = (scores + noise).argmax(-1)
    counts = [dict(zip(*(each.tolist() for each in some.unique(return_counts=True)))) for some in (ours, theirs)]
    assert alike(*({str(k): v for k, v in some.items()} for some in counts))
    shares = scores.softmax(-1)[0]
    others = {str(i): round(12_000 * float(p)) for i, p in enumerate(shares.flip(0))}
    assert not alike({str(k): v for k, v in counts[0].items()}, others)


@torch.no_grad()
def test_a_word_that_happens_to_be_right_is_original() -> None:
    model, batch = taught()
    labels = batch.targets["labels"]
    _, replaced = discriminated(model, batch, labels)
    assert not replaced.any()
    changed = torch.where(torch.arange(len(labels)) % 2 == 0, labels, (labels + 1) % model.spec.vocab.size)
    _, replaced = discriminated(model, batch, changed)
    keep, ids = batch.inputs["attention_mask"], batch.inputs["input_ids"]
    wanted = torch.zeros(ids.numel(), dtype=torch.bool)
    wanted[batch.targets["at"][1::2]] = True
    assert torch.equal(replaced, wanted.view_as(ids)[keep])


@torch.no_grad()
def test_both_losses_are_those_of_transformers_and_weighted_as_in_the_paper(tmp_path: Path) -> None:
    model, batch = taught()
    made, loss = model.owned.generator, found(model, batch)
    whole: Any = build(made.spec)
    shared = {name: each for name, each in model.state_dict().items() if name.startswith("inputs.")}
    whole.load_state_dict({**shared, **made.state_dict()}, strict=True)
    whole.model_type = "electra"  # ALBERT's layout has the same tensors
    clados.save_pretrained(whole, tmp_path / "generator")
    kept = build(model.spec)
    kept.load_state_dict({name: each for name, each in model.state_dict().items() if not name.startswith("owned.")})
    clados.save_pretrained(kept, tmp_path / "judge")
    ids, at, labels = batch.inputs["input_ids"], batch.targets["at"], batch.targets["labels"]
    wanted = torch.full((ids.numel(),), -100).scatter(0, at, labels).view_as(ids)
    theirs: Any = ElectraForMaskedLM.from_pretrained(tmp_path / "generator").eval()
    words = theirs(ids, attention_mask=batch.inputs["attention_mask"], labels=wanted)
    assert float(loss.parts["lm"].sum / loss.parts["lm"].weight) == pytest.approx(float(words.loss), rel=2e-5)
    # what is sampled: where the cumulative probability passes the row's number
    sums, draws = words.logits.flatten(0, 1)[at].softmax(-1).cumsum(-1).numpy(), batch.targets["draws"].numpy()
    put_in = [int(np.searchsorted(row, u * row[-1], side="right")) for row, u in zip(sums, draws)]
    original = ids.flatten().scatter(0, at, labels)
    seen = original.scatter(0, at, torch.tensor(put_in))
    theirs = ElectraForPreTraining.from_pretrained(tmp_path / "judge").eval()
    told: Any = {"attention_mask": batch.inputs["attention_mask"], "labels": (seen != original).view_as(ids).long()}
    judge = theirs(seen.view_as(ids), **told)
    part = loss.parts["found"]
    assert part.weight == int(batch.inputs["attention_mask"].sum())
    assert float(part.sum / part.weight) == pytest.approx(50 * float(judge.loss), rel=2e-5)
    assert float(loss.mean) == pytest.approx(50 * float(judge.loss) + float(words.loss), rel=2e-5)


@torch.no_grad()
def test_what_is_measured_is_of_text_alone() -> None:
    """That marks are never replaced is soon known, and is not what a model is to be praised for."""
    model, batch = taught()
    loss, (scores, replaced) = found(model, batch), discriminated(model, batch, batch.targets["labels"].flip(0))
    assert {loss.measures[name].weight for name in ("entropy", "replaced", "accuracy")} == {30 + 11 + 20}
    assert loss.parts["found"].weight == len(scores) == len(replaced) == 32 + 13 + 22
    assert not replaced[~batch.targets["text"][batch.inputs["attention_mask"].bool()]].any()


def gradients(sharing: str, term: str) -> dict[str, bool]:
    """Which tensors get a gradient from one of the two losses."""
    model, batch = taught(sharing)
    model.zero_grad(set_to_none=True)
    found(model, batch, sharing).parts[term].sum.backward()
    return {name: each.grad is not None and bool(each.grad.any()) for name, each in model.named_parameters()}


def test_no_gradient_passes_from_the_model_through_what_was_sampled() -> None:
    judge, words = gradients("tables", "found"), gradients("tables", "lm")
    assert not any(got for name, got in judge.items() if name.startswith("owned."))
    assert not any(got for name, got in words.items() if name.startswith(("stack.", "heads.")))
    assert judge["inputs.tokens.weight"]  # shared by both
    assert words["inputs.tokens.weight"]
    assert judge["stack.blocks.0.attn.qkv.weight"]
    assert words["owned.generator.stack.blocks.0.attn.qkv.weight"]


def test_the_tables_are_the_model_s_own_and_saved_once() -> None:
    model = taught()[0]
    assert model.owned.generator.inputs.tokens is model.inputs.tokens
    assert model.owned.generator.inputs.position is model.inputs.position
    inside = {name for name in model.state_dict() if name.startswith("owned.generator.inputs.")}
    assert inside == {"owned.generator.inputs.project.weight", "owned.generator.inputs.project.bias"}


def test_with_a_residual_each_table_learns_from_its_own_loss() -> None:
    judge, words = gradients("residual", "found"), gradients("residual", "lm")
    assert judge["inputs.tokens.weight"]
    assert not judge["owned.generator.inputs.tokens.weight"]
    assert words["owned.generator.inputs.tokens.weight"]
    assert not words["inputs.tokens.weight"]


@torch.no_grad()
def test_a_residual_begins_at_zero_and_the_sum_is_kept() -> None:
    model = small()
    made = build(model, seed=1)
    ids = torch.arange(1, 20)[None]
    before, table = made(ids).logits, made.inputs.tokens.weight.clone()
    objective = s.ReplacedTokens(generator=s.Size(2, 48, 2), sharing="residual")
    made.add_module("owned", task(objective).owned(made, Setting(model), 0))
    assert not made.inputs.tokens.weight.any()
    torch.testing.assert_close(made(ids).logits, before)
    made.inputs.tokens.weight += 0.5
    merge(made)
    torch.testing.assert_close(made.inputs.tokens.weight, table + 0.5)
    assert made.state_dict().keys() == build(model).state_dict().keys()
    assert not torch.equal(made(ids).logits, before)


def test_a_generator_is_to_a_smaller_model_what_the_paper_s_is_to_the_paper_s() -> None:
    electra = declared("electra")
    base, third = electra.model, electra.recipe.stages[0].objective
    assert proportioned(third.generator, base, base) == third.generator  # type: ignore[attr-defined]
    half = base.but(size=s.Size(layers=6, d_model=384, heads=6))
    assert proportioned(third.generator, base, half).d_model == 128  # type: ignore[attr-defined]
    assert proportioned(third.generator, base, half).layers == 6  # type: ignore[attr-defined]
    part = task(third).suited(half, base)
    assert generator_of(part, half).inputs.width(generator_of(part, half).size.dims) == 384  # type: ignore[attr-defined]
    # v3-base's is half as deep and as wide as the model (He et al. 2023, table 9)
    v3 = declared("deberta").at("v3-base")
    judging = declared("deberta").recipe_at("v3-base").stages[0].objective
    found = task(judging).suited(v3.but(size=s.Size(layers=4, d_model=96, heads=3)), v3).generator
    assert (found.layers, found.d_model) == (2, 96)


def test_a_generator_of_another_width_cannot_share_a_residual() -> None:
    model = small()
    objective = s.ReplacedTokens(generator=s.Size(2, 64, 1), sharing="residual")
    with pytest.raises(clados.CladosError, match="generator is 64 wide; to share a residual it has to be 48"):
        task(objective).owned(build(model), Setting(model), 0)


@pytest.mark.parametrize("learned", ["electra", "deberta:v3-base"])
def test_it_learns_goes_on_bit_for_bit_and_leaves_the_model_alone(tmp_path: Path, learned: str) -> None:
    card, other = ("electra", None) if learned == "electra" else ("bert", learned)
    wanted = choices(write_texts(tmp_path / "texts"), card, objective=other, steps=18, lr=3e-3)
    plan = planned(replace(wanted, batch=8))
    whole = plan.trainer(initial_model(plan), tmp_path / "whole")
    result = whole.fit()
    assert result.held_out[-1]["loss"] < result.held_out[0]["loss"] - 1
    stopped = plan.trainer(initial_model(plan), tmp_path / "stopped")
    asked: list[int] = []
    stopped.stop = lambda: asked.append(0) or len(asked) == 11  # type: ignore[func-returns-value]
    stopped.fit()
    rest = plan.trainer(initial_model(plan), tmp_path / "stopped")
    assert rest.fit(resume=True).losses == result.losses
    assert all(torch.equal(each, rest.model.state_dict()[name]) for name, each in whole.model.state_dict().items())
    clados.save_pretrained(whole.trained(), tmp_path / "model", tokenizer=plan.tokenizer)
    read = ElectraForPreTraining.from_pretrained(tmp_path / "model") if learned == "electra" else None
    assert read is None or read.config.num_hidden_layers == plan.model.size.layers
    found_ = clados.discriminate(tmp_path / "model", "The cat sees the stone.")
    assert all(0 < each.probability < 1 for each in found_[0])


def test_the_area_is_the_textbook_s() -> None:
    scores, labels = torch.tensor([0.1, 0.4, 0.35, 0.8, 0.4]), torch.tensor([False, False, True, True, True])
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[labels].tolist() for b in scores[~labels].tolist()]
    assert area_under_curve(scores, labels) == pytest.approx(sum(pairs) / len(pairs))


def test_who_knows_how_many_are_hidden_guesses_each_row_by_its_share() -> None:
    model, batch = taught()
    replaced = torch.zeros(61, dtype=torch.bool)
    replaced[[0, 7, 33, 45]] = True  # rows of 30, 11 and 20 tokens, of which 5, 2 and 3 are hidden
    shares = [0.4 * hidden / of for hidden, of in ((5, 30), (2, 11), (3, 20))]
    wanted = -sum(
        np.log(p if flag else 1 - p) for p, flag in zip(np.repeat(shares, (30, 11, 20)), replaced.tolist(), strict=True)
    )
    assert float(guessed(batch, replaced)) == pytest.approx(float(wanted), rel=1e-5)
    loss = found(model, batch)
    assert loss.measures["guess"].weight == 61
