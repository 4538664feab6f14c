"""A translator that has learned a few pairs by heart says them; chrF is the published measure."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers.processors import TemplateProcessing

from clados import spec as s
from clados.apply.chrf import chrf
from clados.apply.generate import generate
from clados.apply.ready import Ready
from clados.apply.translate import translate
from clados.checkpoints.generation import GenerationConfig
from clados.errors import InputError
from clados.nn import build
from clados.objectives import Setting, VocabIds, measure, task
from clados.objectives.sides import SourceTarget
from tests.apply.little import PAIRS


@pytest.fixture(scope="module")
def rows(directory: Callable[[str], Any]) -> list[SourceTarget]:
    from clados.apply.ready import load

    encode = load(directory("transformer")).required_tokenizer.encode
    return [SourceTarget(*(np.array(encode(each, add_special_tokens=False)) for each in pair)) for pair in PAIRS]


@pytest.fixture(scope="module")
def learned(directory: Callable[[str], Any], rows: list[SourceTarget]) -> Ready:
    """Three pairs by heart."""
    from clados.apply.ready import load

    found = load(directory("transformer"))
    model = build(found.spec, seed=2)
    objective = s.Translation(smoothing=0.0)
    setting = Setting(found.spec, 32, VocabIds.of(found.required_tokenizer))
    batch = task(objective).prepare(rows, [np.random.default_rng(0)] * len(rows), setting)
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(80):
        optimiser.zero_grad()
        task(objective).loss(model, batch).mean.backward()
        optimiser.step()
    return replace(found, model=model.eval())


def test_it_says_what_it_has_learned_by_beams_and_greedily(learned: Ready) -> None:
    sources, targets = map(list, zip(*PAIRS))
    assert translate(learned, sources) == targets
    assert translate(learned, sources, beams=1, batch=1) == targets


def test_an_empty_text_is_refused(learned: Ready) -> None:
    with pytest.raises(InputError, match=r"text 2 of 2 is empty; there is nothing to translate"):
        translate(learned, ["a", " "])


def test_measured_on_what_it_knows_it_beats_copying(learned: Ready, rows: list[SourceTarget]) -> None:
    class Held:
        def __len__(self) -> int:
            return len(rows)

        def at(self, index: int, epoch: int = 0) -> SourceTarget:
            return rows[index]

    found = measure(learned, Held())
    assert (found.name, found.value, found.better, found.number) == ("chrF", 100.0, True, 3)
    assert found.trivial == pytest.approx(chrf(*zip(*PAIRS)))


def test_a_task_is_named_for_models_of_many_tasks_only(ready: Callable[[str], Ready], monkeypatch: Any) -> None:
    t5 = replace(ready("t5"), objective=None)
    seen: list[str] = []
    encode = type(t5.required_tokenizer).encode_batch

    def spied(self: Any, texts: list[str], **given: Any) -> Any:
        seen.extend([] if given else texts)  # their first words are looked at before
        return encode(self, texts, **given)

    monkeypatch.setattr(type(t5.required_tokenizer), "encode_batch", spied)
    translate(t5, "A dog", beams=1)
    translate(t5, "A dog", beams=1, prefix="")
    translate(ready("transformer"), "A dog", beams=1)
    assert seen == ["translate English to German: A dog", "A dog", "A dog"]


def test_chrf_is_that_of_sacrebleu() -> None:
    # computed with sacrebleu 2.5.1, CHRF().corpus_score
    found = ["The cat sat on the mat.", "Wiederaufnahme der Sitzung"]
    references = ["A cat sat on a mat.", "Die Wiederaufnahme der Sitzungsperiode"]
    assert chrf(found, references) == pytest.approx(66.80652205590238)
    assert chrf(["ab"], ["abc"]) == pytest.approx(63.636363636363626)
    assert chrf(["abcdefg"], ["abcdefg"]) == 100
    assert chrf(["abcdefg"], ["hijklmnop"]) == 0 == chrf([""], ["b"])


def test_weights_are_laid_for_as_many_texts_and_beams(
    directory: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[int] = []
    monkeypatch.setattr("clados.apply.ready.prepare_for_decoding", lambda model, number: rows.append(number))
    sources = [source for source, _ in PAIRS]
    translate(directory("transformer"), sources, beams=2, batch=2)
    translate(directory("transformer"), sources[:1], beams=2)
    assert rows == [4, 2]


LANGUAGES = ("en_XX", "de_DE", "fr_XX")


def multilingual(directory: Callable[[str], Any], config: GenerationConfig, start: int | None = None) -> Ready:
    """A translator whose tokenizer marks the language of a text in front, as mBART-50's does."""
    from clados.apply.ready import load

    found = load(directory("bart"))
    tokenizer = found.required_tokenizer
    backend = type(tokenizer.backend).from_str(tokenizer.backend.to_str())
    backend.add_special_tokens(list(LANGUAGES))
    english, eos = (backend.token_to_id("en_XX"), tokenizer.id("eos"))
    ends = [("en_XX", english), ("</s>", eos)]
    backend.post_processor = TemplateProcessing("en_XX $A </s>", "en_XX $A $B </s>", ends)
    vocab = s.but(size=backend.get_vocab_size(), start=start or eos)
    model: Any = build(found.spec.but(inputs=s.but(vocab=vocab)), seed=3).eval()
    model.generation_config = config
    return replace(found, model=model, tokenizer=type(tokenizer)(backend, tokenizer.roles), objective=None)


def given_to_search(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[int], dict[str, Any]]]:
    """What is given to the search: the ids of the first text, and the arguments."""
    calls: list[tuple[list[int], dict[str, Any]]] = []

    def search(model: Any, ids: torch.Tensor, **given: Any) -> torch.Tensor:
        calls.append((ids[0].tolist(), given))
        return generate(model, ids, **given)

    monkeypatch.setattr("clados.apply.translate.generate", search)
    return calls


def test_a_model_of_several_languages_is_told_which(
    directory: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = multilingual(directory, GenerationConfig(num_beams=2, max_length=9))
    ids = {code: ready.required_tokenizer.backend.token_to_id(code) for code in LANGUAGES}
    calls = given_to_search(monkeypatch)
    translate(ready, "The king")
    translate(ready, "The king", to="de")
    translate(ready, "The king", to="fr_XX", from_="de_DE")
    written = [(given["forced_bos"], given["start"], given["beams"], given["max_new_tokens"]) for _, given in calls]
    assert written == [(None, None, 2, None), (ids["de_DE"], None, 2, None), (ids["fr_XX"], None, 2, None)]
    assert [source[0] for source, _ in calls] == [ids["en_XX"], ids["en_XX"], ids["de_DE"]]
    starting = multilingual(directory, GenerationConfig(decoder_start_token_id=ids["fr_XX"]))  # mBART's answers
    translate(starting, "The king", to="de")
    assert (calls[-1][1]["forced_bos"], calls[-1][1]["start"]) == (None, ids["de_DE"])
    assert (calls[-1][1]["beams"], calls[-1][1]["length_penalty"]) == (4, 0.6)
    with pytest.raises(InputError, match="to is 'xx'; bart knows de_DE, en_XX, fr_XX"):
        translate(ready, "The king", to="xx")


def test_a_language_is_named_to_t5_and_marked_for_marian(
    ready: Callable[[str], Ready], directory: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    t5 = replace(ready("t5"), objective=None)
    texts: list[str] = []
    encode = type(t5.required_tokenizer).encode_batch

    def spied(self: Any, given: list[str], **how: Any) -> Any:
        texts.extend([] if how else given)
        return encode(self, given, **how)

    monkeypatch.setattr(type(t5.required_tokenizer), "encode_batch", spied)
    translate(t5, "A dog", beams=1, to="fr")
    translate(t5, "A dog", beams=1, to="romanian")
    with pytest.raises(InputError, match="to is 'it'; t5 knows German, French, Romanian"):
        translate(t5, "A dog", to="it")
    assert texts == ["translate English to French: A dog", "translate English to Romanian: A dog"]
    marian = multilingual(directory, GenerationConfig())
    backend = type(marian.required_tokenizer.backend).from_str(t5.required_tokenizer.backend.to_str())
    backend.add_tokens([">>fr<<"])
    many = replace(marian, tokenizer=type(marian.required_tokenizer)(backend, t5.required_tokenizer.roles))
    calls = given_to_search(monkeypatch)
    translate(many, "A dog", beams=1, to="fr")
    assert calls[0][0] == [backend.token_to_id(">>fr<<"), *t5.required_tokenizer.encode("A dog")]
    with pytest.raises(InputError, match="to is 'it'; bart knows fr"):
        translate(many, "A dog", to="it")
    with pytest.raises(InputError, match="does not mark the language"):
        translate(many, "A dog", from_="it")
    with pytest.raises(InputError, match="writes one language only"):
        translate(ready("transformer"), "A dog", to="it")
