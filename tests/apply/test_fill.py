"""Blanks are filled with what the model finds likeliest; spans with what it writes for each sentinel."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from clados import spec as s
from clados.apply.blanks import BLANK
from clados.apply.fill import _Anew, fill, written_spans
from clados.apply.ready import Ready
from clados.data import Text, train_tokenizer
from clados.data.roles import Roles
from clados.errors import InputError
from clados.names import marked_languages
from clados.nn import build
from clados.objectives import task

WHOLE, HOLED = "The king sat on the throne of the castle.", "The <extra_id_0> sat on the [MASK] of the castle."


def test_words_have_the_probabilities_of_the_whole_vocabulary(ready: Callable[[str], Ready]) -> None:
    bert = ready("bert")
    (filled,) = fill(bert, "The [MASK] sat on the [MASK].", top=3)
    ids = torch.tensor([bert.required_tokenizer.encode("The [MASK] sat on the [MASK].")])
    with torch.no_grad():
        chances = bert.model(ids).logits.softmax(-1)[ids == bert.required_tokenizer.id("mask")]
    assert len(filled.blanks) == 2
    for blank, row in zip(filled.blanks, chances):
        best = row.topk(3)
        assert [each.probability for each in blank] == pytest.approx(best.values.tolist(), rel=1e-4)
        assert [each.text for each in blank] == bert.required_tokenizer.tokens(best.indices.tolist())
    ids[ids == bert.required_tokenizer.id("mask")] = chances.argmax(-1)
    assert filled.text == bert.required_tokenizer.decode(ids[0].tolist())


def test_texts_keep_their_order_and_their_answers_in_any_batch(ready: Callable[[str], Ready]) -> None:
    bert, texts = ready("bert"), ["[MASK]", "The dog [MASK] over the green hill.", "Rain [MASK] on the <mask>"]
    together, alone = fill(bert, texts), [fill(bert, text)[0] for text in texts]
    for a, b in zip(together, alone):
        assert a.text == b.text
        for x, y in zip(a.blanks, b.blanks):
            assert [each.probability for each in x] == pytest.approx([each.probability for each in y], rel=1e-4)


def test_marks_of_any_style_mean_a_blank(ready: Callable[[str], Ready]) -> None:
    roberta = ready("roberta")
    assert fill(roberta, "The <mask> sat") == fill(roberta, "The [MASK] sat")
    # as the tokenizer has it, the space before a mark is a word of its own, which no text of the training had
    assert roberta.required_tokenizer.encode("The<mask> sat") != roberta.required_tokenizer.encode("The <mask> sat")


def test_a_model_that_has_learned_spans_restores_them(ready: Callable[[str], Ready]) -> None:
    t5 = ready("t5")
    tokenizer, model = t5.required_tokenizer, build(t5.spec, seed=1)
    first, second, third = tokenizer.sentinels[:3]
    end = tokenizer.id("eos")
    target = [first, *tokenizer.encode("king", add_special_tokens=False), second]
    target += [*tokenizer.encode("throne", add_special_tokens=False), third, end]
    source = torch.tensor([tokenizer.encode("The<extra_id_0> sat on the<extra_id_1> of the castle.")])
    seen = torch.tensor([[t5.spec.vocab.start, *target[:-1]]])
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(model(source, decoder_input_ids=seen).logits[0], torch.tensor(target))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    (filled,) = fill(replace(t5, model=model), HOLED)
    assert filled.text == WHOLE
    assert [blank[0].text for blank in filled.blanks] == ["king", "throne"]
    assert all(0.5 < blank[0].probability <= 1 for blank in filled.blanks)


def test_spans_end_at_the_next_sentinel_and_the_text_at_its_end(ready: Callable[[str], Ready]) -> None:
    tokenizer = ready("t5").required_tokenizer
    first, second, third = tokenizer.sentinels[:3]
    end = tokenizer.id("eos")
    assert written_spans(tokenizer, [first, 7, 8, second, third, 9, end, 5]) == {first: [1, 2], second: [], third: [5]}
    assert written_spans(tokenizer, [7, first, 8, first, 9]) == {first: [2]}  # a sentinel said twice counts once
    assert written_spans(tokenizer, [end, first, 8]) == {}


def test_every_blank_gets_a_span_even_from_random_weights(ready: Callable[[str], Ready]) -> None:
    texts = ["The [MASK] sat on the [MASK].", "[MASK]", "A dog ran over the green hill [MASK] the river."]
    together = fill(ready("t5"), texts)
    assert [len(filled.blanks) for filled in together] == [2, 1, 1]
    for filled, text in zip(together, texts):
        (alone,) = fill(ready("t5"), text)
        assert filled.text == alone.text
        for (candidate,), (again,) in zip(filled.blanks, alone.blanks):
            assert 0 < candidate.probability <= 1
            assert candidate.probability == pytest.approx(again.probability, rel=1e-3)


def test_texts_of_a_marked_language_are_read_as_they_were_learned(
    ready: Callable[[str], Ready], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sentences with an end token each, their language last and first of what is written (Liu et al. 2020, §2.2)."""
    bart = ready("bart")
    examples = [Text(name, text, name) for name, text in (("de", "Der Hund rannte. Er lief."), ("en", HOLED))]
    objective = s.Denoised(marked=True)
    roles = replace(Roles.of(bart.spec.vocab), marks=task(objective).marks(examples))
    words = train_tokenizer([each.text for each in examples], "bytes", 300, roles)
    assert {*marked_languages(words.special)} == {"de", "en"}
    spec = bart.spec.but(inputs=s.but(vocab=s.but(size=words.size, **words.ids, start=words.id("eos"))))
    mbart = replace(bart, model=build(spec, seed=2), tokenizer=words, objective=objective)
    read: list[list[int]] = []
    encode, begun = mbart.model.encode, list[int]()

    def encoded(ids: torch.Tensor, keep: torch.Tensor | None) -> torch.Tensor:
        read.extend(ids.tolist())
        return encode(ids, keep)

    monkeypatch.setattr(mbart.model, "encode", encoded)
    mbart.model.register_forward_pre_hook(
        lambda _, args, given: begun.append(int(given["decoder_input_ids"][0, 0])), with_kwargs=True
    )
    (filled,) = fill(mbart, "Der Hund [MASK]. Er lief.", language="de")
    end, mark, mask = words.id("eos"), words.special["[de]"], words.id("mask")
    first, second = (words.encode(each, add_special_tokens=False) for each in ("Der Hund<mask>.", " Er lief."))
    assert read == [[*first, end, *second, end, mark]]
    assert (begun[0], mask in first, len(filled.blanks)) == (mark, True, 1)
    with pytest.raises(InputError, match="has learned several languages; say the texts' language: de, en"):
        fill(mbart, "Der Hund [MASK].")
    with pytest.raises(InputError, match="language is 'fr'; bart knows de, en"):
        fill(mbart, "Der Hund [MASK].", language="fr")
    with pytest.raises(InputError, match="language is 'de'; bert marks no language"):
        fill(ready("bert"), "Der Hund [MASK].", language="de")


def test_published_weights_fill_by_the_one_pretraining_of_their_card(ready: Callable[[str], Ready]) -> None:
    """Nothing records what they learned, and BART is pretrained by one objective; PEGASUS's fills no blanks."""
    bart = replace(ready("bart"), objective=None)
    found = fill(bart, "The [MASK] sat on the throne.")
    assert found == fill(replace(bart, objective=s.Denoised()), "The [MASK] sat on the throne.")
    for source in (replace(ready("pegasus"), objective=None), replace(bart, name="a model of its own")):
        with pytest.raises(InputError, match=r"is an? EncoderDecoder of tokens: it can .*; not fill"):
            fill(source, "The [MASK] sat.")


def test_what_cannot_be_filled_is_refused(ready: Callable[[str], Ready]) -> None:
    with pytest.raises(InputError, match=r"'The king sat' has no blank; write \[MASK\]"):
        fill(ready("bert"), "The king sat")
    with pytest.raises(InputError, match="text 1 of 1 has 103 tokens; bert has positions for 64"):
        fill(ready("bert"), "[MASK]" + " king" * 100)
    with pytest.raises(InputError, match="top is 0"):
        fill(ready("bert"), "[MASK]", top=0)
    with pytest.raises(InputError, match="120 blanks; t5 has 100 sentinels"):
        fill(ready("t5"), "[MASK] " * 120)


def test_a_megabyte_of_space_is_read_once(ready: Callable[[str], Ready]) -> None:
    text = "x" + " " * 1_000_000 + "y"  # a search that begins at each space anew takes hours
    with pytest.raises(InputError, match="has no blank"):
        fill(ready("bert"), text)
    assert BLANK.sub("_", "a \n [MASK] b[MASK][MASK]  c") == "a_ b__  c"


def test_what_is_written_anew_keeps_its_parts_and_ends_a_span_where_it_goes_on() -> None:
    text = _Anew([[5, 6], [7], [], [8]])
    guesses = iter([0, 0, 20, 21, 7, 0, 30, 8, 0, 9])
    written = []
    while (token := text.next(next(guesses), -0.5)) is not None:
        written.append(token)
    assert written == [5, 6, 20, 21, 7, 0, 30, 8]
    assert text.spans == [[20, 21], [0, 30], []]
    assert text.log == [-1.0, -1.0, 0.0]
