"""Texts that belong together (Wang et al. 2022; Su et al. 2022)."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cosine_similarity

import clados
from clados import spec as s
from clados.data.examples import DataError, Pair
from clados.data.packing import generator
from clados.data.readers import read
from clados.data.roles import Roles
from clados.data.sets import glosses
from clados.data.training import train_tokenizer
from clados.models.declared import declared
from clados.nn import WholeModel, build
from clados.objectives import Batch, Setting, SourceConfig, VocabIds, task
from clados.objectives.paired_texts import PairedTextsTask
from clados.objectives.ranking import BM25, first_share
from clados.proofs.cases import structures, without_dropout
from clados.train.choices import Choices
from clados.train.learns import learns
from clados.train.pretrain import pretrain
from tests.objectives.alike import golden

WRONG = (("negative", "a small cat"), ("negative_score", "0.5"), ("negative_1", "one tree"), ("negative_1_score", "-1"))
ROWS = [
    Pair(str(i), question, passage, fields=(("instruction", f"task {i % 2}: "), ("score", "2"), *WRONG))
    for i, (question, passage) in enumerate([("a dog", "an animal"), ("oak", "a tree of oaks"), ("sea", "much water")])
]


def given(objective: s.PairedTexts, card: str = "e5") -> tuple[WholeModel, Batch, PairedTextsTask]:
    """A small model, and the batch of the rows above."""
    model = without_dropout(next(iter(structures(declared(card)).values())))
    tokenizer = train_tokenizer(
        [each.source + each.target for each in ROWS], model.vocab.kind, 60, Roles.of(model.vocab)
    )
    one: Any = task(objective)
    source = one.source(ROWS, SourceConfig(40, tokenizer=tokenizer))
    rows = [source.at(i) for i in range(len(source))]
    ids = VocabIds.of(tokenizer)
    batch = one.prepare(rows, [generator(0, i) for i in range(len(rows))], Setting(model, 40, ids))
    batch.inputs["input_ids"].clamp_(max=model.vocab.size - 1)
    return build(model, seed=1).eval(), batch, one


def vectors(model: WholeModel, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    found = model(**batch.inputs).sentence_embedding.detach()
    return found[:3], found[3:6], found[6:]


def by_hand(question: torch.Tensor, right: torch.Tensor, others: list[torch.Tensor]) -> float:
    """-log of the right one's share, cosine by cosine (Wang et al. 2022, eq. 1)."""
    near = [math.exp(float(cosine_similarity(question, each, dim=0)) / 0.01 - 100) for each in (right, *others)]
    return -math.log(near[0] / sum(near))


def test_the_loss_is_the_paper_s_with_hard_texts_of_the_whole_batch() -> None:
    model, batch, one = given(s.PairedTexts(prefixes=("query: ", "passage: "), hard=2))
    q, p, n = vectors(model, batch)
    assert n.shape[0] == 6
    expected = sum(by_hand(q[i], p[i], [p[j] for j in range(3) if j != i] + list(n)) for i in range(3)) / 3
    assert one.loss(model, batch).mean.item() == pytest.approx(expected, rel=1e-4)


class Told:
    """A model that gives vectors which stand in a file."""

    training = False

    def __init__(self, found: torch.Tensor) -> None:
        self.sentence_embedding = found

    def __call__(self, **inputs: torch.Tensor) -> "Told":
        return self


@pytest.mark.parametrize(("name", "teacher"), [("contrastive", "none"), ("taught", "cross-encoder")])
def test_the_losses_are_those_of_the_authors_code(name: str, teacher: Any) -> None:
    """microsoft/unilm, simlm/src; as in its scripts (kd_mask_hn False) wrong texts stand in both parts of the loss."""
    kept = golden("e5")
    questions, passages, taught = (torch.tensor(kept[each]) for each in ("questions", "passages", "teacher"))
    own = passages.view(3, 3, -1)
    model: Any = Told(torch.cat([questions, own[:, 0], own[:, 1:].flatten(0, 1)]))
    one = task(s.PairedTexts(hard=2, teacher=teacher, share=0.2 if teacher != "none" else 1.0))
    batch = Batch({}, {"task": torch.zeros(3, dtype=torch.long), "scores": taught}, {"pairs": 3, "teacher": 3}, 0)
    assert one.loss(model, batch).mean.item() == pytest.approx(kept["losses"][name], rel=1e-5)
    other = kept["losses"]["taught, wrong ones left to the teacher"]
    assert kept["losses"]["taught"] > other + 1e-3


def test_a_vector_is_the_mean_state_as_in_the_authors_code() -> None:
    """microsoft/unilm, e5/utils.py: "avg", then unit length."""
    kept = golden("e5")["pooled"]
    embedding = build(next(iter(structures(declared("e5")).values()))).heads["embedding"]
    states, keep = torch.tensor(kept["states"]), torch.tensor(kept["keep"]).bool()
    found = embedding(states, None, {"attention_mask": keep})
    assert torch.allclose(found, torch.tensor(kept["vectors"]), atol=1e-6)


def test_with_a_teacher_the_loss_is_the_divergence_plus_a_share() -> None:
    """(eq. 2; the group of a question's own passages, as in microsoft/unilm simlm/src/models/biencoder_model.py.)"""
    hard = s.PairedTexts(hard=2)
    model, batch, one = given(hard.but(teacher="cross-encoder", share=0.2))
    q, p, n = vectors(model, batch)
    scores = batch.targets["scores"].double()
    assert scores.sort(1).values.tolist() == [[-1, 0.5, 2]] * 3
    divergence = 0.0
    for i in range(3):
        group = [p[i], n[2 * i], n[2 * i + 1]]
        ours = torch.tensor([float(cosine_similarity(q[i], each, dim=0)) / 0.01 for each in group]).log_softmax(0)
        theirs = scores[i].log_softmax(0)
        divergence += float((theirs.exp() * (theirs - ours)).sum()) / 3
    found = one.loss(model, batch)
    assert found.parts["teacher"].sum.item() / 3 == pytest.approx(divergence, rel=1e-3)
    alone = task(hard).loss(model, batch).mean.item()
    assert found.mean.item() == pytest.approx(divergence + 0.2 * alone, rel=1e-3)
    assert (hard.loss_unit, one.objective.loss_unit) == ("nats a pair", "sum of its parts")


def test_both_directions_are_added_and_tasks_are_not_mixed() -> None:
    """The loss with pair and question swapped is added; other passages are left out of the first alone.

    xlang-ai/instructor-embedding 00948fb, train.py, compute_loss: a question's own passage and the wrong texts of the
    batch; then a passage's own question and the batch's other questions.
    """
    model, batch, one = given(declared("instructor").recipe.stages[0].objective, "instructor")  # type: ignore[arg-type]
    q, p, n = vectors(model, batch)
    forth = [by_hand(q[0], p[0], [n[0], n[2]]), by_hand(q[1], p[1], [n[1]]), by_hand(q[2], p[2], [n[0], n[2]])]
    back = [by_hand(p[0], q[0], [q[2]]), 0.0, by_hand(p[2], q[2], [q[0]])]
    assert one.loss(model, batch).mean.item() == pytest.approx((sum(forth) + sum(back)) / 3, rel=1e-3)
    assert one.objective.loss_unit == "sum of its parts"


def test_an_instruction_is_read_and_not_pooled_and_a_prefix_is_both() -> None:
    tokenizer = train_tokenizer(
        ["task dog an animal query passage : 0 1"] * 9, "wordpiece", 80, Roles.of(declared("e5").model.vocab)
    )
    config = SourceConfig(40, tokenizer=tokenizer)
    for objective, text, pooled in (
        (s.PairedTexts(instructed=True), "task 0: a dog", "a dog"),
        (s.PairedTexts(prefixes=("query: ", "passage: ")), "query: a dog", "query : a dog"),
    ):
        one: Any = task(objective)
        row = one.source(ROWS, config).at(0)
        assert row.question.ids.tolist() == tokenizer.encode(text)
        assert row.question.bare.tolist() == tokenizer.encode("a dog", add_special_tokens=False)
        batch = one.prepare([row], [generator(0)], Setting(declared("e5").model, 40, VocabIds.of(tokenizer)))
        mask = batch.inputs.get("pooling_mask", torch.ones_like(batch.inputs["input_ids"]).bool())[0]
        kept = batch.inputs["input_ids"][0][mask]
        assert tokenizer.decode(kept.tolist()) == pooled


def test_rows_are_the_same_in_whatever_batch_and_wrong_texts_are_drawn_anew() -> None:
    one: Any = task(s.PairedTexts(hard=1))
    tokenizer = train_tokenizer([each.target for each in ROWS], "wordpiece", 60, Roles.of(declared("e5").model.vocab))
    source, setting = (
        one.source(ROWS, SourceConfig(40, tokenizer=tokenizer)),
        Setting(declared("e5").model, 40, VocabIds.of(tokenizer)),
    )
    drawn = set()
    for seed in range(8):
        whole = one.prepare([source.at(0), source.at(1)], [generator(seed), generator(seed, 1)], setting)
        alone = one.prepare([source.at(1)], [generator(seed, 1)], setting)
        for mine, theirs in ((0, 1), (1, 3), (2, 5)):
            width = alone.inputs["input_ids"].size(1)
            assert torch.equal(alone.inputs["input_ids"][mine], whole.inputs["input_ids"][theirs][:width])
        drawn.add(tuple(alone.inputs["input_ids"][2].tolist()))
    assert len(drawn) == 2


@pytest.mark.parametrize(
    ("objective", "fields", "message"),
    [
        (s.PairedTexts(hard=1), (), "7: a pair has no 'negative', and hard is 1"),
        (s.PairedTexts(instructed=True), (), "7: a pair has no 'instruction', and this objective reads one"),
        (
            s.PairedTexts(hard=1, teacher="cross-encoder"),
            (("negative", "b"),),
            "7: a teacher's 'score' is needed for each passage; there are 0",
        ),
    ],
)
def test_data_that_lack_what_is_asked_for_are_refused(objective: s.PairedTexts, fields: Any, message: str) -> None:
    tokenizer = train_tokenizer(["a b c"], "wordpiece", 40, Roles.of(declared("e5").model.vocab))
    with pytest.raises(DataError, match=message):
        task(objective).source([Pair("7", "a", "b", fields=fields)], SourceConfig(8, tokenizer=tokenizer))


def test_pairs_are_read_from_lines_with_their_negatives_and_scores(tmp_path: Path) -> None:
    row = {"anchor": "a dog", "positive": "an animal", "negative": "a tree", "score": 3, "negative_score": -0.5}
    (tmp_path / "pairs.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (found,) = read(tmp_path)
    assert isinstance(found, Pair)
    assert (found.source, found.target) == ("a dog", "an animal")
    assert {"negative": "a tree", "score": "3", "negative_score": "-0.5"}.items() <= dict(found.fields).items()


def test_glosses_have_wrong_ones_that_are_none_of_theirs() -> None:
    every = glosses()
    assert len(every) > 8000
    for pair in every[::50]:
        wrong = [text for name, text in pair.fields if name == "negative"]
        assert wrong
        assert pair.target not in wrong
        right, *others = [float(value) for name, value in pair.fields if name.endswith("score")]
        assert len(others) == len(wrong)
        shares = torch.tensor([right, *others]).softmax(0)
        assert shares[0] > 0.8  # a teacher is nearly sure, and else a flat guess would please it


def test_bm25_weighs_rare_words_more() -> None:
    """Numbers of rank-bm25's BM25Okapi formula with the idf log(1 + (N - n + 0.5) / (n + 0.5)), by hand."""
    texts = [np.array(each) for each in ([1, 2, 3], [1, 4], [1, 1, 5, 6])]
    found = BM25(texts).scores(np.array([1, 4]))
    idf = {1: math.log(1 + 0.5 / 3.5), 4: math.log(1 + 2.5 / 1.5)}
    norm = 1.2 * (0.25 + 0.75 * 2 / 3)
    assert found[1] == pytest.approx((idf[1] + idf[4]) * 2.2 / (1 + norm))
    assert found.argmax() == 1
    assert first_share([np.array([1.0, 1.0]), np.array([0.0, 1.0])]) == 0.75


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Questions and passages that share no word, but a code that can be learned."""
    nouns = [f"{a}{b}" for a in "bdfg" for b in "aeio"]
    rows = [
        {
            "anchor": f"{one} {two}",
            "positive": f"{one.upper()}x {two.upper()}y".lower().replace("a", "u"),
            "id": f"{one} {two}",
        }
        for one in nouns
        for two in nouns
    ]
    file = tmp_path_factory.mktemp("pairs") / "pairs.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return file


def choices(pairs: Path, **more: Any) -> Choices:
    usual: dict[str, Any] = {"params": "60K", "vocab": 100, "steps": 60, "batch": 32, "length": 16, "lr": 3e-3}
    return Choices(model="bert", objective="e5", data=str(pairs), dropout=0.0, **(usual | more))


def test_fewer_questions_are_missed_after_some_steps_and_as_many_on_shuffled_pairs(pairs: Path) -> None:
    true, control = (learns(choices(pairs, shuffled=each), targets=20) for each in (False, True))
    assert true.end < true.start - 0.1
    assert true.end < control.end - 0.1


def test_a_trained_model_is_a_directory_of_sentence_transformers_and_ranks(pairs: Path, tmp_path: Path) -> None:
    pretrain(choices(pairs, steps=3), tmp_path / "e5")
    said = json.loads((tmp_path / "e5" / "config_sentence_transformers.json").read_text(encoding="utf-8"))
    # encode_query and encode_document of sentence-transformers 6.2.0 read the first two, and give embed's vectors
    assert said["prompts"] == {"query": "query: ", "document": "passage: ", "passage": "passage: "}
    kinds = [row["type"].rpartition(".")[2] for row in json.loads((tmp_path / "e5" / "modules.json").read_text())]
    assert kinds == ["Transformer", "Pooling", "Normalize"]
    texts = ["bux", "doy", "bax dey"]
    found = clados.rank(tmp_path / "e5", "ba de", texts)
    asked = clados.embed(tmp_path / "e5", "ba de", prompt="query: ")
    scores = (clados.embed(tmp_path / "e5", texts, prompt="passage: ") @ asked[0]).tolist()
    assert [each.score for each in found] == pytest.approx(sorted(scores, reverse=True), abs=1e-5)
    assert [each.text for each in found] == [texts[i] for i in np.argsort(scores)[::-1]]
    assert found[:1] == clados.rank(tmp_path / "e5", "ba de", texts, top=1)


@pytest.mark.parametrize("card", ["e5", "instructor"])
def test_a_pair_of_one_s_own_is_shown(card: str) -> None:
    found = clados.objective(card, "a dog | an animal").as_dict()
    words = ["".join(token["token"] for token in found[side]).replace("##", "") for side in ("sees", "paired")]
    assert [each.count("dog") for each in words] == [1, 0]
    assert ("query" if card == "e5" else "epresent") in words[0].replace("▁", "")
