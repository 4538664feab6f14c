"""Every run leaves a report: of what it learned, what its model guesses, and how it is made again."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from clados import spec as s
from clados.apply.ready import Ready
from clados.cli.frame import run_command_line
from clados.data.packing import generator
from clados.errors import CladosError
from clados.files import holds_model
from clados.names import shown_token
from clados.objectives import task
from clados.playground.kept import guess_of
from clados.reports.run import KEPT_SAMPLES, REPORT, run_record
from clados.reports.samples import ContinuedText, GuessedText, JudgedText, KeptSample, ToldClass
from clados.train import reported
from clados.train.choices import Choices
from clados.train.finetune import Tuned, finetune
from clados.train.log import Show
from clados.train.loop import Trainer
from clados.train.plan import initial_model
from clados.train.planned import planned
from clados.train.pretrain import pretrain
from clados.train.reported import run_units
from tests.train.small import choices, write_texts


class Heard(Show):
    """Keeps what is noted."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of GPT-2 that was stopped once."""
    folder = tmp_path_factory.mktemp("reported")
    made = choices(write_texts(folder / "texts"))
    asked = iter(range(100))
    assert not pretrain(made, folder / "run", stop=lambda: next(asked) == 12).finished
    stopped = (folder / "run" / REPORT).read_text(encoding="utf-8")
    assert ">stands at step 13<" in stopped
    assert f"clados pretrain gpt-2 --out {folder / 'run'} --resume" in stopped
    assert len(run_record(folder / "run").samples) == 5
    assert pretrain(made, folder / "run", resume=True).finished
    return folder / "run"


def test_it_shows_guesses_of_held_out_texts_and_what_is_written(run: Path) -> None:
    samples = run_record(run).samples
    assert [type(each) for each in samples] == [GuessedText] * 2 + [ContinuedText] * 3
    text = samples[0]
    assert isinstance(text, GuessedText)
    assert len(text.guesses) == 24
    page = (run / REPORT).read_text(encoding="utf-8")
    assert page.count('class="read"') == 2
    assert ">has ended<" in page
    assert "nats a token</text>" in page


def test_data_that_nobody_named_are_named(tmp_path: Path) -> None:
    made = Choices(model="vit", params="200K", steps=1, batch=2)
    assert pretrain(made, tmp_path / "run").finished
    assert "pretraining · image classes · on fashion" in (tmp_path / "run" / REPORT).read_text(encoding="utf-8")


def test_the_command_that_it_names_makes_the_same_run(run: Path, tmp_path: Path) -> None:
    words = shlex.split(run_record(run).again)
    words[words.index("--out") + 1] = str(tmp_path / "again")
    assert run_command_line(words[1:]) == 0
    kept = ("step", "loss", "lr", "held_out")
    first, again = (
        [{name: each.get(name) for name in kept} for each in run_record(folder).entries]
        for folder in (run, tmp_path / "again")
    )
    assert first == again


def test_a_tuned_model_has_its_classes_and_its_metrics_and_its_own_command(run: Path, tmp_path: Path) -> None:
    rows = [
        {"text": f"The {'cat' if i % 2 else 'dog'} sees it.", "label": "cat" if i % 2 else "dog"} for i in range(60)
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    asked = Tuned(start=str(run), task="classify", data=str(tmp_path / "rows.jsonl"), steps=8, lr=1e-3)
    assert finetune(asked, tmp_path / "tuned").finished
    record = run_record(tmp_path / "tuned")
    told = [each for each in record.samples if isinstance(each, ToldClass)]
    assert len(told) == 2
    assert {each.truth for each in told} <= {"cat", "dog"}
    assert all(each.truth in each.text for each in told)
    words = shlex.split(record.again)
    assert words[:4] == ["clados", "finetune", str(run), "--task"]
    words[words.index("--out") + 1] = str(tmp_path / "again")
    assert run_command_line(words[1:]) == 0
    assert [each.get("loss") for each in run_record(tmp_path / "again").entries] == [
        each.get("loss") for each in record.entries
    ]
    page = (tmp_path / "tuned" / REPORT).read_text(encoding="utf-8")
    assert "<small>held out, at the end</small>" in page


def test_what_fails_when_it_is_drawn_is_told_and_the_run_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(folder: Path) -> None:
        raise ZeroDivisionError("no paper")

    monkeypatch.setattr(reported, "write_report", broken)
    heard = Heard()
    assert pretrain(choices(write_texts(tmp_path / "texts"), steps=2), tmp_path / "run", show=heard).finished
    assert holds_model(tmp_path / "run")
    assert not (tmp_path / "run" / REPORT).exists()
    assert [each for each in heard.notes if "no paper" in each] == [
        f"{tmp_path / 'run' / REPORT} is not written: no paper"
    ]


def test_a_model_that_cannot_be_asked_leaves_its_curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*asked: object) -> None:
        raise ZeroDivisionError("no voice")

    monkeypatch.setattr(reported, "samples_of_run", broken)
    heard = Heard()
    assert pretrain(choices(write_texts(tmp_path / "texts"), steps=2), tmp_path / "run", show=heard).finished
    assert f"{tmp_path / 'run' / KEPT_SAMPLES} is not written: no voice" in heard.notes
    assert "<svg" in (tmp_path / "run" / REPORT).read_text(encoding="utf-8")


def test_what_was_made_before_an_error_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*asked: object) -> Iterator[KeptSample]:
        yield ContinuedText("The", [("king", 0.5)])
        raise ZeroDivisionError("no voice")

    monkeypatch.setattr(reported, "kept_samples", broken)
    heard = Heard()
    assert pretrain(choices(write_texts(tmp_path / "texts"), steps=2), tmp_path / "run", show=heard).finished
    assert f"{tmp_path / 'run' / KEPT_SAMPLES} lacks usual questions: no voice" in heard.notes
    assert [type(each) for each in run_record(tmp_path / "run").samples] == [GuessedText] * 2 + [ContinuedText]


@pytest.mark.parametrize(
    ("learned", "loss", "examples"),
    [
        (s.NextToken(), "nats a token", "tokens"),
        (s.MaskedTokens(packing=s.SentencePairs()), "nats a token plus nats a pair", "tokens"),
        (s.ImageClasses(), "nats an image", "images"),
        (s.Contrastive(), "nats a pair", "images"),
        (s.TextClasses(), "nats a text", "tokens"),
        (s.TextClasses("regression"), "squared error a number", "tokens"),
        (s.PairedTexts(), "nats a pair", "tokens"),
        (s.PairedTexts(both=True), "sum of its parts", "tokens"),
        (s.PairedTexts(hard=1, teacher="cross-encoder"), "sum of its parts", "tokens"),
        (s.Comparisons(ties=True), "nats a pair", "tokens"),
        (s.Comparisons(auxiliary=0.1), "sum of its parts", "tokens"),
        (s.PredictedNoise(), "sum of its parts", "images"),
        (s.ForeseenVector(), "squared error a number", "images"),
        (s.ReconstructedImages(), "sum of its parts", "images"),
        (s.PairClasses("multi_label_classification"), "nats a class", "tokens"),
        (s.TokenClasses(), "nats a word", "tokens"),
        (s.PointRegression(), "squared error a number", "point clouds"),
        (s.PointRegression("absolute"), "absolute error a number", "point clouds"),
        (s.ReturnConditioned("squared"), "squared error a number", "windows"),
        (s.ReturnConditioned("cross-entropy"), "nats an action", "windows"),
    ],
)
def test_a_loss_is_told_in_what_it_is_a_mean_of(learned: s.Objective, loss: str, examples: str) -> None:
    assert run_units(task(learned)) == {"loss": loss, "examples": examples}


def test_a_run_that_fails_leaves_its_curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = Trainer.step

    def failing(self: Trainer, number: int) -> dict[str, Any]:
        return step(self, number) | ({"loss": float("nan")} if number == 3 else {})

    monkeypatch.setattr(Trainer, "step", failing)
    with pytest.raises(CladosError, match="the loss is nan at step 4"):
        pretrain(choices(write_texts(tmp_path / "texts"), steps=9), tmp_path / "run")
    assert ">stands at step 4<" in (tmp_path / "run" / REPORT).read_text(encoding="utf-8")
    assert not (tmp_path / "run" / KEPT_SAMPLES).exists()
    monkeypatch.undo()  # what is there is a run that never came to a checkpoint, and may be begun anew
    assert pretrain(choices(write_texts(tmp_path / "texts"), steps=2), tmp_path / "run").finished


@pytest.mark.parametrize("model", ["bert", "gpt-2", "t5", "bart", "xlnet", "glm", "ul2"])
def test_guesses_stand_where_the_objective_asks_and_are_the_models_probabilities(model: str, tmp_path: Path) -> None:
    plan = planned(choices(write_texts(tmp_path / "texts"), model, params="320K", length=48, steps=1))
    ready = Ready(
        model=initial_model(plan).eval(), name=model, tokenizer=plan.tokenizer, objective=plan.stage.objective
    )
    one = task(plan.stage.objective).held_out
    batch = one.prepare([plan.held_out.at(0)], [generator(0)], plan.setting)
    found = guess_of(ready, one, batch)
    assert isinstance(found, GuessedText)
    labels = batch.targets["labels"]
    order = sorted(range(len(labels)), key=lambda i: places(batch)[i])
    names = [*map(shown_token, ready.required_tokenizer.tokens(labels.tolist()))]
    assert [hidden for hidden, *_ in found.guesses] == [names[i] for i in order]
    assert all(token == guess[0] for _, row in found.sides for token, _, guess in row if guess)
    with torch.inference_mode():
        loss = one.loss(ready.model, batch).parts["lm"].sum
    assert -sum(torch.tensor([chance for _, chance, *_ in found.guesses]).log()) == pytest.approx(float(loss), rel=0.05)


def places(batch: Any) -> list[int]:
    """Where each label stands in the text that is shown."""
    at = batch.targets.get("at", torch.arange(len(batch.targets["labels"]))).tolist()
    mapping = batch.inputs.get("target_mapping")
    return at if mapping is None else [int(mapping[0, i].argmax()) for i in at]


def test_a_guess_is_right_by_its_token_and_not_by_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(choices(write_texts(tmp_path / "texts"), params="320K", length=48, steps=1))
    ready = Ready(model=initial_model(plan).eval(), name="gpt-2", tokenizer=plan.tokenizer)
    one = task(plan.stage.objective)
    batch = one.prepare([plan.held_out.at(0)], [generator(0)], plan.setting)
    apart = guess_of(ready, one, batch)
    monkeypatch.setattr("clados.playground.kept.shown_token", lambda token: "x")
    alike = guess_of(ready, one, batch)
    assert isinstance(apart, GuessedText)
    assert isinstance(alike, GuessedText)
    assert len(alike.guesses) == len(apart.guesses) == len(batch.targets["labels"])
    assert alike.right == apart.right < len(apart.guesses)


def test_a_discriminator_tells_what_it_takes_for_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned(choices(write_texts(tmp_path / "texts"), "electra", params="300K", length=32, steps=1))
    one = task(plan.stage.objective)
    assert isinstance(plan.stage.objective, s.ReplacedTokens)
    ready = Ready(model=initial_model(plan).eval(), name="electra", tokenizer=plan.tokenizer)
    batch = one.prepare([plan.held_out.at(0)], [generator(0)], plan.setting)
    found = guess_of(ready, one, batch)
    assert isinstance(found, JudgedText)
    ((_, row),), hidden = found.sides, batch.targets["labels"]
    at, text = batch.targets["at"].tolist(), batch.targets["text"][0].tolist()
    assert [guess is not None for _, _, guess in row] == text
    there = [guess[0] == "replaced" for _, _, guess in row if guess]
    number = int((hidden != hidden.roll(1)).sum())
    assert sum(there) == number > 0
    assert {i for i, (_, _, guess) in enumerate(row) if guess and guess[0] == "replaced"} <= {*at}
    seen = batch.inputs["input_ids"].clone()
    seen[0, at] = hidden.roll(1)
    assert [token for token, _, _ in row] == [*map(shown_token, ready.required_tokenizer.tokens(seen[0].tolist()))]
    with torch.inference_mode():
        chances = ready.model(seen).logits[0].sigmoid().tolist()
    for chance, (_, _, guess) in zip(chances, row):
        if guess:
            truth, likely, taken, surest, right = guess
            assert (taken == "replaced", right) == (chance > 0.5, taken == truth)
            assert likely == pytest.approx(chance if truth == "replaced" else 1 - chance, abs=1e-3)
            assert surest == pytest.approx(max(chance, 1 - chance), abs=1e-3)
    with monkeypatch.context() as changed:  # pairs are told by their ids, however they are shown
        changed.setattr("clados.playground.kept.shown_token", lambda token: "x")
        alike = guess_of(ready, one, batch)
    assert isinstance(alike, JudgedText)
    assert alike.notes == [f"Replaced are {', '.join(['x by x'] * number)}."]
    batch.targets["labels"] = torch.full_like(hidden, int(hidden[0]))
    assert guess_of(ready, one, batch) is None  # nothing would be replaced
