"""Every declared model that writes does so by the same code; each structure once, small, with weights of chance."""

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from clados import nn, spec as s
from clados.apply.generate import generate, room, writer_of
from clados.apply.verbs import verbs
from clados.errors import InputError
from clados.models.declared import declared, package_models
from clados.nn.kinds.arguments import learned_positions
from clados.proofs.cases import structures, without_capacity, without_dropout
from clados.proofs.parity import TOLERANCE, distance
from clados.proofs.references import randomise, spread

NEW = 5


def writers() -> Mapping[str, s.Model]:
    """Structures that write, each by the first model and size that have it; experts take every token."""
    made: dict[s.Model, str] = {}
    for name in package_models():
        for size, model in structures(declared(name)).items():
            if "generate" in verbs(model):
                made.setdefault(without_dropout(without_capacity(model)), f"{name} {size}")
    return {name: model for model, name in made.items()}


WRITERS = writers()
# A decoder that reads its prompt both ways has no whole pass from left to right: GLM's own tests show its writing.
ONE_WAY = [name for name, model in WRITERS.items() if not any(isinstance(each, s.Prefix) for each in s.parts(model))]

COUNTED = [
    name
    for name, model in WRITERS.items()
    if isinstance(model, s.EncoderDecoder) and learned_positions(model.target or model.inputs) is not None
]


@pytest.fixture(scope="module", params=WRITERS)
def writer(request: pytest.FixtureRequest) -> Any:
    """A small model with lively weights."""
    model = WRITERS[request.param]
    module = nn.module(model)
    randomise(dict(module.named_parameters()), spread(model))
    return module.eval()


def read(model: s.Model) -> tuple[Tensor, Tensor]:
    """Two texts of six and four words, none of them padding; the second is padded as the model wants it."""
    draw = torch.Generator().manual_seed(11)
    ids = torch.randint(8, model.vocab.size - 8, (2, 6), generator=draw)
    left = isinstance(model, s.Decoder)
    keep = torch.tensor([[1] * 6, [0, 0, 1, 1, 1, 1] if left else [1, 1, 1, 1, 0, 0]])
    return ids.where(keep.bool(), model.vocab.pad or 0), keep


def likeliest(module: Any, ids: Tensor, written: Tensor) -> Tensor:
    """The likeliest next word after ``written``, from one pass over everything, without a cache."""
    with torch.no_grad():
        if isinstance(module.spec, s.Decoder):
            logits: Tensor = module(written).logits
        else:
            logits = module(ids, decoder_input_ids=written).logits
    return logits[:, -1, : module.spec.written_vocab.size].argmax(-1)


@pytest.mark.parametrize("writer", ONE_WAY, indirect=True)
def test_the_likeliest_words_are_those_of_whole_passes(writer: Any) -> None:
    ids, keep = read(writer.spec)
    made = generate(writer, ids, attention_mask=keep, max_new_tokens=NEW, eos=())
    for at in range(made.size(1) - NEW, made.size(1)):
        assert made[:1, at].tolist() == likeliest(writer, ids[:1], made[:1, :at]).tolist()


def test_padding_changes_nothing_that_is_written(writer: Any) -> None:
    ids, keep = read(writer.spec)
    made = generate(writer, ids, attention_mask=keep, max_new_tokens=NEW, eos=())
    alone = generate(writer, ids[1:][keep[1:].bool()][None], max_new_tokens=NEW, eos=())
    assert made[1, -NEW:].tolist() == alone[0, -NEW:].tolist()


def test_words_are_drawn_and_searched_for(writer: Any) -> None:
    ids, keep = read(writer.spec)
    drawn = [
        generate(writer, ids, attention_mask=keep, max_new_tokens=NEW, eos=(), temperature=0.9, top_p=0.95, seed=seed)
        for seed in (3, 3)
    ]
    assert torch.equal(*drawn)
    searched = generate(writer, ids, attention_mask=keep, max_new_tokens=NEW, eos=(), beams=3)
    assert searched.shape == drawn[0].shape
    assert bool((searched < writer.spec.vocab.size).all())
    whole = generate(writer, ids[:1].expand(2, -1), max_new_tokens=NEW, eos=(), beams=3)
    assert whole[1].tolist() == searched[0].tolist()


@pytest.mark.parametrize("writer", COUNTED, indirect=True)
def test_answers_are_as_long_as_the_target_has_positions(writer: Any) -> None:
    ids, room = read(writer.spec)[0], writer.max_target_positions - 1
    assert generate(writer, ids, max_new_tokens=room, eos=()).size(1) == writer.max_target_positions
    with pytest.raises(
        InputError, match=f"make {room + 2} positions; this model has learned {writer.max_target_positions}"
    ):
        generate(writer, ids, max_new_tokens=room + 1, eos=())


@pytest.mark.parametrize("writer", ["glm 10b"], indirect=True)
@pytest.mark.parametrize(("blank", "taken"), [(True, 2), (False, 7)])
def test_a_blank_takes_no_places_behind_the_prompt(writer: Any, blank: bool, taken: int) -> None:
    """In a blank the first row, of what is read, and the start are counted; behind six words they are too."""
    mask, ids = writer.spec.vocab.mask, read(writer.spec)[0][:1]
    ids = ids.masked_fill(ids == mask, 5)
    if blank:
        ids[0, 1] = mask
    room = writer.max_positions - taken
    assert generate(writer, ids, max_new_tokens=room, eos=()).size(1) == 7 + room
    with pytest.raises(InputError, match=f"this model has learned {writer.max_positions}"):
        generate(writer, ids, max_new_tokens=room + 1, eos=())


def test_there_is_room_for_as_many_words_as_are_told_and_no_more(writer: Any) -> None:
    ids = read(writer.spec)[0][:1]
    free = room(writer, ids)
    writer_of(writer, ids, None, 500 if free is None else free)
    if free is not None:
        with pytest.raises(InputError, match="this model has learned"):
            writer_of(writer, ids, None, free + 1)


@pytest.mark.parametrize("writer", ["glm 10b"], indirect=True)
def test_behind_a_blank_there_is_room_as_if_the_prompt_were_one_row(writer: Any) -> None:
    ids = read(writer.spec)[0][:1]
    ids[0, 1] = writer.spec.vocab.mask
    assert room(writer, ids) == writer.max_positions - 2
    assert room(writer, ids.masked_fill(ids == writer.spec.vocab.mask, 5)) == writer.max_positions - ids.size(1) - 1


def test_padding_changes_no_score(writer: Any) -> None:
    """Of the first new word and, from the cache, of the second."""
    ids, keep = read(writer.spec)
    with torch.inference_mode():
        padded = writer_of(writer, ids, keep, NEW)
        alone = writer_of(writer, ids[1:][keep[1:].bool()][None], None, NEW)
        first = padded.read(padded.ids)[1:], alone.read(alone.ids)
        second = padded.read(torch.tensor([[9], [7]]))[1:], alone.read(torch.tensor([[7]]))
    for ours, wanted in (first, second):
        assert distance(ours, wanted) <= TOLERANCE


@pytest.mark.parametrize("writer", ["t5 11b", "bart base"], indirect=True)
@pytest.mark.parametrize("rows", [[1, 0], [0, 0, 1, 1], [1, 1, 0, 0], [1], [0, 1, 1]])
def test_a_cache_goes_on_with_any_rows(writer: Any, rows: list[int]) -> None:
    """Also with texts that change places, go, or are answered unlike times: as if read anew."""
    ids = read(writer.spec)[0]
    begun, more = torch.tensor([[9, 7], [8, 9]]), torch.full((len(rows), 1), 6)
    with torch.inference_mode():
        cache = writer.cache(2, 4)
        writer(ids, decoder_input_ids=begun, cache=cache)
        cache.reorder(torch.tensor(rows))
        found = writer(decoder_input_ids=more, cache=cache).logits
        wanted = writer(ids[rows], decoder_input_ids=torch.cat([begun[rows], more], 1)).logits[:, -1:]
    assert distance(found, wanted) <= TOLERANCE
