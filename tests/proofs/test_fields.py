"""Every word of every declaration matters, and what a word is changed to is something else."""

import pytest

from clados import spec as s
from clados.catalog.load import catalog
from clados.errors import CladosError
from clados.models.declared import declared, package_models
from clados.objectives import runs
from clados.proofs import Subject, unseen
from clados.proofs.cases import small, structures
from clados.proofs.fields import BROKE, _skeleton, model_fields, recipe_changes, recipe_fields, unlike
from clados.proofs.mutations import example, mutants, put, siblings
from clados.proofs.produced import Produced
from clados.train.chain import trainable
from tests.proofs.dated import share, today

TRAINED = [name for name in package_models() if runs(declared(name).recipe.stages[0].objective)]
DAYS = 5  # after which the words of all have been changed here; ``clados verify`` changes those of each


@pytest.mark.parametrize("model", share([*package_models()], DAYS, today()))
def test_every_changed_word_of_a_structure_is_noticed(model: str) -> None:
    rows = model_fields(Subject(catalog()[model]))
    assert sum(len([*mutants(small(each))]) for each in unlike(declared(model)).values()) > 30
    assert [row for row in rows if not row["noticed"] or row["noticed"].startswith(BROKE)] == []


TUNED = ("sparrow", "flan-t5")  # upper layers; prefixes
UNTRIED = ("distilbert", "dq-bart", "dall-e-2")  # three steps of a small model do not do: they need a teacher
RECIPES = [
    name
    for name in TRAINED
    if name in TUNED or not (isinstance(declared(name).recipe.stages[0], s.Tuning) or name in UNTRIED)
]


@pytest.mark.parametrize("model", UNTRIED)
def test_where_a_recipe_cannot_be_tried_the_proof_says_why(model: str) -> None:
    with pytest.raises(CladosError):
        recipe_fields(Subject(catalog()[model]))


@pytest.mark.parametrize("model", share(RECIPES, DAYS, today()))
def test_every_changed_word_of_a_recipe_is_noticed(model: str) -> None:
    rows = recipe_fields(Subject(catalog()[model]))
    stages = trainable(declared(model).recipe)
    assert sum(len(recipe_changes(declared(model).but(recipe=s.Recipe((each,))))) for each in stages) > 10
    assert [row for row in rows if not row["noticed"] or row["noticed"].startswith(BROKE)] == []


def test_a_mutant_differs_from_its_model_in_one_place() -> None:
    model = small(declared("bert").model)
    for mutant in mutants(model):
        if mutant.part is not None:
            assert mutant.part != model, str(mutant)
            first = mutant.path.split("[")[0]
            assert all(path.startswith(first) for path, _, _ in s.part_differences(model, mutant.part)), str(mutant)


def test_whole_parts_booleans_choices_numbers_and_none_are_all_changed() -> None:
    said = {str(mutant) for mutant in mutants(small(declared("gpt-3").model))}
    assert "stack.norm: LayerNorm() to RMSNorm()" in said
    assert "stack.block[0].residual: Pre() to Post()" in said
    assert "stack.block[1].attn.pattern: Banded(span=5) to None" in said
    assert "stack.block[0].attn.pattern: None to Banded(span=3)" in said
    assert "stack.norm_out: True to False" in said
    assert "stack.block: tuple(...) to tuple(...)" in said
    assert "heads: (Tied(),) to ()" in said
    assert "size.layers: 3 to 4" in said


def test_a_path_reaches_into_parts_that_take_turns() -> None:
    model = structures(declared("gpt-3"))["175b"]
    changed = put(model, "stack.block[1].attn.pattern.span", 9)
    assert s.reach(changed, "stack.block[1].attn.pattern.span") == 9
    assert s.reach(changed, "stack.block[0].attn.pattern") is None


@pytest.mark.parametrize(
    "slot", [s.Norm, s.Residual, s.Pattern, s.StackPosition, s.Head, s.Inputs, s.Init, s.Objective]
)
def test_an_example_of_every_part_for_a_slot_can_be_made(slot: type) -> None:
    kinds = siblings(slot)
    assert len(kinds) == len(set(kinds)) > 0
    assert [type(example(kind)) for kind in kinds] == kinds


def test_a_word_that_changes_nothing_is_not_taken_for_noticed() -> None:
    declaration = declared("gpt-2")
    model = small(declaration.model)
    assert unseen.moments(declaration, model, model, "init.std") == ""
    assert Produced(declaration).differs(declaration.recipe) == ""


def test_dropout_that_stands_nowhere_is_not_taken_for_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    declaration = declared("gpt-2")
    model = small(declaration.model)
    assert unseen.dropout(declaration, model, model, "inputs.dropout")
    monkeypatch.setattr("clados.nn.inputs.text.drop", lambda x, rate, training: x)
    assert unseen.dropout(declaration, model, model, "inputs.dropout") == ""


def test_structures_that_differ_in_a_choice_are_changed_word_by_word_too() -> None:
    assert {"base", "xxl"} <= {name.partition("-")[0] for name in unlike(declared("switch"))}
    model = declared("gpt-2").model
    one, other = (dict(_skeleton(each)) for each in (model, model.but(**s.at("stack.norm_out", value=False))))
    assert {path for path in one if one[path] != other.get(path)} == {".stack0.norm_out0"}


def test_a_role_that_is_not_kept_is_not_taken_for_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small(declared("gpt-2").model)
    changed = put(model, "inputs.vocab.sep", 7)
    assert unseen._kept(model, changed) == "the declaration kept in the config"
    assert unseen._kept(model, model) == ""
    monkeypatch.setattr("clados.checkpoints.save.repr", lambda _: repr(model), raising=False)
    assert unseen._kept(model, changed) == ""


def test_a_number_of_a_law_that_draws_nothing_is_no_word() -> None:
    model = small(declared("gpt-2").model)
    unsaid = {m.path for m in mutants(model) if m.old is None and m.path.startswith("init.")}
    for path in (f"init.{name}" for name, value in s.part_fields(model.init).items() if value is None):
        try:
            drawn = [put(model, path, 0.5).init.fills(row) for row in s.rows(model)]
        except s.SpecError:
            continue
        assert (path in unsaid) == (drawn != [model.init.fills(row) for row in s.rows(model)])
