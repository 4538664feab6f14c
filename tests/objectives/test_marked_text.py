"""Texts of science keep their marks, which are learned like any other token (Taylor et al. 2022, §3.1-3.2)."""

from pathlib import Path

import pytest

import clados
from clados.data import Text
from clados.data.science import SCIENCE_MARKS, reasoning
from clados.models.declared import declared
from clados.objectives import SourceConfig, task
from clados.train.fitting import tokenizer_for
from clados.train.objective import objective
from clados.train.planned import planned
from tests.train.small import choices

LEARNED = declared("galactica").recipe.stages[0].objective


def test_marks_are_seen_and_predicted() -> None:
    one, texts = task(LEARNED), reasoning()[:60]
    tokenizer = tokenizer_for(declared("galactica").model, texts, 400, one.marks(texts))
    assert tokenizer
    source = one.source(texts, SourceConfig(64, tokenizer=tokenizer))
    ids = {int(each) for at in range(len(source)) for each in source.at(at).ids}
    assert {tokenizer.vocabulary["<work>"], tokenizer.vocabulary["</work>"]} <= ids
    assert not {*SCIENCE_MARKS} & {*tokenizer.special}


def test_the_example_shows_characters() -> None:
    seen = objective("galactica", "A: [START_DNA]CGGT[END_DNA] <work> 1").as_dict()["sees"]
    assert [each["token"] for each in seen] == ["A", ":", "Ġ", "[START_DNA]", *"CGGT", "[END_DNA]", "Ġ", "<work>", "Ġ"]
    assert seen[-1]["predicts"] == "1"


def test_a_plan_names_the_marks_that_its_data_lack(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A [START_REF] title [END_REF] said so. " * 60)
    (tmp_path / "b.txt").write_text("B <work> 1 + 1 = 2 </work> then. " * 60)
    plan = planned(choices(tmp_path, "galactica", vocab=320))
    assert {*plan.lacking} >= {"[START_SMILES]", "[START_I_SMILES]", "[START_AMINO]", "[START_DNA]"}
    assert planned(choices("science", "galactica", vocab=320)).lacking == (
        "[START_REF]",
        "[START_I_SMILES]",
        "[START_DNA]",
    )
    assert planned(choices(tmp_path, "gpt-2")).lacking == ()


@pytest.mark.parametrize("prompt", ["Question: What is 12 + 5? <work>", "[START_AMINO]MI"])
def test_a_prompt_may_end_in_a_mark(prompt: str, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    for number, each in enumerate(reasoning()[:40]):
        (texts / f"{number}.txt").write_text(each.text)
    clados.pretrain(choices(texts, "galactica", steps=3, vocab=320), tmp_path / "model")
    ready = clados.load(tmp_path / "model")
    assert ready.tokenizer
    assert ready.tokenizer.decode(ready.tokenizer.encode(prompt)).endswith(prompt)
    assert clados.generate(tmp_path / "model", prompt, max_new_tokens=3)


def test_a_text_has_the_same_tokens_whatever_stands_beside_it() -> None:
    one = task(LEARNED)
    texts = [Text("a", "[START_AMINO]MIR"), Text("b", "[END_AMINO] MIR")]  # one that has not ended ends with its text
    tokenizer = tokenizer_for(declared("galactica").model, reasoning()[:60], 400, one.marks([]))
    assert tokenizer
    together = tokenizer.encode_batch([each.text for each in texts])
    assert together == [tokenizer.encode(each.text) for each in texts]
