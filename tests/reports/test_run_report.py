"""The report of a run is drawn of its files alone: its numbers, curves, samples and commands."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from clados.cli.frame import run_command_line
from clados.errors import CladosError, InputError
from clados.models.declared import declared, package_models
from clados.objectives import task
from clados.objectives.tasks import runs
from clados.reports.commands import WITHOUT_SEQUENCES, goes_on_by, made_by
from clados.reports.curves import learning_speed, main_curve, other_curves
from clados.reports.run import run_record, run_report, write_report, write_samples
from clados.reports.samples import (
    AnsweredPrompt,
    ContinuedText,
    FilledText,
    FoldedProtein,
    GuessedText,
    JudgedText,
    KeptSample,
    NearTexts,
    PaintedText,
    PlayedGame,
    ToldClass,
    sample_of,
    shown_samples,
)

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
SAMPLES: list[KeptSample] = [
    GuessedText(
        [("It reads", [("<b>", "text", None)]), ("It has to write", [("cat", "text", ("cat", 0.9, "cat", 0.9, True))])]
    ),
    GuessedText(
        [("", [("dog", "hidden", ("dog", 0.1, "<i>", 0.35, False)), ("barks", "text", None)])], ["Beside it, so: yes."]
    ),
    JudgedText([("", [("cat", "text", ("replaced", 0.7, "replaced", 0.7, True))])], ["Replaced are dog by cat."]),
    ContinuedText("The <u>", [("▁king", 0.5), ("↵", 0.01)]),
    FilledText("a [MASK] barks", "a dog barks", [("dog", 0.75), ("cat", 0.25)]),
    ToldClass("", PNG, "7", [("7", 0.75), ("1", 0.25)]),
    PaintedText("a dog", PNG),
    PlayedGame("CartPole-v1", [[0.0, 1.0], [0.5, 2.0]], 200, 20),
    FoldedProtein("MQ", [91.0, 40.0]),
    NearTexts("a dog", [("a cat", 0.5)]),
    AnsweredPrompt("What is a cat?", "A.", "An animal."),
]


def entries(steps: int = 8) -> list[dict[str, Any]]:
    """A log of so many steps, with two parts of the loss, and evaluations of which the third is kept."""
    found: list[dict[str, Any]] = []
    for step in range(steps + 1):
        loss = 6.0 - step / 2
        if step:
            own = {
                "loss": loss,
                "lm": loss - 1,
                "nsp": 1.0,
                "tokens": 64,
                "seconds": 0.5,
                "tokens_per_second": 127.0 + step % 3,
            }
            found.append({"step": step, "lr": 0.001, "gradient": 2.0, **own})
        if step % 4 == 0:
            held = {"loss": loss + 0.1, "lm": loss - 0.9, "nsp": 1.0, "accuracy": step / 10}
            found.append({"step": step, "held_out": held, "best": 4})
    return found


RUN: dict[str, Any] = {
    "clados": "0.2.0",
    "model": "bert",
    "choices": {
        "params": "300K",
        "data": "my texts",
        "mix": None,
        "skip_bad": True,
        "steps": 8,
        "lr": 0.001,
        "seed": 0,
    },
    "declaration": "Encoder(size=Size(layers=2, d_model=128, heads=4))",
    "stage": "Stage(name='pretraining', objective=MaskedTokens(), data='books')",
    "units": {"loss": "nats a token", "examples": "tokens"},
    "parameters": 301_000,
    "batch": 4,
    "examples": {"trained on": 1000, "held out": 100},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run.json").write_text(json.dumps(RUN))
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(each) + "\n" for each in entries()))
    write_samples(tmp_path, SAMPLES)
    return tmp_path


def test_the_page_needs_nothing_else_and_every_picture_is_whole(folder: Path) -> None:
    page = write_report(folder).read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|@import|url\(|src=\"(?!data:)", page)
    assert not re.search(r"https?://(?!www\.w3\.org)", page)
    assert ".term{white-space:nowrap}" in page  # of numbers such as 1e-12
    pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    # the loss for two widths, a part of it that changes, accuracy, speed; an episode and a fold
    assert len(pictures) == 2 + 3 + 2
    for each in pictures:
        ElementTree.fromstring(each)


def test_numbers_are_those_of_the_weights_that_came_of_it(folder: Path) -> None:
    page = run_report(run_record(folder))
    assert "<span>held-out loss</span><b>4.1</b><small>6.1 before</small>" in page  # of step 4, the best
    assert "<span>parameters</span><b>301,000</b>" in page
    assert "<span>tokens a second</span><b>128</b>" in page
    assert "<span>time</span><b>4.0\u00a0s</b>" in page
    assert "pretraining · masked tokens · on my texts" in page
    assert ">stands at step 8<" in page
    (folder / "config.json").write_text("{}")
    ended = run_report(run_record(folder))
    assert ">has ended<" in ended
    assert "It goes on with" in page
    assert "It goes on with" not in ended


def test_the_main_curve_is_the_loss_or_of_judged_answers_the_reward() -> None:
    log = [{**each, "reward": 1.0} if "loss" in each else each for each in entries()]
    assert main_curve(log, "nats").series["training"][0] == (1, 5.5)
    assert main_curve(log, "nats").series["held out"] == [(0, 6.1), (4, 4.1), (8, 2.1)]
    assert main_curve(log, "nats", judged=True).series == {"training": [(step, 1.0) for step in range(1, 9)]}
    names = [each.name for each in other_curves(log, "nats", 4, "tokens")]
    assert names == ["Loss of tokens", "Accuracy", "Tokens a second"]  # the others never change
    assert "Loss" in [each.name for each in other_curves(log, "nats", 4, "tokens", judged=True)]


def test_speed_is_of_tokens_as_they_were_counted_or_of_examples_by_the_clock() -> None:
    assert learning_speed(entries(2), 4, "tokens") == [(1, 128.0), (2, 129.0)]
    assert learning_speed(entries(2), 4, "images") == [(1, 8.0), (2, 8.0)]


def test_of_very_many_steps_every_few_are_drawn_and_all_evaluations(folder: Path) -> None:
    (folder / "log.jsonl").write_text("".join(json.dumps(each) + "\n" for each in entries(20_000)))
    curve = run_record(folder).curve
    assert len(curve.series["held out"]) == 5001
    assert 2000 < len(curve.series["training"]) < 4000
    assert run_record(folder).step == 20_000


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda each: each.kind)
def test_samples_come_back_from_their_file_as_they_were(sample: KeptSample) -> None:
    again = sample_of(json.loads(json.dumps(sample.json())))
    assert str(again.card()) == str(sample.card())


def test_guesses_are_coloured_by_whether_they_are_right_and_how_sure_they_are() -> None:
    text = str(SAMPLES[0].card()) + str(SAMPLES[1].card())
    assert '<i class="right c4">cat</i>' in text
    assert '<i class="wrong c1">&lt;i&gt;</i>' in text
    assert 'class="t hidden" title="dog: 10.0%; &lt;i&gt;: 35.0%"' in text
    assert "1 of 1 guesses are right." in text
    assert "0 of 1 guesses are right." in text
    assert "<b>" not in re.sub(r"<b>The|&lt;b&gt;", "", str(SAMPLES[0].card()))


def test_replaced_tokens_are_counted_beside_the_rest_and_what_stands_below_is_told() -> None:
    read, judged = (SAMPLES[i] for i in (1, 2))
    places = [("a", "text", ("original", 0.9, "original", 0.9, True))] * 5
    missed = ("b", "text", ("replaced", 0.2, "original", 0.8, False))
    text = str(JudgedText([("", [*places, missed])]).card())
    assert "Of 1 replaced tokens it takes 0 for replaced, of 5 original ones 5 for original." in text
    assert "guesses are right" not in text
    page = "".join(map(str, shown_samples([judged, read])))
    keys = re.findall(r"below a token, [^:]+:", page)
    assert keys == ["below a token, what the model takes it for:", "below a token, what the model expects there:"]


def test_two_tokens_that_are_shown_alike_are_two() -> None:
    text = GuessedText([("", [("�", "text", ("�", 0.1, "�", 0.5, False)), ("a", "text", ("a", 0.9, "a", 0.9, True))])])
    assert text.right == 1
    assert '<i class="wrong c2">�</i>' in str(text.card())
    earlier: Any = {"kind": "read", "sides": [["", [["a", "text", ["a", 0.9, "a", 0.9]]]]]}  # without whether it is
    again = sample_of(earlier)
    assert isinstance(again, GuessedText)
    assert again.right == 1


def test_judgements_are_told_in_the_language_of_the_page_and_tokens_as_they_are() -> None:
    judged, guessed = (
        each([("", [("replaced", "text", ("replaced", 0.7, "original", 0.8, False))])])
        for each in (JudgedText, GuessedText)
    )
    said = str(judged.rows(str.upper))
    assert "<span>replaced</span>" in said
    assert 'title="REPLACED: 70.0%; ORIGINAL: 80.0%"' in said
    assert 'title="replaced: 70.0%; original: 80.0%"' in str(guessed.rows(str.upper))


@pytest.mark.parametrize("name", ["log.jsonl", "run.json", "samples.json"])
def test_a_damaged_file_is_named_and_nothing_is_written(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / name).write_text('[{"kind": "read"}]\n' if name == "samples.json" else '"no run"\n')
    with pytest.raises(CladosError):
        run_record(folder)
    assert run_command_line(["report", str(folder)]) != 0
    assert not (folder / "report.html").exists()
    assert str(folder) in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        '{"step": 1, "loss": {}}',
        '{"step": 1, "held_out": {"loss": {}}}',
        '{"step": 1, "best": {}}',
        '{"step": 1, "seconds": null}',
        f'{{"step": 1, "loss": 1{"0" * 400}}}',
    ],
)
def test_a_line_of_the_log_without_numbers_is_named(folder: Path, line: str) -> None:
    (folder / "log.jsonl").write_text(f"{line}\n")
    with pytest.raises(CladosError, match=r"log.jsonl:1: damaged, no entry of a run's log"):
        run_record(folder)


def test_what_cannot_be_drawn_of_other_files_is_left_out(folder: Path) -> None:
    (folder / "log.jsonl").write_text('{"step": 1, "held_out": {"loss": 2.5}, "best": 7}\n')  # 7 is no evaluation
    (folder / "metrics.json").write_text(f'{{"f1": 1{"0" * 400}, "accuracy": 0.5}}')
    changed = {"batch": 10**400, "choices": {"task": "tag", "start": "bert", "freeze": 3}}
    (folder / "run.json").write_text(json.dumps(RUN | changed))
    page = run_report(run_record(folder))
    assert "<span>held-out loss</span><b>2.5</b>" in page
    assert "<span>accuracy</span><b>0.500</b>" in page
    assert "<span>f1</span>" not in page
    assert "--freeze 3" in page


def test_a_folder_without_a_run_is_refused_with_those_in_it(tmp_path: Path) -> None:
    for name in ("judge", "actor"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "log.jsonl").touch()
    with pytest.raises(InputError, match=r"holds no run, as it has no log.jsonl; folders in it do: actor, judge$"):
        run_record(tmp_path)


def test_what_a_run_lacks_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log.jsonl").write_text('{"step": 1, "loss": NaN}\n')
    assert run_command_line(["report", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"report": str(tmp_path / "report.html")}
    assert "<svg" not in (tmp_path / "report.html").read_text()


def test_names_of_users_are_shown_as_texts(folder: Path) -> None:
    (folder / "run.json").write_text(json.dumps(RUN | {"model": "<img src=x>", "choices": {"data": "</style><b>"}}))
    page = run_report(run_record(folder))
    assert "<img src=x>" not in page
    assert "</style><b>" not in page


def test_commands_have_every_choice() -> None:
    assert made_by(RUN, Path("runs/b")) == (
        "clados pretrain bert --params 300K --data 'my texts' --skip-bad --steps 8 --lr 0.001 --seed 0 --out runs/b"
    )
    assert goes_on_by(RUN, Path("runs/b")) == "clados pretrain bert --out runs/b --resume"
    chosen = {"start": "bert", "task": "tag", "epochs": 2.0, "steps": 9, "on": ["q", "v"], "freeze": ["a", "b"]}
    chosen |= {"class_weights": {"x": 2.0}, "every": 1, "merge": False}
    assert made_by({"choices": chosen}, Path("out")) == (
        "clados finetune bert --task tag --steps 9 --freeze a --freeze b --class-weights x=2.0 --out out"
    )
    updated = {"start": "bert", "task": "tag", "lora": 4, "on": ["q", "k"]}
    assert made_by({"choices": updated}, Path("out")) == "clados finetune bert --task tag --lora 4 --on q,k --out out"
    assert goes_on_by({"choices": chosen}, Path("out")).endswith("--out out --resume")
    assert made_by({"model": "bert", "choices": {"shuffled": True}}, Path()) == ""
    assert made_by({}, Path()) == goes_on_by({}, Path()) == ""


@pytest.mark.parametrize(
    ("model", "objective", "tokenizer", "said"),
    [
        ("vit", "ImageClasses", "", "clados pretrain vit --data d --out o"),
        ("se3-transformer", "PointRegression", "", "clados pretrain se3-transformer --data d --out o"),
        ("alphafold", "Folding", "", "clados pretrain alphafold --data d --length 9 --out o"),
        ("clip", "Contrastive", "aa", "clados pretrain clip --data d --vocab 300 --length 9 --out o"),
    ],
)
def test_a_command_leaves_out_what_nothing_read(model: str, objective: str, tokenizer: str, said: str) -> None:
    run = {"model": model, "choices": {"data": "d", "vocab": 300, "length": 9}, "tokenizer checksum": tokenizer}
    assert made_by(run | {"stage": f"Stage(name='training', objective={objective}())"}, Path("o")) == said


def test_objectives_without_sequences_are_those_that_refuse_a_length() -> None:
    recipes = [declared(name).recipe for name in package_models()]
    learned = {each.objective for recipe in recipes for each in recipe.stages if runs(each.objective)}
    assert {type(each).__name__ for each in learned if not task(each).length} == {*WITHOUT_SEQUENCES}


def test_a_product_of_rounding_is_written_in_short_where_the_run_is_made_again() -> None:
    for lr, said in (
        (0.0006000000000000001, "0.0006"),
        (1.2000000000000002e-05, "1.2e-05"),
        (0.0004242640687119285, "0.0004242640687119285"),  # no rounding of a shorter one
        (0.1234567890123, "0.1234567890123"),
    ):
        made = made_by({"model": "bert", "choices": {"lr": lr}}, Path("b"))
        assert made == f"clados pretrain bert --lr {said} --out b"
        assert float(said) == pytest.approx(lr, rel=1e-15, abs=0)
    tuned = {"choices": {"start": "bert", "task": "tag", "lr": 0.0006000000000000001}}
    assert "--lr 0.0006 " in made_by(tuned, Path("b"))
    assert "--lr 0.0006000000000000001 " in goes_on_by(tuned, Path("b"))  # which has to be what the run is of


def test_it_is_drawn_without_torch(folder: Path) -> None:
    code = "import sys; from clados.cli import main; sys.argv[1:] = ['report', sys.argv[1]]\ntry: main()\n"
    code += "except SystemExit as end: assert not end.code\nassert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)


def test_a_run_that_stopped_early_says_why_and_which_weights_are_kept(folder: Path) -> None:
    said = "no better held-out loss came (evaluations in a row: 1); the weights kept are those of step 4."
    (folder / "run.json").write_text(json.dumps(RUN | {"choices": RUN["choices"] | {"steps": 20}}))
    assert said not in run_report(run_record(folder))  # it goes on
    (folder / "config.json").write_text("{}")
    assert said in run_report(run_record(folder))
    (folder / "run.json").write_text(json.dumps(RUN))
    page = run_report(run_record(folder))
    assert "stopped early" not in page
    assert "The weights kept are those of step 4." in page


def test_documents_are_told_where_they_are_not_the_examples(folder: Path) -> None:
    for number, told in ((1000, False), (999, True)):
        documents = {"trained on": number, "held out": 100}
        (folder / "run.json").write_text(json.dumps(RUN | {"documents": documents}))
        assert (">documents<" in run_report(run_record(folder))) == told
