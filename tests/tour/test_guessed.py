"""Guesses of the report are the model's own probabilities."""

import re
from itertools import pairwise

import pytest
import torch

from clados.apply.ready import Ready, load
from clados.drawing.svg import text_width
from clados.errors import InputError
from clados.names import shown_token
from clados.objectives.view import show
from clados.playground.trials import names_of
from clados.tour.guessed import guessed_example, sample_continued, sample_filled
from clados.tour.shown import ladder

TEXT = "A person who bakes and sells bread. The oven is hot every morning."


def exact(model: str) -> Ready:
    """A small model in float32."""
    ready = load(model)
    ready.model.float()
    return ready


def test_what_a_decoder_guesses_is_the_probability_of_what_follows() -> None:
    ready = exact("small/gpt-2")
    found = guessed_example(ready, TEXT)
    ids = torch.tensor([ready.required_tokenizer.encode(TEXT)])
    with torch.inference_mode():
        chances = ready.model(ids).logits[0].softmax(-1)
    ((_, row),) = found.sides
    assert [token for token, _, _ in row[: ids.size(1)]] == names_of(ready, ids[0].tolist())
    assert row[0][2] is None  # nothing is expected before the first
    for at in range(1, ids.size(1)):
        token, _, guess = row[at]
        assert guess is not None
        hidden, chance, likeliest, surest, right = guess
        assert hidden == token
        assert right == (int(chances[at - 1].argmax()) == ids[0, at])
        assert chance == pytest.approx(float(chances[at - 1, ids[0, at]]), abs=1e-4)
        assert surest == pytest.approx(float(chances[at - 1].max()), abs=1e-4)
        assert [likeliest] == names_of(ready, [int(chances[at - 1].argmax())])


@pytest.mark.parametrize("model", ["small/bert", "small/t5"])
def test_every_place_that_is_asked_for_has_a_guess(model: str) -> None:
    ready = exact(model)
    found, seen = guessed_example(ready, TEXT), show(ready.objective, ready.spec, TEXT, ready.required_tokenizer)  # type: ignore[arg-type]
    wanted = [each.token if seen.writes else each.predicts for each in seen.writes or seen.sees]
    assert [guess[0] for guess in found.guesses] == [*map(shown_token, filter(None, wanted))]
    assert all(chance <= surest + 1e-6 for _, chance, _, surest, _ in found.guesses)
    assert all((hidden == best) == (chance == surest) == right for hidden, chance, best, surest, right in found.guesses)


def test_the_first_text_that_fits_is_taken() -> None:
    ready = exact("small/bert")
    long = TEXT * 20
    assert guessed_example(ready, long, TEXT) == guessed_example(ready, TEXT)
    with pytest.raises(InputError, match="has room for 128 tokens"):
        guessed_example(ready, long)


def test_a_text_of_which_no_token_can_take_another_s_place_is_passed_over() -> None:
    ready = exact("small/electra")
    for short in ("A dog barks.", "The cat"):
        assert guessed_example(ready, short, TEXT) == guessed_example(ready, TEXT)
        with pytest.raises(InputError, match=f"electra is asked nothing of '{short}': a text has to be longer"):
            guessed_example(ready, short)


def test_samples_are_what_the_verbs_give() -> None:
    blank = sample_filled(exact("small/bert"), "A [MASK] barks.")
    assert [chance for _, chance in blank.candidates] == sorted((c for _, c in blank.candidates), reverse=True)
    assert blank.in_short.startswith(blank.candidates[0][0])
    written = sample_continued(exact("small/gpt-2"), "The king", 3)
    assert written == sample_continued(exact("small/gpt-2"), "The king", 3)
    assert written.in_short.startswith("The king")
    assert all(0 < chance <= 1 for _, chance in written.tokens)


def test_the_way_of_a_model_is_drawn_beside_guesses_without_one() -> None:
    drawn = ladder(6.0, 4.0, {"unigram": 5.0})
    start, end = (float(each.split('"')[0]) for each in drawn.split('cx="')[1:])
    (unigram,) = re.findall(r'<rect x="([\d.]+)"', drawn)
    assert start < end
    assert float(unigram) + 1.5 == pytest.approx((start + end) / 2, abs=0.1)


def test_what_is_said_of_the_way_stands_side_by_side() -> None:
    near = {"start": 6.0, "unigram": 4.01, "bigram": 4.0, "end": 4.02}
    drawn = ladder(near["start"], near["end"], {name: near[name] for name in ("unigram", "bigram")})
    texts = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>(\w+) ([\d.]+)</text>', drawn)
    assert [" ".join(each[2:]) for each in texts] == ["unigram 4.01", "bigram 4.00", "start 6.00", "end 4.02"]
    for row in {y for _, y, _, _ in texts}:
        spans = sorted((float(x), float(x) + text_width(f"{n} {v}", 12)) for x, y, n, v in texts if y == row)
        assert all(low >= 0 and high <= 320 for low, high in spans)
        assert all(one[1] < other[0] for one, other in pairwise(spans))
