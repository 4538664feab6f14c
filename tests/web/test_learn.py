"""Lessons in both languages, with what they compute; runs under a folder."""

import itertools
import json
import math
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from clados.models.declared import declared
from clados.reports.curves import Curve
from clados.reports.run import write_samples
from clados.reports.samples import JudgedText
from clados.spec import ImageDenoiser
from clados.train.pretrain import pretrain
from clados.web.request import Given
from clados.web.run_folders import found_runs
from clados.web.server import application
from clados.web.site import LESSON_NAMES, Site
from clados.web.views.learn import LESSONS, kept_of_image, lesson_words
from tests.apply.little import written
from tests.train.small import choices, write_texts
from tests.web.driving import LOCAL


def test_lessons_say_the_same_things_in_both_languages() -> None:
    english, chinese = lesson_words("en"), lesson_words("zh")
    assert LESSON_NAMES == LESSONS == (*english,) == (*chinese,)
    for name in LESSONS:
        assert english[name].keys() == chinese[name].keys() == {"title", "lead", "text", "after"}
        for key, text in english[name].items():
            assert text.count("\n\n") == chinese[name][key].count("\n\n")
            assert text.count("`") == chinese[name][key].count("`")


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_there_with_and_without_a_server(client: TestClient, name: str) -> None:
    live = client.get(f"/learn/{name}.html").text
    assert "Models that use it" in live
    assert "mistake" not in live
    file = Site(live=False).answer(f"zh/learn/{name}.html")
    assert file.status == 200
    assert lesson_words("zh")[name]["title"] in file.body.decode()
    assert b"<form" not in file.body


def test_attention_is_computed_on_the_readers_sentence(client: TestClient) -> None:
    text = client.get("/learn/attention.html?text=The+dog+<b>barks&layer=2&head=3&token=2").text
    assert text.count('<th scope="row"><code>') == 2  # the second token sees the first and itself
    assert "<b>barks" not in text
    assert "there are" in client.get("/learn/attention.html?text=dog&token=9").text


def test_the_share_of_the_image_is_the_declarations() -> None:
    model = declared("glide").model
    assert isinstance(model, ImageDenoiser)
    points = dict(kept_of_image(model))
    half = [math.cos((t + 0.008) / 1.008 * math.pi / 2) for t in (0.5, 0)]  # Nichol & Dhariwal 2021, eq. 17
    assert points[model.diffusion.steps / 2] == pytest.approx(half[0] / half[1], rel=1e-3)
    assert points[0] == 1 > points[model.diffusion.steps] >= 0


def test_models_with_the_same_noise_share_a_line(client: TestClient) -> None:
    text = client.get("/learn/diffusion.html").text
    assert ">Imagen, GLIDE, DALL-E 2</text>" in text
    assert text.count("<path data-id=") == 2 * 2  # for a window and for a phone


def run(folder: Path, entries: list[dict[str, object]], model: str = "gpt-2", steps: int = 4) -> None:
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"model": model, "choices": {"steps": steps}}))
    (folder / "log.jsonl").write_text("".join(json.dumps(each) + "\n" for each in entries))


def test_curves_of_runs_are_drawn_anew_when_their_logs_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    figure = Curve.figure

    def counted(curve: Curve, *given: Any, **named: Any) -> Any:
        drawn.append(curve.name)
        return figure(curve, *given, **named)

    monkeypatch.setattr(Curve, "figure", counted)
    steps: list[dict[str, object]] = [{"step": i, "loss": 5.0 / i} for i in (1, 2, 3)]
    for name in ("one", "two"):
        run(tmp_path / name, steps)
    site = Site(given=Given(runs=tmp_path))
    first = site.answer("runs.html").body
    assert drawn == ["Loss"] * 4  # of two runs, for a window and for a phone
    assert site.answer("runs.html").body == first
    assert drawn == ["Loss"] * 4
    with (tmp_path / "one" / "log.jsonl").open("a") as log:
        log.write('{"step": 4, "loss": 0.5}\n')
    assert site.answer("runs.html").body != first
    assert drawn == ["Loss"] * 6
    assert "损失" in site.answer("zh/runs.html").body.decode()
    assert drawn == ["Loss"] * 10


def test_all_curves_are_sent_of_the_last_runs_alone(tmp_path: Path) -> None:
    steps: list[dict[str, object]] = [{"step": i, "loss": 5.0 / i, "lr": 0.1 * i} for i in (1, 2, 3)]
    for i in range(8):
        run(tmp_path / f"run-{i}", steps)
        os.utime(tmp_path / f"run-{i}" / "log.jsonl", (i, i))
    text = Site(given=Given(runs=tmp_path)).answer("runs.html").body.decode()
    sections = dict(re.findall(r'data-region="(run-\d)"(.*?)</section>', text, re.DOTALL))
    assert {name for name, section in sections.items() if "All curves" in section} == {f"run-{i}" for i in range(2, 8)}
    assert all("<path data-id=" in section for section in sections.values())
    assert len(sections) == 8


def test_runs_show_curves_and_how_they_go_on(tmp_path: Path) -> None:
    steps: list[dict[str, object]] = [{"step": i, "loss": 5.0 / i, "tokens_per_second": 100.0} for i in (1, 2, 3)]
    run(tmp_path / "one & two", [{"step": 0, "held_out": {"loss": 6.0}}, *steps])
    run(tmp_path / "deep" / "<script>", steps)
    (tmp_path / "deep" / "<script>" / "config.json").write_text("{}")
    run(tmp_path / "torn", [])
    (tmp_path / "torn" / "log.jsonl").write_text("no entry\n")
    assert len(found_runs(tmp_path)) == 3
    client = TestClient(application(Site(given=Given(runs=tmp_path))), LOCAL)
    text = client.get("/runs.html").text
    assert "goes on" in text
    assert "no entry of a run" in text
    assert "&lt;script&gt;" in text
    assert "<script>" not in text.partition("</head>")[2]
    assert text.count("<path data-id=") == 2 * 3  # two in training, one held out; how fast they were never changed
    stopped = tmp_path / "one & two" / "log.jsonl"
    os.utime(stopped, (1, 1))
    assert "clados pretrain gpt-2 --out &#x27;" in client.get("/runs.html").text
    assert "deep/" in client.get("/playground.html").text


def test_a_run_that_has_ended_shows_what_its_model_makes(tmp_path: Path) -> None:
    folder = written("gpt", tmp_path / "writer")
    (folder / "log.jsonl").write_text(json.dumps({"step": 1, "loss": 5.0}) + "\n")
    client = TestClient(application(Site(given=Given(runs=tmp_path))), LOCAL)
    text = client.get("/runs.html").text
    samples = text.partition('class="samples"')[2]
    assert samples.count("<article>") == 3
    assert samples.count("token p") > 20
    again = written("decision-transformer", tmp_path / "again")
    shutil.rmtree(folder)
    again.rename(folder)  # another model in the same place
    (folder / "log.jsonl").write_text(json.dumps({"step": 1, "loss": 5.0}) + "\n")
    assert 'data-film="episode"' in client.get("/runs.html").text


def test_a_run_that_goes_on_shows_what_its_last_checkpoint_makes(tmp_path: Path) -> None:
    write_texts(tmp_path / "texts")
    made, asked = choices(tmp_path / "texts", steps=31, batch=1), itertools.count(1)
    pretrain(made, tmp_path / "runs" / "one", stop=lambda: next(asked) == 13)
    saved = tmp_path / "runs" / "one" / "checkpoints"
    assert sorted(each.parent.name for each in saved.glob("*/model")) == ["step-00000010", "step-00000013"]
    (saved / "step-<b>" / "model").mkdir(parents=True)
    (saved / "step-<b>" / "model" / "config.json").write_text("{}")
    client = TestClient(application(Site(given=Given(runs=tmp_path / "runs"))), LOCAL)
    text = client.get("/runs.html").text
    assert "What it makes after step 13:" in text
    assert text.partition('class="samples"')[2].count("<article>") == 3
    assert "Try it in the playground" not in text
    result = pretrain(made, tmp_path / "runs" / "one", resume=True)
    assert result.checkpoint == saved / "step-00000031"
    assert not (result.checkpoint / "model").exists()
    text = client.get("/runs.html").text
    assert "What it makes after" not in text
    assert text.count('class="read"') == 2  # what it guessed of held-out texts is kept with the run
    assert "它读到什么，又猜了什么" in client.get("/zh/runs.html").text
    guess = ("original", 0.9, "original", 0.9, True)
    write_samples(tmp_path / "runs" / "one", [JudgedText([("", [("cat", "text", guess)])])])
    for said in ("它读到什么，又把哪些当作被替换", "词元下方是模型对它的判断"):
        assert said in client.get("/zh/runs.html").text


def test_no_folder_of_runs_is_said(client: TestClient) -> None:
    assert "--runs FOLDER" in client.get("/runs.html").text
    assert 'href="runs.html"' not in client.get("/").text
