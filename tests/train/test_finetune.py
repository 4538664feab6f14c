"""Tuning a saved model for a task: heads, metrics, early stopping, rates, and what comes of it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from clados import spec as s
from clados.apply.classify import classify
from clados.apply.ready import load
from clados.checkpoints import from_pretrained
from clados.cli.frame import run_command_line as main
from clados.errors import CladosError, InputError
from clados.nn import build
from clados.objectives import task
from clados.reports.run import run_record
from clados.reports.samples import ToldClass
from clados.train.best import Best
from clados.train.finetune import Tuned, finetune, initial, tuning_plan
from clados.train.optimisers import RATE, by_layer, optimiser
from tests.apply.little import written

GOOD, BAD = ("good", "warm"), ("dark", "cold")


def rows(number: int = 120) -> list[dict[str, Any]]:
    """Texts that one word tells apart."""
    random = np.random.default_rng(0)
    made = []
    for i in range(number):
        kind = i % 2
        text = f"The {random.choice(['dog', 'king', 'book'])} is {random.choice((BAD, GOOD)[kind])}."
        made.append({"text": text, "label": ("minus", "plus")[kind]})
    return made


def lines(file: Path, made: list[dict[str, Any]]) -> Path:
    """Rows as JSON Lines."""
    file.write_text("".join(json.dumps(row) + "\n" for row in made), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("tuned")
    lines(found / "classes.jsonl", rows())
    return found


@pytest.fixture(scope="module")
def start(folder: Path) -> Callable[[str], Path]:
    """The directory of a tiny model of a card, made once."""

    def made(card: str) -> Path:
        path = folder / card
        if not path.exists():
            written(card, path)
        return path

    return made


def choices(start: Path, data: Path, task: str = "classify", **more: Any) -> Tuned:
    usual: dict[str, Any] = {"steps": 8, "length": 24, "lr": 3e-3, "dropout": 0.0}
    return Tuned(start=str(start), task=task, data=str(data), **(usual | more))


def test_texts_are_classified_afterwards_as_transformers_classifies_them(
    folder: Path, start: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Right: the scores of transformers 5.23.0."""
    given = ["--data", str(folder / "classes.jsonl"), "--steps", "60", "--lr", "3e-3", "--dtype", "float32"]
    out = folder / "classified"
    assert (
        main(["finetune", str(start("bert")), "--task", "classify", *given, "--out", str(out), "--dropout", "0"]) == 0
    )
    assert "held-out accuracy" in capsys.readouterr().out
    measured = json.loads((out / "metrics.json").read_text())
    assert {"accuracy", "f1_macro", "matthews"} == {*measured}
    assert measured["accuracy"] == 1.0
    run = json.loads((out / "run.json").read_text())
    assert run["classes"] == ["minus", "plus"]
    assert "TextClasses" in run["stage"]

    theirs: Any = transformers.AutoModelForSequenceClassification.from_pretrained(out).eval()
    words: Any = transformers.AutoTokenizer.from_pretrained(out)
    assert theirs.config.id2label == {0: "minus", 1: "plus"}
    assert theirs.config.problem_type == "single_label_classification"
    texts = ["The dog is warm.", "The king is dark."]
    assert main(["classify", str(out), *texts, "--json"]) == 0
    for text, row in zip(texts, json.loads(capsys.readouterr().out)):
        with torch.no_grad():
            expected = theirs(**words(text, return_tensors="pt")).logits.softmax(-1)[0]
        assert row["text"] == text
        for each in row["labels"]:
            assert each["probability"] == pytest.approx(float(expected[each["number"]]), abs=1e-5)
    assert [each[0].label for each in classify(out, texts)] == ["plus", "minus"]
    again = tuning_plan(choices(out, folder / "classes.jsonl"))  # tuned further, it goes on from its own head
    assert not again.fresh
    name = "heads.classifier.out.weight"
    assert torch.equal(initial(again).state_dict()[name], from_pretrained(out).state_dict()[name])


@pytest.mark.parametrize("card", ["gpt-2", "bart", "t5", "xlnet"])
def test_the_head_is_that_of_transformers_class(folder: Path, start: Callable[[str], Path], card: str) -> None:
    made = choices(start(card), folder / "classes.jsonl", steps=2, batch=4)
    result = finetune(made, folder / f"{card}-classified")
    assert result.finished
    ready = load(folder / f"{card}-classified", "classify")
    assert sum(each.probability for each in classify(ready, "The dog is warm.")[0]) == pytest.approx(1)
    if card in ("gpt-2", "bart"):
        theirs: Any = transformers.AutoModelForSequenceClassification.from_pretrained(ready.folder).eval()
        words: Any = transformers.AutoTokenizer.from_pretrained(ready.folder)
        with torch.no_grad():
            expected = theirs(**words("The dog is warm.", return_tensors="pt")).logits.softmax(-1)[0]
        found = {each.number: each.probability for each in classify(ready, "The dog is warm.")[0]}
        assert found == pytest.approx({i: float(each) for i, each in enumerate(expected)}, abs=1e-5)


def test_a_run_that_was_interrupted_comes_to_the_same(folder: Path, start: Callable[[str], Path]) -> None:
    made = choices(start("bert"), folder / "classes.jsonl", steps=20, batch=4, patience=9, layer_decay=0.8)
    whole = finetune(made, folder / "whole")
    asked: list[int] = []

    def stop() -> bool:
        asked.append(0)
        return len(asked) == 7

    first = finetune(made, folder / "parts", stop=stop)
    assert not first.finished
    stopped = run_record(folder / "parts")
    assert not stopped.ended
    assert [type(each) for each in stopped.samples] == [type(each) for each in run_record(folder / "whole").samples]
    assert ToldClass in map(type, stopped.samples)
    with pytest.raises(CladosError, match=r"its lr is 0\.003, this run's is 0\.001"):
        finetune(replace(made, lr=1e-3), folder / "parts", resume=True)
    second = finetune(made, folder / "parts", resume=True)
    assert second.finished
    assert second.losses == whole.losses
    one, two = (from_pretrained(folder / name).state_dict() for name in ("whole", "parts"))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_the_best_weights_are_kept_and_the_run_ends_when_none_is_better(tmp_path: Path) -> None:
    model = torch.nn.Linear(1, 1, bias=False)
    for folder in (None, tmp_path):
        best = Best(2, folder)
        for value, loss in enumerate([3.0, 1.0, 2.0, 1.5]):
            with torch.no_grad():
                model.weight.fill_(value)
            assert not best.over
            best.evaluated(10 * value, loss, model)
        assert best.over
        best.restore(model)
        assert model.weight.item() == 1.0
    again = Best(2, tmp_path)
    again.replay([(0, 3.0), (10, 1.0), (20, 2.0)])
    assert (again.loss, again.since, again.step) == (1.0, 1, 10)


def test_best_weights_are_of_a_step_are_checked_and_go_when_no_checkpoint_needs_them(tmp_path: Path) -> None:
    model = torch.nn.Linear(1, 1, bias=False)
    best = Best(None, tmp_path)
    losses = {10: 4.0, 20: 3.0, 30: 2.0, 40: 1.0}

    def kept() -> list[str]:
        return sorted(each.name for each in tmp_path.glob("best-*"))

    for step, loss in losses.items():
        torch.nn.init.constant_(model.weight, step)
        best.evaluated(step, loss, model)
        (tmp_path / f"step-{step:08d}").mkdir()
        if step > 20:
            shutil.rmtree(tmp_path / f"step-{step - 20:08d}")
        best.saved()
    assert kept() == ["best-00000030", "best-00000040"]  # as many as there are checkpoints to go on from
    again = Best(None, tmp_path)
    again.replay([*losses.items()][:3])  # from the last checkpoint but one
    assert kept() == ["best-00000030"]
    again.restore(model)
    assert model.weight.item() == 30
    file = tmp_path / "best-00000030" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(CladosError, match=r"best-00000030/model.safetensors: damaged, its SHA-256 is not the one in"):
        again.restore(model)
    file.parent.rename(tmp_path / "best-00000020")
    again.step = 20
    with pytest.raises(CladosError, match=r"step is 30; the folder is of step 20"):
        again.restore(model)


def test_layers_learn_at_rates_of_their_own() -> None:
    model = build(_tiny("bert"))
    made = by_layer(optimiser(s.AdamW(1e-3, decay=0.1), model, 1e-3), s.Rates(0.5, 4.0), model)
    names = {id(tensor): name for name, tensor in model.named_parameters()}
    rates = {names[id(tensor)]: group[RATE] for group in made.param_groups for tensor in group["params"]}
    assert len(rates) == len(names)
    assert rates["inputs.tokens.weight"] == 0.125
    assert [rates[f"stack.blocks.{i}.attn.out.weight"] for i in range(3)] == [0.25, 0.5, 1.0]
    assert {rate for name, rate in rates.items() if name.startswith("heads.")} == {4.0}
    with pytest.raises(InputError, match="rates by layer need AdamW, Adagrad or Lion"):
        by_layer(optimiser(s.Adafactor(1e-3), model, 1e-3), s.Rates(0.5), model)


def _tiny(card: str) -> s.Model:
    from clados.models.declared import declared

    return s.tiny(declared(card).model)


@pytest.mark.parametrize("problem", ["single_label_classification", "multi_label_classification", "regression"])
def test_losses_are_those_of_transformers(problem: Any, folder: Path, start: Callable[[str], Path]) -> None:
    """Right: BertForSequenceClassification's of transformers 5.23.0."""
    labels: dict[str, Any] = {
        "single_label_classification": ["a", "b", "c"],
        "multi_label_classification": [["a"], ["b", "c"], []],
        "regression": ["0.5", "-1.5", "2.0"],
    }
    made = [{"text": "The dog is warm.", "label": labels[problem][i % 3]} for i in range(40)]
    plan = tuning_plan(choices(start("bert"), lines(folder / f"{problem}.jsonl", made)))
    assert plan.stage.objective.problem == problem  # type: ignore[attr-defined]
    model = initial(plan).eval()
    batch = next(plan.trainer(model).unit.updates(0))[0]
    ours = plan.task.loss(model, batch).mean
    model.save_pretrained(folder / f"{problem}-start")
    theirs: Any = transformers.BertForSequenceClassification.from_pretrained(folder / f"{problem}-start").eval()
    theirs.config.problem_type = problem
    expected = batch.targets["labels"].float() if problem != "single_label_classification" else batch.targets["labels"]
    inputs = {name: each.long() for name, each in batch.inputs.items()}
    assert ours.item() == pytest.approx(theirs(**inputs, labels=expected).loss.item(), rel=1e-5)


def test_classes_count_by_their_weights(folder: Path, start: Callable[[str], Path]) -> None:
    few = lines(folder / "few.jsonl", [row for i, row in enumerate(rows(200)) if i % 2 or not i % 8])
    plan = tuning_plan(choices(start("bert"), few, class_weights="balanced"))
    minus, plus = plan.stage.objective.weights  # type: ignore[attr-defined]
    assert minus > 3 * plus
    labels = [plan.train.at(i).label for i in range(len(plan.train))]
    assert np.mean([(minus, plus)[label] for label in labels]) == pytest.approx(1)
    plan = tuning_plan(choices(start("bert"), few, class_weights={"plus": 2.0}))
    assert plan.stage.objective.weights == (1.0, 2.0)  # type: ignore[attr-defined]
    batch = next(plan.trainer(model := initial(plan)).unit.updates(0))[0]
    found = task(plan.stage.objective).loss(model.eval(), batch)
    plain = task(plan.stage.objective.but(weights=())).loss(model, batch)
    assert plain.sum < found.sum < 2 * plain.sum


def test_pairs_are_read_together(folder: Path, start: Callable[[str], Path]) -> None:
    made = [{"sentence1": each["text"], "sentence2": "It is warm.", "label": i % 2} for i, each in enumerate(rows(60))]
    plan = tuning_plan(choices(start("bert"), lines(folder / "pairs.jsonl", made), "pairs"))
    row = plan.train.at(0).read
    assert sorted({*row.types}) == [0, 1]
    assert plan.facts.classes == ("0", "1")
    batch = next(plan.trainer(initial(plan)).unit.updates(0))[0]
    assert batch.inputs["token_type_ids"].max() == 1
    finetune(choices(start("bert"), folder / "pairs.jsonl", "pairs", steps=1), folder / "pairs")
    assert main(["classify", str(folder / "pairs"), "The dog is warm.", "--second", "It is warm."]) == 0
    made = [{"sentence1": each["text"], "sentence2": "It is warm.", "score": i / 7} for i, each in enumerate(rows(60))]
    finetune(choices(start("bert"), lines(folder / "scored.jsonl", made), "pairs", steps=1), folder / "scored")
    assert {"pearson", "spearman"} < {*json.loads((folder / "scored" / "metrics.json").read_text())}
    assert main(["rank", str(folder / "scored"), "--query", "The dog is warm.", "--text", "It is warm."]) == 0


BAD_INPUT: list[tuple[dict[str, Any], str]] = [
    (
        {"--task": "pairs"},
        "the data hold ClassifiedText examples; this objective learns from ComparedTexts",
    ),
    ({"--data": "nowhere.csv"}, "nowhere.csv: no such path or embedded set"),
    ({"--data": "english"}, "the data hold Text examples"),
    ({"--data": "bare.jsonl"}, "bare.jsonl:3: it has no label"),
    ({"--problem": "regression"}, "its label is 'minus'; a finite number is needed"),
    ({"--problem": "ordinal"}, "problem is 'ordinal'; allowed: single_label_classification"),
    ({"--class-weights": "plus=2,zero=1"}, "class weights name 'zero'; the classes are minus, plus"),
    ({"--class-weights": "plus"}, "class weights are 'plus'; allowed: balanced, or CLASS=WEIGHT"),
    ({"--class-weights": "plus=-1"}, "weights are (1.0, -1.0); each must be above 0"),
    ({"--steps": "3", "--epochs": "2"}, "steps and epochs both say how long to train"),
    ({"--lora": "4", "--upper": "1"}, "lora, upper and freeze each say what learns"),
    ({"--alpha": "4"}, "alpha is of low-rank updates: give lora"),
    ({"--on": "q,k"}, "on is of low-rank updates: give lora"),
    ({"--lora-dropout": "0.1"}, "lora_dropout is of low-rank updates: give lora"),
    ({"--length": "4000"}, "length is 4000; "),
    ({"--freeze": "inputs.nothing"}, "AllBut.names has 'inputs.nothing', which is no tensor of the model"),
    ({"--layer-decay": "1.5"}, "layer_decay is 1.5; it must be above 0, and 1 at most"),
    ({"--head-lr": "0"}, "head_lr is 0.0; it must be above 0"),
]


def test_usual_places_of_updates_may_be_a_list() -> None:
    given: dict[str, Any] = {"start": "bert", "task": "tag", "data": "d"}
    assert Tuned(**given | {"on": ["q", "v"]}).lora is None
    with pytest.raises(InputError, match="on is of low-rank updates: give lora"):
        Tuned(**given | {"on": ["q", "k"]})


@pytest.mark.parametrize(("changed", "message"), BAD_INPUT, ids=[message[:40] for _, message in BAD_INPUT])
def test_bad_input_is_one_line_and_nothing_is_written(
    changed: dict[str, str],
    message: str,
    folder: Path,
    start: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    lines(folder / "bare.jsonl", [*rows(2), {"text": "none", "label": None}, *rows(8)])
    given = {"--task": "classify", "--data": "classes.jsonl", "--out": "never"} | changed
    assert main(["finetune", str(start("bert")), *[word for each in given.items() for word in each]]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
    assert not (folder / "never").exists() or not [*(folder / "never").iterdir()]


def test_metrics_whose_library_is_absent_are_refused_first(
    folder: Path, start: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clados.objectives.metrics.find_spec", lambda name: None)
    with pytest.raises(CladosError, match=r"measured by torchmetrics, .* pip install -e '\.\[finetune\]'"):
        tuning_plan(choices(start("bert"), folder / "classes.jsonl"))


def test_words_are_tagged_and_entities_found(
    folder: Path, start: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    names, others = ["king", "dog"], ["castle", "hill"]
    random = np.random.default_rng(1)
    made = []
    for _ in range(80):
        one, two = random.choice(names), random.choice(others)
        made.append(
            {"tokens": ["The", one, "sat", "on", "the", two, "."], "tags": ["B-WHO", "I-WHO", *"OOO", "B-AT", "O"]}
        )
    tuned = choices(start("bert"), lines(folder / "tags.jsonl", made), "tag", steps=60, class_weights="balanced")
    finetune(tuned, folder / "tagged")
    measured = json.loads((folder / "tagged" / "metrics.json").read_text())
    assert measured["f1"] == 1.0
    assert main(["tag", str(folder / "tagged"), "The king sat on the hill.", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    found = [(each["text"], each["tag"], each["start"], each["end"]) for each in row["tags"]]
    assert found == [("The king", "WHO", 0, 8), ("hill", "AT", 20, 24)]
    theirs: Any = transformers.AutoModelForTokenClassification.from_pretrained(folder / "tagged").eval()
    assert {*theirs.config.id2label.values()} == {"B-AT", "B-WHO", "I-WHO", "O"}
    ids = torch.arange(5, 17)[None]
    assert torch.allclose(theirs(ids).logits, from_pretrained(folder / "tagged")(ids).logits, atol=1e-5)
    plan = tuning_plan(replace(tuned, class_weights=None, lora=2))
    assert isinstance(plan.stage.trains, s.LowRank)
    assert plan.stage.trains.whole == ("heads.token_classifier.*",)


def test_answers_are_quoted(folder: Path, start: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(1)
    made: list[dict[str, Any]] = []
    for i in range(80):
        who = random.choice(["king", "dog", "book"])
        text = f"A {who} sat on the hill. " + "Rain fell on the roof. " * (4 * (i % 9 == 0))
        answers = {"text": [who], "answer_start": [2]} if i % 8 else {"text": [], "answer_start": []}
        made.append({"question": "Who sat?" if i % 8 else "Rain?", "context": text, "answers": answers})
    tuned = choices(start("bert"), lines(folder / "asked.jsonl", made), "span", steps=60, length=32)
    plan = tuning_plan(tuned)
    assert len(plan.train) > plan.data.documents[0]  # a long text is read in windows
    quoted = 0
    for i in range(len(plan.train)):
        row = plan.train.at(i)
        if row.first:
            a, b = row.read.places[row.first][0], row.read.places[row.last][1]
            quoted += row.example.text[a:b] == row.example.answers[0][1]
    assert quoted > 40
    finetune(tuned, folder / "answering")
    assert json.loads((folder / "answering" / "metrics.json").read_text())["exact_match"] > 90
    given = ["--question", "Who sat?", "--context", "A king sat on the hill."]
    assert main(["answer", str(folder / "answering"), *given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == "king"
    (model := initial(plan).eval()).save_pretrained(folder / "span-start")
    batch = plan.task.prepare([plan.train.at(0)], [np.random.default_rng(0)], plan.setting)  # theirs scores padding too
    theirs: Any = transformers.BertForQuestionAnswering.from_pretrained(folder / "span-start").eval()
    inputs = {name: each.long() for name, each in batch.inputs.items()}
    expected = theirs(**inputs, **batch.targets).loss.item()
    assert plan.task.loss(model, batch).mean.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("card", ["t5", "gpt-2"])
def test_answers_are_written(folder: Path, start: Callable[[str], Path], card: str) -> None:
    made = [{"source": each["text"], "target": f"It is {each['label']}."} for each in rows(60)]
    tuned = choices(start(card), lines(folder / "written.jsonl", made), "generate", steps=2, batch=4)
    finetune(tuned, folder / f"{card}-written")
    measured = json.loads((folder / f"{card}-written" / "metrics.json").read_text())
    assert {*measured} == {"bleu", "chrf", "rouge1", "rouge2", "rougel"}
    assert (
        main(["generate", str(folder / f"{card}-written"), "--prompt", "The dog is warm.", "--max-new-tokens", "4"])
        == 0
    )
    assert main(["chat", str(folder / f"{card}-written"), "--prompt", "The dog is warm.", "--max-new-tokens", "4"]) in (
        0,
        2,
    )


def test_texts_are_embedded(folder: Path, start: Callable[[str], Path]) -> None:
    made = [{"anchor": each["text"], "positive": f"{each['text']} {i}"} for i, each in enumerate(rows(60))]
    tuned = choices(start("bert"), lines(folder / "near.jsonl", made), "embed", steps=2, batch=8)
    finetune(tuned, folder / "embedder")
    assert {*json.loads((folder / "embedder" / "metrics.json").read_text())} == {"recall_at_1", "recall_at_1_of_bm25"}
    assert (folder / "embedder" / "modules.json").exists()
    assert (folder / "embedder" / "1_Pooling" / "config.json").exists()
    assert main(["embed", str(folder / "embedder"), "The dog is warm.", "The king is dark."]) == 0
    assert main(["rank", str(folder / "embedder"), "--query", "The dog", "--text", "The dog is warm."]) == 0
    with pytest.raises(CladosError, match="a text's vector is not made of the states of an EncoderDecoder"):
        tuning_plan(replace(tuned, start=str(start("t5"))))
