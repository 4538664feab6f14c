"""Parts: what they refuse, how they are written, and how one is said as a change to another."""

from typing import Any

import pytest

from clados import spec as s
from clados.models.declared import declared, package_models
from tests.spec.examples import every_kind, examples, inside, models

EXAMPLES = examples()
SLOTS = [(kind, name) for kind, part in EXAMPLES.items() for name in s.part_fields(part)]
IDS = [f"{kind.__name__}.{name}" for kind, name in SLOTS]
MODELS = models()
BERT: Any = MODELS["bert"]
KINDS = {type(model): [name for name, each in MODELS.items() if type(each) is type(model)] for model in MODELS.values()}
PAIRS = [pair for names in KINDS.values() for pair in zip(names, [*names[1:], names[0]]) if len(names) > 1]


def test_there_is_an_example_of_every_part() -> None:
    assert every_kind() <= EXAMPLES.keys()


@pytest.mark.parametrize(("kind", "name"), SLOTS, ids=IDS)
def test_every_slot_refuses_a_wrong_type_by_its_name(kind: type[s.Part], name: str) -> None:
    with pytest.raises(s.SpecError, match=rf"^{kind.__name__}\.{name} is "):
        EXAMPLES[kind].but(**{name: object()})


@pytest.mark.parametrize(("kind", "name"), SLOTS, ids=IDS)
def test_every_misspelt_slot_is_refused_with_the_nearest_name(kind: type[s.Part], name: str) -> None:
    nearest = f"did you mean '{name}'" if len(name) > 1 else f"it has .*{name}"  # of one letter none is near
    with pytest.raises(s.SpecError, match=f"{kind.__name__} has no '{name}x'; {nearest}"):
        EXAMPLES[kind].but(**{f"{name}x": 1})
    with pytest.raises(s.SpecError, match=f"{kind.__name__} has no '{name}x'; {nearest}"):
        kind(**{f"{name}x": 1})


@pytest.mark.parametrize("name", MODELS)
def test_a_model_reads_as_it_was_written(name: str) -> None:
    assert eval(repr(MODELS[name]), vars(s)) == MODELS[name]


@pytest.mark.parametrize("name", package_models())
def test_a_recipe_reads_as_it_was_written(name: str) -> None:
    recipe = declared(name).recipe
    assert eval(repr(recipe), vars(s)) == recipe


@pytest.mark.parametrize(("old", "new"), PAIRS, ids=map(" to ".join, PAIRS))
def test_the_differences_applied_to_one_model_give_the_other(old: str, new: str) -> None:
    found_places = [(path, value) for path, _, value in s.part_differences(MODELS[old], MODELS[new])]
    assert applied(MODELS[old], found_places) == MODELS[new]


def applied(value: Any, places: list[tuple[str, Any]]) -> Any:
    """A value with something else at some of its places, named as ``diff`` names them."""
    changes: dict[str, Any] = {}
    for step in dict.fromkeys(path.split(".")[0] for path, _ in places):
        name = step.split("[")[0].removesuffix(", in turn")
        here = [(path, new) for path, new in places if path.split(".")[0].split("[")[0].split(",")[0] == name]
        changes[name] = _within(getattr(value, name), name, here)
    return value.but(**changes)


def _within(old: Any, name: str, places: list[tuple[str, Any]]) -> Any:
    whole = dict(places).get(name, ...)
    if whole is not ...:
        return whole
    olds = s.in_turn(old)
    turns = dict(places).get(f"{name}, in turn", len(olds))
    news = []
    for i in range(turns):
        start = f"{name}[{i}]." if turns > 1 else f"{name}."
        here = [(path.removeprefix(start), new) for path, new in places if path.startswith(start)]
        news.append(applied(olds[i % len(olds)], here))
    return tuple(news) if turns > 1 else news[0]


def test_a_change_reaches_into_parts_and_leaves_the_rest() -> None:
    gpt = declared("gpt").model
    child = gpt.but(stack=s.but(block=s.but(attn=s.but(biases="none"))))
    assert [*s.part_differences(gpt, child)] == [("stack.block.attn.biases", "all", "none")]


def test_a_change_reaches_all_blocks_that_take_turns() -> None:
    dry: Any = declared("gpt-3").model.but(stack=s.but(block=s.but(dropout=0.0)))
    assert [block.dropout for block in dry.stack.block] == [0.0, 0.0]


def test_a_change_of_what_is_not_there_is_refused() -> None:
    with pytest.raises(s.SpecError, match="nothing to change"):
        declared("gpt").model.but(stack=s.but(position=s.but(base=1.0)))


@pytest.mark.parametrize("name", MODELS)
def test_parts_are_frozen_and_hashable(name: str) -> None:
    for part in inside(MODELS[name]):
        hash(part)
        with pytest.raises(AttributeError):
            part.__setattr__(next(iter(s.part_fields(part)), "anything"), 0)


@pytest.mark.parametrize(
    ("part", "word", "value", "allowed"),
    [
        (s.MLP(), "dropout", 1.0, "at least 0 and below 1"),
        (s.RMSNorm(), "eps", 0.0, "above 0"),
        (s.RelativeBias(), "buckets", -1, "at least 4"),
        (s.LayerBias(), "buckets", 3, "at least 4"),
        (BERT.inputs, "types", -2, "at least 0"),
    ],
)
def test_numbers_out_of_range_are_refused_by_name(part: s.Part, word: str, value: float, allowed: str) -> None:
    with pytest.raises(s.SpecError, match=rf"^{type(part).__name__}\.{word} is {value}; it must be {allowed}$"):
        part.but(**{word: value})


def test_words_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(s.SpecError, match="does not divide d_model"):
        s.Size(layers=1, d_model=10, heads=3)
    with pytest.raises(s.SpecError, match="does not divide image"):
        s.Patches(image=224, side=15)
    with pytest.raises(s.SpecError, match="an encoder sees All"):
        declared("bert").model.but(stack=s.but(sees=s.Causal()))
    with pytest.raises(s.SpecError, match=r"Decoder\.heads has two heads of one slot: lm, lm"):
        declared("gpt").model.but(heads=(s.Tied(), s.Untied()))
    with pytest.raises(s.SpecError, match=r"EncoderDecoder\.heads has two heads of one output: logits, logits"):
        declared("t5").model.but(heads=(s.Tied(), s.TokenClassifier(2)))
    with pytest.raises(s.SpecError, match="unk is 100; it must lie in"):
        declared("bert").model.but(inputs=s.but(vocab=s.but(size=100)))
