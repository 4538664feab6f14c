"""Each objective has a measure of its own, and a trivial answer that a random model does not beat."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch

from clados.apply.ready import Ready
from clados.data.examples import DataError
from clados.data.packing import Packed
from clados.errors import InputError
from clados.nn.kinds.model import Output
from clados.objectives import Measure, SourceConfig, measure, task
from tests.apply.little import LENGTHS, SENTENCES, examples


@dataclass
class Held:
    """Held-out examples from a list."""

    rows: Sequence[Any]

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, index: int, epoch: int = 0) -> Any:
        return self.rows[index]


def held_out(card: str, ready: Ready) -> Any:
    """The trainer's own source of the examples that the tiny model is made for."""
    assert ready.objective is not None
    making = SourceConfig(LENGTHS.get(card, 64), 0, ready.tokenizer, ready.scales)
    return task(ready.objective).source(examples(card), making)


MEASURES = {
    "bert": ("fill@1", "the most frequent token"),
    "roberta": ("fill@1", "the most frequent token"),
    "gpt-2": ("next token@1", "the most frequent token"),
    "t5": ("fill@1", "the most frequent first token"),
    "transformer": ("chrF", "copying the source"),
    "vit": ("accuracy", "the most frequent class"),
    "clip": ("R@1", "chance"),
}  # what acts is left out: a random network may balance CartPole, which a line between its states does too


@pytest.mark.parametrize("card", MEASURES)
def test_a_random_model_does_not_beat_the_trivial_answer(card: str, ready: Callable[[str], Ready]) -> None:
    model = ready(card)
    found = measure(model, held_out(card, model), examples=8)
    assert (found.name, found.beside) == MEASURES[card]
    assert not found.better
    assert found.value >= 0
    assert found.trivial > 0
    assert found == measure(model, held_out(card, model), examples=8)


def test_a_model_that_knows_what_follows_guesses_all(ready: Callable[[str], Ready]) -> None:
    gpt = ready("gpt-2")
    rows = [
        Packed(torch.tensor(gpt.required_tokenizer.encode(text)).numpy(), torch.zeros(1).numpy()) for text in SENTENCES
    ]
    follows = {
        tuple(row.ids[: at + 1].tolist()): int(row.ids[at + 1]) for row in rows for at in range(len(row.ids) - 1)
    }

    class Knows(torch.nn.Module):
        spec, inputs = gpt.spec, None
        heads = {"lm": lambda states, *_: torch.nn.functional.one_hot(states[:, 0], 500)}  # noqa: RUF012 (never changed)

        def states(self, input_ids: torch.Tensor) -> torch.Tensor:
            known = [[follows.get(tuple(row[: at + 1]), 0) for at in range(len(row))] for row in input_ids.tolist()]
            return torch.tensor(known)[..., None]

    known = Knows()
    known.register_parameter("weight", torch.nn.Parameter(torch.zeros(1)))
    found = measure(replace(gpt, model=known), Held(rows))  # type: ignore[arg-type]
    assert found.value == 1.0
    assert found.better
    assert found.number == len([0 for row in rows for _ in row.ids[1:]])


def test_pairs_without_a_place_for_each_token_are_left_out(
    ready: Callable[[str], Ready], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, rows = ready("transformer"), held_out("transformer", ready("transformer"))
    whole = measure(model, rows, examples=len(rows))
    longest = max(len(row.source) for row in rows.rows)
    assert whole.number == len(rows)
    monkeypatch.setattr(model.model, "max_positions", longest)  # with an end token one too few for the longest sources
    fewer = measure(model, rows, examples=len(rows))
    assert 0 < fewer.number < whole.number
    assert fewer.beside == f"copying the source; {whole.number - fewer.number} longer pairs left out"
    monkeypatch.setattr(model.model, "max_positions", longest + 1)
    sources = [row for row in rows.rows if len(row.target) <= longest]
    assert measure(model, Held(sources), examples=len(sources)).number == len(sources)
    monkeypatch.setattr(model.model, "max_positions", 1)
    with pytest.raises(DataError, match=r"no held-out pair fits into the 1 positions that .* has"):
        measure(model, rows, examples=len(rows))


def test_classes_have_to_be_right_twenty_points_more_often_than_the_most_frequent(
    ready: Callable[[str], Ready],
) -> None:
    vit = ready("vit")
    rows = examples("vit")[:20]
    labels = [row.label for row in rows]

    class Right(torch.nn.Module):
        spec = vit.spec

        def forward(self, pixel_values: torch.Tensor) -> Output:
            return Output(logits=torch.nn.functional.one_hot(torch.tensor(labels[: len(pixel_values)]), 10))

    model = Right()
    model.register_parameter("weight", torch.nn.Parameter(torch.zeros(1)))
    found = measure(replace(vit, model=model), Held(rows), batch=20)  # type: ignore[arg-type]
    assert found.value == 1.0
    assert found.asked == pytest.approx(found.trivial + 0.2)
    assert found.trivial == pytest.approx(max(map(labels.count, labels)) / 20)


def test_better_means_above_the_trivial_answer_by_what_is_asked() -> None:
    assert Measure("x", 0.5, 0.2, "chance", asked=0.4, number=9).better
    assert not Measure("x", 0.3, 0.2, "chance", asked=0.4, number=9).better
    assert not Measure("x", 0.2, 0.2, "chance", asked=0.2, number=9).better


def test_what_acts_is_measured_by_its_return(ready: Callable[[str], Ready]) -> None:
    model = ready("decision-transformer")
    act_head = model.model.heads["action"].out
    torch.nn.init.zeros_(act_head.weight)
    act_head.bias.data = torch.tensor([1.0, 0.0])  # always to the left, which falls at once
    found = measure(model, Held([0]))
    assert (found.name, found.beside, found.number, found.better) == ("mean return", "random actions", 50, False)
    assert found.value < 12 < found.trivial < 30
    assert found.asked == 2 * found.trivial


def test_without_an_objective_there_is_nothing_to_measure(ready: Callable[[str], Ready]) -> None:
    with pytest.raises(InputError, match="its objective is not known"):
        measure(replace(ready("bert"), objective=None), Held([1]))


@pytest.mark.parametrize(("right", "better"), [(2, False), (3, True)])
def test_texts_have_to_come_first_three_times_as_often_as_by_chance(
    ready: Callable[[str], Ready], right: int, better: bool
) -> None:
    clip = ready("clip")

    class Knows(torch.nn.Module):
        spec = clip.spec

        def forward(self, pixel_values: torch.Tensor, **texts: torch.Tensor) -> Output:
            number = len(pixel_values)
            first = [i if i < right else (i + 1) % number for i in range(number)]
            return Output(logits_per_image=torch.eye(number)[first])

    model = Knows()
    model.register_parameter("weight", torch.nn.Parameter(torch.zeros(1)))
    held = held_out("clip", clip)
    rows = Held([held.at(i % len(held)) for i in range(8)])
    found = measure(replace(clip, model=model), rows, examples=8)  # type: ignore[arg-type]
    assert (found.name, found.number, found.value) == ("R@1", 8, right / 8)
    assert (found.asked, found.trivial) == (3 / 8, 1 / 8)
    assert found.better is better
