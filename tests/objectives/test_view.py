"""An objective on a user's own sentence."""

import html
import io

import numpy as np
import pytest
from rich.console import Console

from clados import spec as s
from clados.data.roles import Roles
from clados.data.sets import wordnet
from clados.data.tokenizer import Tokenizer
from clados.data.training import train_tokenizer
from clados.errors import InputError
from clados.models.declared import declared
from clados.objectives.view import View, show

TEXT = "The cat sat on the mat and looked at the moon. Then it went home to sleep."


@pytest.fixture(scope="module")
def tokenizers() -> dict[str, Tokenizer]:
    texts = [each.text for each in wordnet()[:40]]
    models = {card: declared(card).model for card in ("bert", "gpt-2", "t5")}
    return {card: train_tokenizer(texts, m.vocab.kind, 700, Roles.of(m.vocab)) for card, m in models.items()}


def of(card: str, tokenizers: dict[str, Tokenizer], text: str = TEXT, seed: int = 0) -> View:
    declaration = declared(card)
    objective = declaration.recipe.stages[0].objective
    return show(objective, declaration.model, text, tokenizers[card], seed)


def test_a_decoder_predicts_each_next_token(tokenizers: dict[str, Tokenizer]) -> None:
    found = of("gpt-2", tokenizers)
    tokens = tokenizers["gpt-2"].tokens(tokenizers["gpt-2"].encode(TEXT))
    assert [piece.token for piece in found.sees] == tokens[:-1]
    assert [piece.predicts for piece in found.sees] == tokens[1:]
    assert found.writes == ()


def test_an_encoder_predicts_what_is_hidden_replaced_or_kept(tokenizers: dict[str, Tokenizer]) -> None:
    tokenizer = tokenizers["bert"]
    whole = tokenizer.tokens(tokenizer.encode(*TEXT.replace("moon. ", "moon.|").split("|")))
    marks = set()
    for seed in range(30):
        found = of("bert", tokenizers, seed=seed)
        restored = [piece.predicts or piece.token for piece in found.sees]
        assert restored == whole
        wanted = [piece for piece in found.sees if piece.predicts]
        assert len(wanted) == round(0.15 * len(whole))
        assert all((piece.token == "[MASK]") == (piece.mark == "hidden") for piece in wanted)
        marks |= {piece.mark for piece in wanted}
        assert found.also == {"the second segment follows the first": True}
    assert marks == {"hidden", "replaced", "kept"}


def test_a_text_that_is_wholly_hidden_is_still_predicted_in_place(tokenizers: dict[str, Tokenizer]) -> None:
    every = s.MaskedTokens(rate=1.0)
    found = show(every, declared("bert").model, TEXT, tokenizers["bert"])
    assert {piece.mark for piece in found.sees if piece.predicts} <= {"hidden", "replaced", "kept"}


def test_an_encoder_decoder_writes_the_spans_that_are_gone(tokenizers: dict[str, Tokenizer]) -> None:
    found = of("t5", tokenizers)
    gaps = [piece.token for piece in found.sees if piece.mark == "sentinel"]
    assert gaps == [piece.token for piece in found.writes if piece.mark == "sentinel"]
    assert gaps[0] == "<extra_id_0>"
    assert found.writes[-1].token == found.sees[-1].token == "</s>"


def test_a_translation_needs_both_texts(tokenizers: dict[str, Tokenizer]) -> None:
    with pytest.raises(InputError, match=r"a translation needs two texts: give --text 'source \| target'"):
        show(s.Translation(), declared("t5").model, TEXT, tokenizers["t5"])
    found = show(s.Translation(), declared("t5").model, "the cat | the moon", tokenizers["t5"])
    assert [piece.id for piece in found.writes] == [*tokenizers["t5"].encode("the moon")]


def test_too_short_texts_and_other_objectives_are_refused(tokenizers: dict[str, Tokenizer]) -> None:
    with pytest.raises(InputError, match=r"the text '' is 0 token\(s\) long; it takes two or more"):
        show(s.NextToken(), declared("gpt-2").model, " ", tokenizers["gpt-2"])
    with pytest.raises(InputError, match="Contrastive does not learn from a text alone"):
        show(s.Contrastive(), declared("gpt-2").model, TEXT, tokenizers["gpt-2"])


def test_the_view_is_plain_data(tokenizers: dict[str, Tokenizer]) -> None:
    found = of("t5", tokenizers).json()
    assert set(found) == {"sees", "writes", "also", "attends", "paired"}
    assert np.all([set(piece) == {"token", "id", "mark", "predicts"} for piece in found["sees"]])


def test_tokens_spelt_in_bytes_are_read_as_their_text_and_kept_as_they_are(tokenizers: dict[str, Tokenizer]) -> None:
    found = of("gpt-2", tokenizers, "The cat sat on it")
    raw = [piece.token for piece in found.sees]
    assert any(token.startswith("Ġ") for token in raw)
    assert [each["token"] for each in found.json()["sees"]] == raw
    printed = io.StringIO()
    Console(file=printed, width=200).print(found)
    for text in (str(found.page()), printed.getvalue()):
        assert "▁on (from " in text
        assert "Ġ" not in text


def of_small(card: str, seed: int = 0) -> View:
    from clados.train.objective import objective

    return objective(card, TEXT, seed=seed).view


def test_a_plain_model_has_no_relation_of_its_own(tokenizers: dict[str, Tokenizer]) -> None:
    assert all(of(card, tokenizers).attends == {} for card in ("bert", "gpt-2", "t5"))


def test_a_text_with_blanks_is_read_both_ways_and_its_spans_one_after_the_other() -> None:
    found = of_small("glm")
    read = next(place for place, piece in enumerate(found.sees) if piece.predicts)
    for place, row in zip(found.attends["reads"].places, found.attends["reads"].sees):
        assert row == tuple(int(other <= max(place, read - 1)) for other in range(len(found.sees)))
    text = str(found.page())
    assert "who sees whom" in text
    assert f"{'■' * read}{'·' * (len(found.sees) - read)}" in text


def test_in_a_permuted_order_nobody_sees_itself_where_it_is_asked_for() -> None:
    found = of_small("xlnet")
    asked = [place for place, piece in enumerate(found.sees) if piece.predicts]
    reads, predicts = found.attends["reads"], found.attends["predicts"]
    assert list(predicts.places) == asked
    assert {piece.mark for piece in found.sees if piece.predicts} == {"hidden"}
    seen = [sum(row[place] for place in asked) for row in predicts.sees]
    assert len(asked) > 2
    assert all(not row[place] for place, row in zip(predicts.places, predicts.sees))
    assert max(seen) < len(asked)
    for place, row in zip(predicts.places, predicts.sees):  # the stream that reads sees the same, and itself
        assert reads.sees[place] == tuple(int(bool(each) or other == place) for other, each in enumerate(row))
    drawn = found.figure("A text in a permuted order")
    assert list(drawn.data) == ["sees, and predicts below", "who sees whom", "whom each sees that is asked for"]
    assert drawn.svg.count("does not see") == sum(row.count(0) for each in (reads, predicts) for row in each.sees)


TURNS = ["The cat can see.", "The fox is quick.", "The moon is round.", "The dog runs."]


def test_every_turn_of_a_dialogue_is_shown_that_is_learned(tokenizers: dict[str, Tokenizer]) -> None:
    gpt, text = declared("gpt-2").model, " | ".join(TURNS)
    found = show(s.DialogueTurns(), gpt, text, tokenizers["gpt-2"])
    tokens = [piece.token for piece in found.sees]
    assert "".join(tokens).replace("Ġ", " ") == "<|endoftext|>".join(TURNS)
    assert found.sees[-1].predicts == "<|endoftext|>"
    assert [piece["token"] for piece in found.json()["sees"]] == tokens
    assert all("<|endoftext|>" in text for text in (str(found.page()), html.unescape(found.figure("turns").svg)))
    plain = show(s.NextToken(), gpt, text, tokenizers["gpt-2"])
    assert "".join(piece.token for piece in plain.sees).replace("Ġ", " ").count("|") == 3


def test_who_answers_is_shown_the_last_answer_and_what_came_before(tokenizers: dict[str, Tokenizer]) -> None:
    learned, model = s.Supervised(), declared("t5").model
    found = show(learned, model, " | ".join(TURNS), tokenizers["t5"])
    assert "".join(piece.token for piece in found.writes).replace("▁", " ").strip() == f"{TURNS[-1]}</s>"
    read = "".join(piece.token for piece in found.sees).replace("▁", " ")
    assert all(turn in read for turn in TURNS[:-1])
    with pytest.raises(
        InputError, match=r"nobody answers the last turn, 'The moon is round\.', and nothing is learned"
    ):
        show(learned, model, " | ".join(TURNS[:3]), tokenizers["t5"])
