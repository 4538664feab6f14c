"""generation_config.json decides how a model writes, as it does in transformers; older config.json files too."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from clados.apply.generate import generate
from clados.checkpoints import CheckpointError, from_pretrained, save_pretrained
from clados.checkpoints.generation import FILE, GenerationConfig, read_generation

ENDS = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 2}
PLAIN = {"forced_eos_token_id": None, "forced_bos_token_id": None}
SOURCE = torch.tensor([[5, 6, 7, 2], [9, 30, 8, 2]])
GIVEN: dict[str, Any] = {"attention_mask": torch.ones_like(SOURCE), "max_new_tokens": 7}


def lively(made: Any) -> Any:
    torch.manual_seed(1)
    with torch.no_grad():
        for each in made.parameters():
            each.add_(0.3 * torch.randn(each.shape))
    return made.eval()


@pytest.fixture(scope="module")
def mbart() -> Any:
    sides = {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    sides |= {"encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "d_model": 32, "vocab_size": 60}
    config = transformers.MBartConfig(max_position_embeddings=64, **sides, **ENDS)
    return lively(transformers.MBartForConditionalGeneration(config))


def write(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content))


def directory(made: Any, path: Path, generation: Mapping[str, Any] | None, **config: Any) -> Path:
    made.save_pretrained(path)
    write(path / "config.json", {**json.loads((path / "config.json").read_text()), **PLAIN, **config})
    if generation is None:
        (path / FILE).unlink()
    else:
        write(path / FILE, {**ENDS, **PLAIN, **generation})
    return path


SAID: dict[str, dict[str, Any]] = {
    "nothing": {},
    "the language": {"forced_bos_token_id": 40},
    "the start": {"decoder_start_token_id": 41},
    "no start, so bos": {"decoder_start_token_id": None, "bos_token_id": 43},
    "several ends": {"eos_token_id": [2, 26, 20]},
    "a forced end": {"forced_eos_token_id": 2},
    "suppressed": {"suppress_tokens": [26, 20]},
    "suppressed at first": {"begin_suppress_tokens": [26, 20]},
    "bad words": {"bad_words_ids": [[26], [41, 41]]},
    "beams": {"num_beams": 3, "length_penalty": 2.0, "early_stopping": True, "no_repeat_ngram_size": 2},
    "penalties": {"repetition_penalty": 1.5, "min_length": 6},
}


@pytest.mark.parametrize("name", SAID)
def test_a_directory_writes_as_it_does_in_transformers(mbart: Any, tmp_path: Path, name: str) -> None:
    path = directory(mbart, tmp_path / "one", SAID[name])
    theirs = transformers.MBartForConditionalGeneration.from_pretrained(path).eval().generate(SOURCE, **GIVEN)
    ours = from_pretrained(path)
    assert generate(ours, SOURCE, **GIVEN).equal(theirs)
    again = save_pretrained(ours, tmp_path / "again")
    back = transformers.MBartForConditionalGeneration.from_pretrained(again).eval().generate(SOURCE, **GIVEN)
    assert back.equal(theirs)
    assert generate(from_pretrained(again), SOURCE, **GIVEN).equal(theirs)


def test_a_config_of_the_model_that_says_it_itself_is_read_as_before_there_was_another_file(
    mbart: Any, tmp_path: Path
) -> None:
    # facebook/bart-large's config.json of 2020 says these and has no generation_config.json beside it
    said = {"num_beams": 4, "no_repeat_ngram_size": 3, "early_stopping": True, "forced_bos_token_id": 40}
    path = directory(mbart, tmp_path / "one", None, **said, length_penalty=2.0)
    theirs = transformers.MBartForConditionalGeneration.from_pretrained(path).eval().generate(SOURCE, **GIVEN)
    assert generate(from_pretrained(path), SOURCE, **GIVEN).equal(theirs)
    config, notes = read_generation(path, {"force_bos_token_to_be_generated": True, "bos_token_id": 7, "min_p": 0.5})
    assert (config.forced_bos_token_id, notes) == (7, ("config.json: not used in generation: min_p",))
    beside = directory(mbart, tmp_path / "two", {}, **said)
    assert from_pretrained(beside).generation_config.num_beams is None  # the newer file decides alone


def test_several_ends_in_the_models_own_config_end_texts_and_leave_the_rest(tmp_path: Path) -> None:
    config = transformers.GPT2Config(
        vocab_size=60, n_positions=40, n_embd=16, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=2
    )
    made = lively(transformers.GPT2LMHeadModel(config))
    path = directory(made, tmp_path, None, eos_token_id=[2, 17, 40])
    theirs = transformers.GPT2LMHeadModel.from_pretrained(path).eval()
    ours = from_pretrained(path)
    assert ours.spec.vocab.eos == 2
    assert ours.generation_config.eos_token_id == (2, 17, 40)
    free = generate(ours, SOURCE[:1], max_new_tokens=9, eos=())[0, 4:].tolist()
    ends = [2, free[5]]
    write(path / "config.json", json.loads((path / "config.json").read_text()) | {"eos_token_id": ends})
    expected = theirs.generate(SOURCE[:1], max_new_tokens=9, eos_token_id=ends, pad_token_id=2, do_sample=False)
    assert generate(from_pretrained(path), SOURCE[:1], max_new_tokens=9).equal(expected)
    assert expected.size(1) == 4 + 1 + free.index(free[5])


def test_what_is_not_honoured_is_named(mbart: Any, tmp_path: Path) -> None:
    said = {"min_p": 0.1, "typical_p": 1.0, "use_cache": True, "watermarking_config": {"bias": 2}, "num_beam_groups": 2}
    report = from_pretrained(directory(mbart, tmp_path, said)).report
    assert report.notes[0] == f"{FILE}: not used in generation: min_p, num_beam_groups, watermarking_config"


def test_ids_below_zero_are_none(tmp_path: Path) -> None:
    write(tmp_path / FILE, {"pad_token_id": -1, "eos_token_id": [-1, 3]})
    assert read_generation(tmp_path, {})[0] == GenerationConfig(eos_token_id=(3,))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"eos_token_id": "two"}, 'eos_token_id is "two"; needed is an integer or a list'),
        ({"eos_token_id": [True]}, r"eos_token_id is \[true\]; needed are token ids"),
        ({"bad_words_ids": [3]}, r"bad_words_ids is \[3\]; needed are lists of token ids"),
        ({"bad_words_ids": [[]]}, "needed are lists of token ids"),
        ({"early_stopping": "always"}, 'allowed are true, false and "never"'),
        ({"num_beams": 0}, "num_beams is 0; needed is at least 1"),
        ({"temperature": -1}, "temperature is -1; needed is 0 or more"),
        ({"top_p": 2}, "top_p is 2; needed is from 0 to 1"),
        ({"repetition_penalty": 0}, "repetition_penalty is 0; needed is above 0"),
        ({"max_length": 1.5}, "max_length is 1.5; needed is an integer"),
        ([], r"it holds \[\]; an object is needed"),
    ],
)
def test_what_cannot_be_used_is_refused_by_file_and_key(tmp_path: Path, said: Any, message: str) -> None:
    write(tmp_path / FILE, said)
    with pytest.raises(CheckpointError, match=message) as caught:
        read_generation(tmp_path, {})
    assert str(tmp_path / FILE) in str(caught.value)
