"""Small pretrained models: what is said of them is measured anew, and each does what it is for."""

from collections.abc import Callable
from typing import Any

import pytest
import small as training

import clados
from clados.apply.ready import load
from clados.data.examples import split
from clados.data.sets import english, instructions, related, synsets, translation
from clados.small import SmallModel, small_models

FOUND = small_models()


def fill(each: SmallModel) -> Any:
    """Fill one blank, in the model's own way to write it."""
    ready = load(each.id)
    words = ready.required_tokenizer
    blank = "<extra_id_0>" if words.sentinels else words.roles.mask
    return clados.fill(ready, f"a person who {blank} music")


USES: dict[str, Callable[[SmallModel], Any]] = {
    "generate": lambda each: clados.generate(each.id, "a person who", max_new_tokens=8),
    "chat": lambda each: clados.chat(each.id, "What is the meaning of 'house'?", max_new_tokens=8),
    "answer": lambda each: clados.answer(each.id, "What is this a kind of?", "thing: a separate entity").text,
    "fill": fill,
    "discriminate": lambda each: clados.discriminate(each.id, "a person who music"),
    "embed": lambda each: clados.embed(each.id, ["a person who sings"]),
    "rank": lambda each: clados.rank(each.id, "puppy", ["a young dog", "a road"]),
    "summarize": lambda each: clados.summarize(each.id, "Pear: a sweet fruit. Apple: a red fruit. Plum: a blue fruit."),
    "translate": lambda each: clados.translate(each.id, "Please enter a valid date."),
}


def test_data_of_a_run_are_held_out_as_its_sets_hold_them_out() -> None:
    sets: dict[str, list[Any]] = {
        "english": english(),
        "translation": translation(),
        "pairs": related(synsets()),
        "questions": instructions(),
    }
    for name, examples in sets.items():
        _, held_out = split(examples)
        ours = training.held_out(name)
        assert list(ours) == [each for each in held_out if name != "translation" or each.language == "de"]
        assert ours


@pytest.mark.parametrize("each", FOUND, ids=[each.id for each in FOUND])
def test_it_does_what_it_is_for(each: SmallModel) -> None:
    for verb in each.verbs:
        assert len(USES[verb](each)) > 0


@pytest.mark.parametrize("each", FOUND, ids=[each.id for each in FOUND])
def test_its_held_out_figure_is_measured_anew(each: SmallModel) -> None:
    found = training.measured(each.folder, training.MODELS[each.folder.name])
    assert (found.name, found.beside) == (each.measure, each.beside)
    assert (found.value, found.trivial) == pytest.approx((each.value, each.trivial), rel=0.01, abs=2e-3)
