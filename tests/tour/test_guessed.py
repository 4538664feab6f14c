"""Guesses of the report are the model's own probabilities, and its HTML shows texts as texts."""

import re

import pytest
import torch

from clados.apply.ready import Ready, load
from clados.errors import InputError
from clados.objectives.view import Piece, View
from clados.tour.guessed import Guess, GuessedExample, TourSample, guessed_example, sample_continued, sample_filled
from clados.tour.shown import guess_row, ladder, sample_cards

TEXT = "A person who bakes and sells bread. The oven is hot every morning."


def exact(model: str) -> Ready:
    """A small model in float32."""
    ready = load(model)
    ready.model.float()
    return ready


def test_what_a_decoder_guesses_is_the_probability_of_what_follows() -> None:
    ready = exact("small/gpt-2")
    found = guessed_example(ready, TEXT)
    ids = torch.tensor([[piece.id for piece in found.view.sees]])
    with torch.inference_mode():
        chances = ready.model(ids).logits[0].softmax(-1)
    assert len(found.guesses) > 10
    for each in found.guesses[:-1]:
        follows = found.view.sees[each.place + 1]
        assert each.hidden == follows.token == found.view.sees[each.place].predicts
        assert each.probability == pytest.approx(float(chances[each.place, follows.id]), abs=1e-5)
        assert each.surest == pytest.approx(float(chances[each.place].max()), abs=1e-5)


@pytest.mark.parametrize("model", ["small/bert", "small/t5"])
def test_every_place_that_is_asked_for_has_a_guess(model: str) -> None:
    found = guessed_example(exact(model), TEXT)
    pieces = found.view.writes or found.view.sees
    hidden = [(i, each.predicts or each.token) for i, each in enumerate(pieces) if found.view.writes or each.predicts]
    assert [(each.place, each.hidden) for each in found.guesses] == hidden
    assert all(each.probability <= each.surest + 1e-6 for each in found.guesses)
    assert all((each.likeliest == each.hidden) == (each.probability == each.surest) for each in found.guesses)


def test_the_first_text_that_fits_is_taken() -> None:
    ready = exact("small/bert")
    long = TEXT * 20
    assert guessed_example(ready, long, TEXT) == guessed_example(ready, TEXT)
    with pytest.raises(InputError, match="has room for 128 tokens"):
        guessed_example(ready, long)


def test_samples_are_what_the_verbs_give() -> None:
    blank = sample_filled(exact("small/bert"), "A [MASK] barks.")
    assert [chance for _, chance in blank.candidates] == sorted((c for _, c in blank.candidates), reverse=True)
    written = sample_continued(exact("small/gpt-2"), "The king", 3)
    assert written == sample_continued(exact("small/gpt-2"), "The king", 3)
    assert written.made.startswith("The king")
    assert all(0 < chance <= 1 for _, chance in written.written)


def test_texts_are_shown_as_texts_and_guesses_by_how_sure_they_are() -> None:
    view = View((Piece("<b>", 1, "hidden", "<i>"), Piece("x", 2, "text")), (), {})
    html = guess_row(GuessedExample(view, (Guess(0, "<i>", 0.9, "<i>", 0.9),)))
    html += sample_cards(
        [TourSample("<u> [MASK]", "", candidates=(("<s>", 0.1),)), TourSample("<p>", "", written=(("<q>", 0.5),))]
    )
    for tag in ("<b>", "<i>", "<u>", "<s>", "<q>"):
        assert html.count(tag) == {"<b>": html.count("<b>&lt;")}.get(tag, 0)
    assert "c4 right" in html
    assert "1 of 1 guesses are right" in html
    assert "guess of the next" not in html
    next_of = View((Piece("a", 1, "text", "b"), Piece("b", 2, "text")), (), {})
    assert "the guess of the next; 0 of 1" in guess_row(GuessedExample(next_of, (Guess(0, "b", 0.1, "c", 0.9),)))
    drawn = ladder(6.0, 4.0, {"unigram": 5.0})
    start, end = (float(each.split('"')[0]) for each in drawn.split('cx="')[1:])
    (unigram,) = re.findall(r'<rect x="([\d.]+)"', drawn)
    assert start < end
    assert float(unigram) + 1.5 == pytest.approx((start + end) / 2, abs=0.1)
