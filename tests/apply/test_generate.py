"""Generation equals transformers' on the same weights, and itself without a cache."""

import math
import re
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from clados.apply.decoding.choice import Sampling
from clados.apply.generate import TOP_K, generate
from clados.apply.logprobs import logprobs
from clados.checkpoints.generation import GenerationConfig
from clados.errors import CladosError, InputError
from clados.models.declared import declared
from clados.nn import build
from clados.spec import Transposed, but, rows, tiny

WORDS = 97
bert, gpt_2, t5 = (declared(card) for card in ("bert", "gpt-2", "t5"))
PROMPT = torch.tensor([[5, 9, 33, 71, 2, 60], [8, 8, 40, 3, 77, 12], [60, 2, 5, 71, 9, 33]])
PADDED = torch.tensor([[1, 1, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1], [0, 1, 1, 1, 1, 1]])


def matched(pattern: str, path: str) -> re.Match[str] | None:
    """The pieces of a path that a rule's stars stand for."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", "([^.]+)"), path)


def load(ours: Any, theirs: Any, declaration: Any) -> None:
    """Their weights in our model."""
    given, taken = theirs.state_dict(), {}
    rules = declaration.layouts[0].rules.items()
    for row in rows(ours.spec):
        found, rule = next((found, rule) for pattern, rule in rules if (found := matched(pattern, row.path)))
        name = getattr(rule, "name", rule)
        for piece in found.groups():
            name = name.replace("*", piece, 1)
        joined = re.search(r"\{(.*)\}", name)
        names = [name.replace(joined[0], part) for part in joined[1].split(",")] if joined else [name]
        tensors = [given[name].T if isinstance(rule, Transposed) else given[name] for name in names]
        taken[row.path] = torch.cat(tensors)
    ours.load_state_dict(taken)


def lively(model: Any) -> Any:
    """Weights so large that the likeliest tokens differ from step to step."""
    torch.manual_seed(1)
    for parameter in model.parameters():
        parameter.data.copy_(torch.randn_like(parameter) * 0.5 + 0.5 * (parameter.dim() == 1))
    return model.eval()


@pytest.fixture(scope="module")
def decoder() -> tuple[Any, Any]:
    config = transformers.GPT2Config(
        vocab_size=WORDS, n_embd=48, n_layer=3, n_head=4, n_inner=80, n_positions=40, bos_token_id=1, eos_token_id=2
    )
    theirs = lively(transformers.GPT2LMHeadModel(config))
    vocab = but(size=WORDS, bos=1, eos=2)
    ours = build(tiny(gpt_2.model).but(inputs=but(vocab=vocab, position=but(length=40))))
    load(ours, theirs, gpt_2)
    return ours, theirs


@pytest.fixture(scope="module")
def answerer() -> tuple[Any, Any]:
    config = transformers.T5Config(
        vocab_size=WORDS, d_model=48, num_layers=3, num_heads=4, d_ff=80, d_kv=20, decoder_start_token_id=0
    )
    theirs = lively(transformers.T5ForConditionalGeneration(config))
    ours = build(tiny(t5.model).but(inputs=but(vocab=but(size=WORDS))))
    load(ours, theirs, t5)
    return ours, theirs


@pytest.fixture(params=["decoder", "answerer"])
def pair(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    both: tuple[Any, Any] = request.getfixturevalue(request.param)
    return both


def theirs_of(model: Any, ids: Tensor, **given: Any) -> Tensor:
    ids_out: Tensor = model.generate(ids, do_sample=False, pad_token_id=given.pop("pad", 1), **given)
    return ids_out


def upto(row: Tensor, eos: int, start: int) -> list[int]:
    """A row's tokens up to its first end."""
    new = row[start:].tolist()
    return new[: new.index(eos) + 1] if eos in new else new


def upto_any(row: Tensor, ends: Any, start: int) -> list[int]:
    """The same with several ends."""
    new = row[start:].tolist()
    return new[: next((i + 1 for i, token in enumerate(new) if token in ends), len(new))]


@pytest.mark.parametrize("mask", [torch.ones_like(PADDED), PADDED], ids=["whole", "padded on the left"])
def test_greedy_text_equals_the_reference(pair: tuple[Any, Any], mask: Tensor) -> None:
    ours, theirs = pair
    expected = theirs_of(theirs, PROMPT, attention_mask=mask, max_new_tokens=20, eos_token_id=2)
    assert generate(ours, PROMPT, attention_mask=mask, max_new_tokens=20, eos=2, pad=1).equal(expected)
    assert len(expected[:, -20:].unique()) > 3


@pytest.mark.parametrize("penalty", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("mask", [torch.ones_like(PADDED), PADDED], ids=["whole", "padded on the left"])
def test_beams_equal_the_reference(pair: tuple[Any, Any], mask: Tensor, penalty: float) -> None:
    ours, theirs = pair
    eos = int(generate(ours, PROMPT, attention_mask=mask, max_new_tokens=9, eos=())[0, -1])  # an end that comes
    given: dict[str, Any] = {"attention_mask": mask, "max_new_tokens": 15, "length_penalty": penalty}
    expected = theirs_of(theirs, PROMPT, num_beams=4, eos_token_id=eos, **given)
    found = generate(ours, PROMPT, beams=4, eos=eos, pad=1, **given)
    start = 1 if theirs.config.is_encoder_decoder else PROMPT.size(1)
    assert [upto(row, eos, start) for row in found] == [upto(row, eos, start) for row in expected]


CONSTRAINTS: dict[str, dict[str, Any]] = {
    "repetition_penalty": {"repetition_penalty": 1.4},
    "repetition_penalty below 1": {"repetition_penalty": 0.6},
    "no_repeat_ngram_size 1": {"no_repeat_ngram_size": 1},
    "no_repeat_ngram_size 2": {"no_repeat_ngram_size": 2},
    "bad_words_ids": {"bad_words_ids": ((7,), (2,), (8, 40), (33, 71, 2))},
    "min_length": {"min_length": 10},
    "min_new_tokens": {"min_new_tokens": 7},
    "forced_bos_token_id": {"forced_bos_token_id": 50},
    "forced_eos_token_id": {"forced_eos_token_id": (2,), "max_new_tokens": 3},
    "suppress_tokens": {"suppress_tokens": (3, 12, 40, 71)},
    "begin_suppress_tokens": {"begin_suppress_tokens": tuple(range(0, 97, 2))},
    "a start": {"decoder_start_token_id": 41},
    "several": {"repetition_penalty": 1.2, "no_repeat_ngram_size": 3, "min_new_tokens": 4, "suppress_tokens": (9,)},
}


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("case", CONSTRAINTS)
def test_each_constraint_gives_the_text_of_the_reference(pair: tuple[Any, Any], case: str, beams: int) -> None:
    ours, theirs = pair
    free = generate(ours, PROMPT, attention_mask=PADDED, max_new_tokens=10, eos=(), beams=beams)
    new = free[:, -10:]
    common = new.flatten().bincount().argsort(descending=True).tolist()
    words: dict[str, Any] = {"bad_words_ids": ((common[0],), (2,), tuple(new[0, 2:4].tolist()), (common[1], 3, 4))}
    words |= {"suppress_tokens": tuple(common[:2]), "begin_suppress_tokens": tuple(new[:, 0].tolist())}
    said = {key: words.get(key, value) for key, value in CONSTRAINTS[case].items()}
    ends = (2, common[2])
    lists = {key: list(value) if isinstance(value, tuple) else value for key, value in said.items()}
    lists |= {key: [*map(list, value)] for key, value in said.items() if key == "bad_words_ids"}
    given = {"attention_mask": PADDED, "max_new_tokens": said.pop("max_new_tokens", 10)}
    lists.pop("max_new_tokens", None)
    expected = theirs_of(theirs, PROMPT, num_beams=beams, eos_token_id=list(ends), **given, **lists)
    config = GenerationConfig(num_beams=beams, eos_token_id=ends, pad_token_id=1, **said)
    found = generate(ours, PROMPT, config=config, **given)
    start = 1 if theirs.config.is_encoder_decoder else PROMPT.size(1)
    cut = [[upto_any(row, ends, start) for row in rows] for rows in (found, expected)]
    assert cut[0] == cut[1]
    plain = generate(ours, PROMPT, config=GenerationConfig(num_beams=beams, eos_token_id=ends, pad_token_id=1), **given)
    answers = theirs.config.is_encoder_decoder
    nothing = case in ("forced_bos_token_id", "a start") and not answers  # a decoder's prompt is longer than one token
    assert nothing or cut[0] != [upto_any(row, ends, start) for row in plain]


@pytest.mark.parametrize("early", [False, True, "never"])
@pytest.mark.parametrize("penalty", [-1.0, 0.0, 2.0])
def test_beams_stop_as_the_reference_does(pair: tuple[Any, Any], penalty: float, early: bool | str) -> None:
    ours, theirs = pair
    found = generate(ours, PROMPT, max_new_tokens=9, eos=())
    eos = found[:, -3].tolist()  # ends that come at several places
    given: dict[str, Any] = {"max_new_tokens": 15, "length_penalty": penalty, "early_stopping": early}
    expected = theirs_of(theirs, PROMPT, num_beams=3, eos_token_id=eos, attention_mask=torch.ones_like(PROMPT), **given)
    found = generate(ours, PROMPT, beams=3, eos=eos, pad=1, **given)
    start = 1 if theirs.config.is_encoder_decoder else PROMPT.size(1)
    assert [upto_any(row, eos, start) for row in found] == [upto_any(row, eos, start) for row in expected]


def test_what_the_user_says_goes_before_the_config(pair: tuple[Any, Any]) -> None:
    ours, _ = pair
    config = GenerationConfig(max_new_tokens=3, num_beams=3, repetition_penalty=3.0, do_sample=True, eos_token_id=(5,))
    said: dict[str, Any] = {"max_new_tokens": 9, "beams": 1, "repetition_penalty": 1.0, "temperature": 0, "eos": ()}
    plain = generate(ours, PROMPT, max_new_tokens=9, eos=())
    assert generate(ours, PROMPT, config=config, **said).equal(plain)
    assert not generate(ours, PROMPT, config=config, **(said | {"repetition_penalty": None})).equal(plain)
    assert generate(ours, PROMPT, config=config, **(said | {"max_new_tokens": None})).equal(plain[:, :-6])


def test_a_config_that_draws_draws_from_the_likeliest_fifty(decoder: tuple[Any, Any]) -> None:
    ours, _ = decoder
    many = PROMPT[:1].expand(2000, -1)
    with torch.inference_mode():
        likeliest = ours(PROMPT[:1]).logits[0, -1].topk(TOP_K).indices
    counts: tuple[dict[str, Any], ...] = ({}, {"top_k": 7}, {"top_k": 0})
    hot: dict[str, Any] = {"do_sample": True, "temperature": 50.0, "eos_token_id": (96,)}
    drawn = [
        generate(ours, many, max_new_tokens=1, seed=0, config=GenerationConfig(**hot, **said))[:, -1].unique()
        for said in counts
    ]
    assert torch.isin(drawn[0], likeliest).all()
    assert torch.isin(drawn[1], likeliest[:7]).all()
    assert [len(each) for each in drawn[:2]] == [TOP_K, 7]
    assert len(drawn[2]) > TOP_K


def test_top_k_alone_draws(decoder: tuple[Any, Any]) -> None:
    ours, _ = decoder
    alone = generate(ours, PROMPT, max_new_tokens=9, top_k=20, seed=1, eos=())
    assert alone.equal(generate(ours, PROMPT, max_new_tokens=9, top_k=20, temperature=1.0, seed=1, eos=()))
    assert not alone.equal(generate(ours, PROMPT, max_new_tokens=9, eos=()))


def test_texts_end_at_the_length_of_the_config(pair: tuple[Any, Any]) -> None:
    ours, theirs = pair
    new: dict[str, Any] = {"max_length": 12}
    expected = theirs_of(theirs, PROMPT, attention_mask=torch.ones_like(PROMPT), **new)
    assert generate(ours, PROMPT, config=GenerationConfig(**new), eos=2, pad=1).equal(expected)
    if not theirs.config.is_encoder_decoder:
        with pytest.raises(
            InputError, match=r"6 tokens stand before the new ones, and .* max_length 6: say max_new_tokens"
        ):
            generate(ours, PROMPT, config=GenerationConfig(max_length=6))


def test_ended_rows_are_padded(pair: tuple[Any, Any]) -> None:
    ours, theirs = pair
    free = generate(ours, PROMPT, max_new_tokens=12, eos=())
    eos = int(free[0, -8])
    expected = theirs_of(theirs, PROMPT, max_new_tokens=12, eos_token_id=eos)
    assert generate(ours, PROMPT, max_new_tokens=12, eos=eos, pad=1).equal(expected)


def test_generation_with_a_cache_equals_generation_without(decoder: tuple[Any, Any]) -> None:
    ours, _ = decoder
    texts = PROMPT
    with torch.inference_mode():
        for _ in range(20):
            texts = torch.cat([texts, ours(texts).logits[:, -1:].argmax(-1)], 1)
    assert generate(ours, PROMPT, max_new_tokens=20, eos=()).equal(texts)


def test_a_padded_text_is_continued_as_it_is_alone(decoder: tuple[Any, Any]) -> None:
    ours, _ = decoder
    together = generate(ours, PROMPT, attention_mask=PADDED, max_new_tokens=9, eos=())
    alone = generate(ours, PROMPT[1:2, 3:], max_new_tokens=9, eos=())
    assert together[1, -9:].equal(alone[0, -9:])


def test_stop_sequences_end_a_text(decoder: tuple[Any, Any]) -> None:
    ours, _ = decoder
    free = generate(ours, PROMPT[:1], max_new_tokens=12, eos=())
    stop = free[0, 10:12].tolist()
    end = next(i for i in range(8, 13) if free[0, i - 2 : i].tolist() == stop)
    assert generate(ours, PROMPT[:1], max_new_tokens=12, eos=(), stop=[stop]).equal(free[:, :end])


@pytest.mark.parametrize("beams", [1, 3])
def test_tokens_are_told_as_they_come(decoder: tuple[Any, Any], beams: int) -> None:
    ours, _ = decoder
    told: list[Tensor] = []
    found = generate(ours, PROMPT, max_new_tokens=7, eos=(), beams=beams, on_token=told.append)
    assert torch.stack(told, 1).equal(found[:, PROMPT.size(1) :])


def test_a_seed_repeats_its_text_and_another_gives_another(pair: tuple[Any, Any]) -> None:
    def text(seed: int) -> Tensor:
        return generate(pair[0], PROMPT, max_new_tokens=20, temperature=1.5, seed=seed, eos=())

    assert text(3).equal(text(3))
    assert not text(3).equal(text(4))


def test_drawn_tokens_follow_the_distribution(decoder: tuple[Any, Any]) -> None:
    ours, _ = decoder
    many = PROMPT[:1].expand(4000, -1)
    drawn = generate(ours, many, max_new_tokens=1, temperature=2.0, top_k=20, seed=0, eos=())[:, -1]
    with torch.inference_mode():
        expected = (ours(PROMPT[:1]).logits[0, -1] / 2.0).topk(20)
    share = (drawn[:, None] == expected.indices).float().mean(0)
    assert torch.isin(drawn, expected.indices).all()
    assert (share - expected.values.softmax(0)).abs().max() < 0.03


def test_filters_equal_the_reference() -> None:
    scores = torch.randn(5, 80, generator=torch.Generator().manual_seed(0)) * 3
    expected = transformers.TopKLogitsWarper(30)(PROMPT, transformers.TemperatureLogitsWarper(0.7)(PROMPT, scores))
    expected = transformers.TopPLogitsWarper(0.8)(PROMPT, expected)
    assert Sampling(0.7, 30, 0.8, None).filtered(scores).equal(expected)


def test_drawn_beams_are_all_likely_texts(decoder: tuple[Any, Any]) -> None:
    found = generate(decoder[0], PROMPT, max_new_tokens=8, temperature=1.0, top_k=1, beams=3, seed=0, eos=())
    assert found.equal(generate(decoder[0], PROMPT, max_new_tokens=8, eos=()))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"max_new_tokens": 35}, "make 41 positions; this model has learned 40"),
        ({"max_new_tokens": 0}, "max_new_tokens is 0; it must be at least 1"),
        ({"max_new_tokens": 3, "temperature": -1.0}, "temperature is -1.0; it must be 0 or more"),
        ({"max_new_tokens": 3, "temperature": math.inf}, "temperature is inf; it must be 0 or more, and finite"),
        ({"max_new_tokens": 3, "top_p": 1.5}, "top_p is 1.5; it must be above 0 and at most 1"),
        ({"max_new_tokens": 3, "top_k": 0}, "top_k is 0; it must be at least 1"),
        ({"max_new_tokens": 3, "beams": 0}, "beams is 0; it must be at least 1"),
        ({"max_new_tokens": 3, "top_k": 5, "temperature": 0}, "top_k is 5 and temperature 0"),
        ({"max_new_tokens": 3, "min_new_tokens": -1}, "min_new_tokens is -1; it must be 0 or more"),
        ({"max_new_tokens": 3, "min_new_tokens": 4}, "min_new_tokens is 4; it must be at most max_new_tokens"),
        ({"max_new_tokens": 3, "repetition_penalty": 0}, "repetition_penalty is 0; it must be above 0"),
        ({"max_new_tokens": 3, "no_repeat_ngram_size": -2}, "no_repeat_ngram_size is -2; it must be 0 or more"),
        (
            {"max_new_tokens": 3, "early_stopping": "later"},
            "early_stopping is later; it must be True, False or 'never'",
        ),
        ({"max_new_tokens": 3, "forced_bos": 97}, "forced_bos_token_id is 97; the vocabulary has ids up to 96"),
        ({"max_new_tokens": 3, "beams": 2, "length_penalty": float("nan")}, "length_penalty is nan"),
        ({"max_new_tokens": 3, "seed": -1}, "seed is -1; it must be from 0"),
        ({"max_new_tokens": 3, "n": 0}, "n is 0; it must be at least 1"),
        ({"max_new_tokens": 3, "n": 2}, "n is 2 and temperature 0, which writes the same text every time"),
        ({"max_new_tokens": 3, "n": 3, "beams": 2}, "n is 3 with 2 beams; it must be at most as many"),
    ],
)
def test_what_cannot_be_is_refused(decoder: tuple[Any, Any], given: dict[str, Any], said: str) -> None:
    with pytest.raises(CladosError, match=said):
        generate(decoder[0], PROMPT, **given)


def test_padding_on_either_side_gives_the_same_text(pair: tuple[Any, Any]) -> None:
    """And so does none, row by row."""
    ours, _ = pair
    left, right = PROMPT.clone(), PROMPT.clone()
    for row, (ids, mask) in enumerate(zip(PROMPT, PADDED)):
        text = ids[mask.bool()]
        left[row], right[row] = 0, 0
        left[row, len(ids) - len(text) :], right[row, : len(text)] = text, text
    given: dict[str, Any] = {"max_new_tokens": 12, "eos": (), "temperature": 0.0}
    a = generate(ours, left, attention_mask=PADDED, **given)[:, -12:]
    b = generate(ours, right, attention_mask=PADDED.sort(descending=True).values, **given)[:, -12:]
    alone = [generate(ours, ids[mask.bool()][None], **given)[:, -12:] for ids, mask in zip(PROMPT, PADDED)]
    assert a.equal(b)
    assert a.equal(torch.cat(alone))
    assert PADDED.sum() < PADDED.numel()


def test_several_texts_to_a_prompt_that_is_read_once(pair: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """They are those of as many copies of the prompt."""
    ours, theirs = pair
    rows, forward = list[int](), type(ours).forward

    def counted(self: Any, *given: Any, **more: Any) -> Any:
        rows.append(len(given[0] if given else more["decoder_input_ids"]))
        return forward(self, *given, **more)

    given: dict[str, Any] = {"attention_mask": PADDED, "max_new_tokens": 9, "eos": (), "temperature": 1.5, "seed": 3}
    copies = {**given, "attention_mask": PADDED.repeat_interleave(3, 0)}
    expected = generate(ours, PROMPT.repeat_interleave(3, 0), **copies)
    monkeypatch.setattr(type(ours), "forward", counted)
    assert generate(ours, PROMPT, n=3, **given).equal(expected)
    assert rows[:2] == [len(PROMPT), 3 * len(PROMPT)]
    assert len({tuple(row) for row in expected.tolist()}) == len(expected)
    wanted = theirs_of(theirs, PROMPT, num_beams=4, num_return_sequences=3, max_new_tokens=9, eos_token_id=2)
    assert generate(ours, PROMPT, beams=4, n=3, max_new_tokens=9, eos=2, pad=1).equal(wanted)


def test_what_may_follow_is_decided_from_what_is_written(decoder: tuple[Any, Any]) -> None:
    """Tokens above the last one alone, until 60 is passed; of beams and samples, too."""

    def allowed(new: Tensor) -> Tensor:
        last = new[:, -1:] if new.size(1) else torch.full((len(new), 1), 3)
        return torch.arange(WORDS) > last

    def over(new: Tensor) -> Tensor:
        return new[:, -1] > 60

    for more in ({}, {"beams": 3}, {"temperature": 1.0, "n": 4, "seed": 0}):
        found = generate(decoder[0], PROMPT, max_new_tokens=20, eos=(), pad=0, allowed=allowed, over=over, **more)
        for row in found[:, PROMPT.size(1) :].tolist():
            text = row[: row.index(0)] if 0 in row else row
            assert text == sorted({*text})
            assert [token for token in text if token > 60] == text[-1:]


def test_log_probabilities_equal_the_reference(pair: tuple[Any, Any]) -> None:
    """transformers 5.23.0: compute_transition_scores of the logits."""
    ours, theirs = pair
    out = theirs.generate(
        PROMPT,
        attention_mask=PADDED,
        max_new_tokens=10,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=1,
        output_logits=True,
        return_dict_in_generate=True,
    )
    expected = theirs.compute_transition_scores(out.sequences, out.logits, normalize_logits=True)
    found = logprobs(ours, PROMPT, out.sequences[:, -10:], attention_mask=PADDED)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert found.unique().numel() > 5


def test_a_model_that_does_not_write_is_refused() -> None:
    with pytest.raises(InputError, match="Encoder does not write text"):
        generate(build(tiny(bert.model)), PROMPT, max_new_tokens=3)


@pytest.mark.parametrize("top_p", [1e-9, 0.3, 0.5])
def test_the_likeliest_token_is_always_among_the_sampled(top_p: float) -> None:
    scores = torch.tensor([[2.0, 1.9, -3.0, 0.5], [-1.0, 4.0, 3.99, 3.98]])
    sampling = Sampling(1.0, None, top_p, torch.Generator().manual_seed(0))
    drawn = {tuple(sampling.picked(sampling.filtered(scores), 1).flatten().tolist()) for _ in range(40)}
    assert any(0 in each for each in drawn)
    if top_p < 0.01:
        assert drawn == {(0, 1)}
