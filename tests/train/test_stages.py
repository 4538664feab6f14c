"""Recipes of several stages: what a tuned model starts from, which stages are run, and how they go on."""

import itertools
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from clados import spec as s
from clados.checkpoints import from_pretrained
from clados.data.training import train_tokenizer
from clados.errors import CladosError, InputError
from clados.models.declared import declared
from clados.nn import build
from clados.train import chain, scaled
from clados.train.chain import stages_to, why_not
from clados.train.choices import Choices
from clados.train.fitting import Facts
from clados.train.plan import initial_model
from clados.train.planned import kept_folder, planned
from clados.train.pretrain import pretrain
from clados.train.run_folder import resumed
from clados.train.start import Start, start, take_weights
from tests.train.small import write_pairs

ASKED = {"params": "100K", "vocab": 360, "length": 192, "batch": 2, "steps": 3}


@pytest.fixture(autouse=True)
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaled, "USUAL_STEPS", 3)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_pairs(tmp_path_factory.mktemp("pairs") / "pairs.jsonl", 40))


def asked(model: str, pairs: str, **more: object) -> Choices:
    return Choices(**{"model": model, "data": pairs, **ASKED, **more})  # type: ignore[arg-type]


def names(card: str, stage: str | None = None) -> list[str]:
    return [each.name for each in stages_to(card, declared(card).recipe, stage)]


@pytest.mark.parametrize(
    ("card", "chain"),
    [
        ("flan-t5", ["adaptation", "tuning"]),
        ("openassistant-llama", ["pretraining", "tuning"]),
        ("instructgpt", ["demonstrations"]),  # what is judged, and judges, are asked for by name
        ("gpt-3.5", ["pretraining"]),
        ("llama", ["pretraining"]),
    ],
)
def test_the_last_stage_that_can_be_trained_comes_after_those_that_it_starts_from(card: str, chain: list[str]) -> None:
    assert names(card) == chain


def test_a_stage_is_chosen_by_its_name_and_refused_with_a_reason() -> None:
    assert names("flan-t5", "adaptation") == ["adaptation"]
    with pytest.raises(InputError, match="instructgpt has no stage 'demonstration'; did you mean 'demonstrations'"):
        names("instructgpt", "demonstration")
    assert names("sparrow", "rules") == ["rules"]
    assert names("anthropic-assistant", "constitution") == ["pretraining", "revision", "constitution"]


def test_a_new_end_of_texts_begins_as_the_old_one_and_other_new_tokens_as_the_mean_of_all() -> None:
    """GPT-J's head is a table of its own, with biases; a table may have more rows than there are tokens."""
    tokenizer = train_tokenizer(["one two three"] * 9, "bytes", 300)
    end = tokenizer.ids["eos"]
    for card in ("gpt-2", "gpt-j"):
        part = declared(card).model.but(size=s.Size(layers=1, d_model=32, heads=2))
        for rows in (tokenizer.size, tokenizer.size + 4):
            new = tokenizer.size + 1
            old = part.but(inputs=s.but(vocab=s.but(size=rows, bos=end, eos=end)))
            begun = build(old, seed=1)
            made = build(old.but(inputs=s.but(vocab=s.but(size=max(rows, new + 1), eos=new))), seed=2)
            take_weights(made, Start(Path("begun"), old, begun, tokenizer, Facts(), 8, ""))
            names = ["inputs.tokens.weight", *(["heads.lm.table.weight", "heads.lm.table.bias"] * (card == "gpt-j"))]
            for name in names:
                now, was = made.get_parameter(name), begun.get_parameter(name)
                torch.testing.assert_close(now[: tokenizer.size], was[: tokenizer.size], rtol=0, atol=0)
                torch.testing.assert_close(now[new], was[end], rtol=0, atol=0)
                if rows < new:
                    torch.testing.assert_close(now[new - 1], was.mean(0))


def test_a_stage_that_nothing_runs_and_what_starts_from_it_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "runs", lambda objective: not isinstance(objective, s.Revised))
    recipe = declared("anthropic-assistant").recipe
    found = {each.name: why_not(recipe, each) for each in recipe.stages}
    assert found["pretraining"] == ""
    assert found["revision"] == "learns by Revised, which nothing runs yet"
    assert found["constitution"].startswith("starts from 'revision', which learns by Revised")
    with pytest.raises(InputError, match="anthropic-assistant: stage 'revision' learns by Revised, which nothing runs"):
        names("anthropic-assistant", "revision")


def test_numbers_of_a_small_run_are_the_paper_s_where_these_are_smaller() -> None:
    stage, one = declared("gophercite").recipe.stages[0], declared("chatllama").recipe.stages[0]
    from clados.objectives import task

    assert scaled.scaled_steps(stage) == 3
    assert scaled.scaled_batch(one, task(one.objective)) == 1
    assert scaled.scaled_length(stage, task(stage.objective)) == 192
    wordy = stage.but(objective=s.Supervised(s.Template(prompt="w" * 400 + "{prompt}")))
    assert scaled.scaled_length(wordy, task(wordy.objective)) == 192 + 200  # beside its own words as much as else
    upper = scaled.scaled_stage(
        declared("sparrow").recipe.stages[0], declared("sparrow").model, s.tiny(declared("sparrow").model)
    )
    assert isinstance(upper, s.Tuning)
    assert upper.trains == s.Upper(1)  # 16 of 80 layers, of 3


def test_a_tuned_model_starts_from_the_small_one_that_is_kept(pairs: str, tmp_path: Path) -> None:
    choices = asked("alpaca", pairs)
    plan = planned(choices)
    assert plan.before is not None
    assert plan.start is not None
    assert [each.card for each in plan.sequence] == ["llama", "alpaca"]
    with pytest.raises(InputError, match="what this stage starts from is not trained yet"):
        initial_model(plan)
    pretrain(choices, tmp_path / "first")
    folder = kept_folder(plan.before.choices)
    assert plan.start.folder == folder
    again = planned(choices)
    assert again.before is None  # it is there now
    before, tuned = from_pretrained(folder), from_pretrained(tmp_path / "first")
    assert tuned.spec.vocab.size == before.spec.vocab.size + 1  # Alpaca's row for padding
    assert tuned.spec.vocab.pad == before.spec.vocab.size
    table = initial_model(again).state_dict()["inputs.tokens.weight"]
    old = before.state_dict()["inputs.tokens.weight"]
    torch.testing.assert_close(table[:-1], old)
    torch.testing.assert_close(table[-1], old.mean(0))
    stamp = (folder / "model.safetensors").stat().st_mtime_ns
    pretrain(asked("koala", pairs, seed=0), tmp_path / "second")
    assert (folder / "model.safetensors").stat().st_mtime_ns == stamp


def test_stages_stopped_anywhere_come_to_the_same_bits(pairs: str, tmp_path: Path) -> None:
    choices = asked("openassistant-llama", pairs, steps=12)
    whole = tmp_path / "whole"
    pretrain(asked("alpaca", pairs), tmp_path / "start")  # so that what both start from is there
    assert pretrain(choices, whole).finished
    assert (whole / "stages" / "pretraining" / "config.json").exists()
    for stop in (4, 20):  # in the first stage and in the second
        seen = iter(range(1, 100))
        out = tmp_path / f"stopped-{stop}"
        halted = pretrain(choices, out, stop=lambda seen=seen, stop=stop: next(seen) == stop)  # type: ignore[misc]
        assert not halted.finished
        assert pretrain(resumed(out, replace(choices), ["steps"]), out, resume=True).finished
        for name in ("model.safetensors", "stages/pretraining/model.safetensors"):
            one, other = load_file(whole / name), load_file(out / name)
            assert all(torch.equal(one[key], other[key]) for key in one), name
    shutil.rmtree(whole / "stages" / "pretraining" / "checkpoints")
    with pytest.raises(CladosError, match="holds a run; resume it"):
        pretrain(choices, whole)


def test_a_directory_of_one_s_own_is_the_start(pairs: str, tmp_path: Path) -> None:
    base = Choices(model="pythia", data="wordnet", **(ASKED | {"length": 192}))  # type: ignore[arg-type]
    pretrain(base, tmp_path / "base")
    choices = asked("openassistant-sft1", pairs, start=str(tmp_path / "base"), params=None, vocab=Choices.vocab)
    plan = planned(choices)
    assert plan.start is not None
    assert plan.start.folder == tmp_path / "base"
    tokenizer = plan.tokenizer
    assert tokenizer is not None
    assert tokenizer.encode("<|prompter|>", add_special_tokens=False) == [tokenizer.size - 2]  # a token of its own
    declaration = declared("bert")
    with pytest.raises(InputError, match="its model is of the kind Decoder; this objective trains the kind Encoder"):
        start(tmp_path / "base", declaration, declaration.recipe.stages[0], plan.facts)


def test_low_rank_updates_are_merged_into_what_is_written(pairs: str, tmp_path: Path) -> None:
    pretrain(asked("alpaca-lora", pairs, lr=1e-2, steps=12), tmp_path)
    plan = planned(asked("alpaca-lora", pairs))
    states = [
        initial_model(plan).state_dict(),
        from_pretrained(tmp_path / "checkpoints/step-00000010/model").state_dict(),
        from_pretrained(tmp_path).state_dict(),
    ]
    for one, other in itertools.pairwise(states):  # those of a checkpoint too, and the run goes on with its own
        assert {name.split(".")[-2] for name in one if not torch.equal(one[name], other[name])} == {"qkv", "out"}
