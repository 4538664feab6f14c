"""clados pretrain and clados objective, as they are typed."""

import errno
import importlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from clados import spec as s
from clados.cli.frame import run_command_line
from clados.cli.train import interruptible
from clados.train.choices import Choices
from clados.train.log import Bar
from clados.train.planned import planned
from tests.train.small import write_texts

SMALL = ["--params", "250K", "--vocab", "320", "--length", "24", "--batch", "4", "--steps", "12"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_texts(tmp_path_factory.mktemp("texts"))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_pretraining_writes_a_directory_that_can_be_loaded(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["pretrain", "gpt-2", "--data", str(data), *SMALL, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["out"] == "runs/gpt-2"
    assert found["held_out"]["end"]["loss"] < found["held_out"]["start"]["loss"] - 0.5
    out = Path("runs/gpt-2")
    written = {file.name for file in out.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "run.json", "log.jsonl", "checkpoints"} <= written
    resolved = json.loads((out / "run.json").read_text())
    assert (resolved["model"], resolved["choices"]["steps"], resolved["length"]) == ("gpt-2", 12, 24)
    from clados.checkpoints import from_pretrained

    assert from_pretrained(out).spec.vocab.size == 320


def test_a_dry_run_shows_the_plan_and_three_examples_and_writes_nothing(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["pretrain", "bert", "--data", str(data), *SMALL, "--dry-run"]) == 0
    text = capsys.readouterr().out
    assert "parameters" in text
    assert "12 of 4 examples" in text
    assert re.search(rf"data +{re.escape(str(data))}, [\d,]+ examples", text)
    assert "memory" in text
    assert text.count("the second segment follows the first") == 3
    assert run_command_line(["pretrain", "t5", "--data", str(data), *SMALL, "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert len(plan["samples"]) == 3
    assert plan["memory"] > 16 * plan["parameters"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_an_interrupted_run_is_saved_and_says_how_to_go_on(data: Path, tmp_path: Path) -> None:
    typed = ["pretrain", "gpt-2", "--data", str(data), *SMALL[:-1], "100000", "--out", "run"]
    command = [sys.executable, "-c", "from clados.cli import main; main()", *typed]
    log = tmp_path / "run" / "log.jsonl"
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        while process.poll() is None and not (log.exists() and '"step": 5' in log.read_text()):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=240)
    assert process.returncode == 130, said
    assert said.splitlines()[-1].endswith("to go on: clados pretrain gpt-2 --out run --resume")
    assert len(list((tmp_path / "run" / "checkpoints").glob("step-*"))) >= 1
    assert not (tmp_path / "run" / "config.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gpt-3000"], "unknown model 'gpt-3000'; did you mean 'gpt-3'?"),
        (["gpt-2:huge"], "gpt-2 has no size 'huge'"),
        (["gpt-2", "--params", "lots"], "params: 'lots' is not a number; write"),
        (["gpt-2", "--data", "nowhere"], "nowhere: no such path or embedded set"),
        (["gpt-2", "--data", "empty"], "empty:"),
        (["gpt-2", "--data", "digits"], "the data hold Labelled examples; this objective learns from Text"),
        (["gpt-2", "--steps", "3", "--minutes", "1"], "steps and minutes both say how long to train: give one of them"),
        (["gpt-2", "--batch", "1000000000000000000000"], "it must be above 0 and at most 1,048,576"),
        (["gpt-2", "--threads", "1000000000000000000000"], "--threads"),
        (["gpt2x"], "did you mean 'gpt-2'"),
        (["gpt-2", "--steps", "0"], "steps is 0; it must be above 0"),
        (["gpt-2", "--minutes", "nan"], "minutes is nan; it must be above 0"),
        (["gpt-2", "--minutes", "inf"], "minutes is inf; it must be above 0 and finite"),
        (["gpt-2", "--lr", "-1"], "lr is -1.0; it must be above 0"),
        (["gpt-2", "--seed", "-1"], "seed is -1; it must be from 0 to 2**63 - 1"),
        (["gpt-2", "--seed", "99999999999999999999"], "it must be from 0 to 2**63 - 1"),
        (["gpt-2", "--vocab", "100"], "vocabulary of 100 is too small for a bytes tokenizer; 257 or more"),
        (["vit", "--data", "digits", "--vocab", "300"], "vocab is 300; vit reads no tokens (Patches): leave it out"),
        (["se3-transformer", "--data", "particles", "--vocab", "300"], "vocab is 300; se3-transformer reads no tokens"),
        (
            ["vit", "--data", "digits", "--cache", "kept"],
            "cache is kept; ImageClasses learns from no documents: leave it out",
        ),
        (["clip", "--data", "emoji-16", "--cache", "kept"], "cache is kept; Contrastive learns from no documents"),
        (["transformer", "--cache", "kept"], "cache is kept; Translation learns from no documents: leave it out"),
        (
            ["vit", "--data", "digits", "--length", "9"],
            "length is 9; ImageClasses learns from no sequences: leave it out",
        ),
        (
            ["vit", "--data", "digits", "--length", "9", "--dry-run"],
            "length is 9; ImageClasses learns from no sequences",
        ),
        (["gpt-2", "--resume"], "runs/gpt-2: there is no run to resume"),
        (["gpt-2", "--stpes", "3"], "--stpes"),
        (["gpt-2", "--out", "full"], "full: holds mine.txt, and no run that could be resumed; name another folder"),
        (["gpt-2", "--out", "full/mine.txt"], "full/mine.txt: is a file; name a folder"),
        (["gpt-2", "--out", "/dev/null"], "/dev/null: is a device; name a folder"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    arguments: list[str], message: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    small = [] if "--data" in arguments else ["--data", str(data)]
    assert run_command_line(["pretrain", *arguments, *small]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert message in printed.err
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["empty", "full", "mine.txt"]


def test_a_run_begun_with_options_that_nothing_reads_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    unread = ["--length", "9", "--vocab", "300"]
    asked = ["pretrain", "vit", "--data", "digits", "--params", "91K", "--batch", "4", *unread, "--out", "run"]
    with monkeypatch.context() as before:  # these were refused
        before.setattr(Choices, "refuse_unread", lambda _: None)
        assert run_command_line([*asked, "--steps", "1"]) == 0
    more = ["pretrain", "vit", "--steps", "2", "--out", "run", "--resume"]
    for again in ([*more, "--dry-run"], [*more, *unread, "--dry-run"]):
        assert run_command_line(again) == 0
    assert json.loads(Path("run/log.jsonl").read_text().splitlines()[-1])["step"] == 1
    assert run_command_line(more) == 0
    assert json.loads(Path("run/log.jsonl").read_text().splitlines()[-1])["step"] == 2


@pytest.mark.parametrize("name", ["dall-e", "stable-diffusion"])
def test_a_coder_of_images_keeps_the_vocabulary_and_the_positions_of_captions(name: str) -> None:
    made = Choices(model=name, stage="coding", data="emoji-16", params="1M", steps=1, vocab=300, length=9)
    made.refuse_unread()
    read: Any = planned(made).model.reads(s.Tokens)
    assert read.vocab.size == 300
    assert (read.text if name == "dall-e" else read.position.length) == 9


def test_what_stands_at_out_is_named(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("nowhere")
    assert run_command_line(["pretrain", "gpt-2", "--data", str(data), *SMALL, "--out", "run"]) == 0
    for out, message in [
        ("pipe", "pipe: is a named pipe; name a folder"),
        ("link", "link: is a broken link; name a folder"),
        ("run", "run: holds a run; resume it, or name another folder"),
    ]:
        capsys.readouterr()
        assert run_command_line(["pretrain", "gpt-2", "--data", str(data), *SMALL, "--out", out]) == 2
        assert message in capsys.readouterr().err


def test_a_run_of_another_model_or_length_is_not_resumed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["pretrain", "gpt-2", "--data", str(data), *SMALL, "--out", "run"]) == 0
    for arguments, message in [
        (["bert"], "run: its run has model gpt-2, not bert"),
        (["gpt-2", "--steps", "11"], "run: its run has steps 12, not 11"),
        (["gpt-2", "--lr", "1", "--seed", "3"], "not 1.0; its run has seed 0, not 3"),
        (["gpt-2", "--minutes", "1"], "run: minutes is 1.0; a run that goes on is given its length in steps"),
    ]:
        capsys.readouterr()
        assert run_command_line(["pretrain", *arguments, "--out", "run", "--resume"]) == 2
        assert message in capsys.readouterr().err
    assert run_command_line(["pretrain", "gpt-2", "--out", "run", "--resume"]) == 0


@pytest.mark.parametrize("card", ["bert", "t5", "gpt-2"])
def test_an_objective_is_shown_on_a_users_text(card: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["objective", card, "--text", "The cat sat on the mat. It was happy."]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"{card} learns ")
    assert run_command_line(["objective", card, "--text", "The cat sat on the mat. It was happy.", "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["model"] == card
    assert any(piece["predicts"] for piece in found["sees"]) != bool(found["writes"])


def test_a_model_without_text_has_nothing_to_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["objective", "vit", "--text", "a cat"]) == 2
    assert "vit learns ImageClasses() and reads no text" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "an object is needed"),
        ('{"model": ["gpt-2"]}', "needed is a string"),
        ("{bad", "not JSON"),
        ("{}", "names no model"),
    ],
)
def test_a_run_that_cannot_be_read_is_named(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.json").write_text(text)
    assert run_command_line(["objective", str(tmp_path), "--text", "a cat"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", ["evil.py", "./evil.py", "{}/evil.py", "evil.py:small", "evil", "../run/evil.py"])
def test_nothing_of_a_directory_is_run(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "evil.py").write_text("from pathlib import Path\nPath('ran').touch()")
    (tmp_path / "evil.py").write_text((folder / "evil.py").read_text())
    (folder / "run.json").write_text(json.dumps({"model": name.format(folder)}))
    assert run_command_line(["objective", str(folder), "--text", "a cat"]) == 2
    assert "unknown model" in capsys.readouterr().err
    assert not list(tmp_path.rglob("ran"))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_polite_signal_asks_to_stop_unless_it_is_ignored(name: str) -> None:
    number = getattr(signal, name)
    was = signal.getsignal(number)
    try:
        with interruptible() as stop:
            assert not stop()
            os.kill(os.getpid(), number)
            assert stop()
        signal.signal(number, signal.SIG_IGN)  # as nohup does
        with interruptible() as stop:
            os.kill(os.getpid(), number)
            assert not stop()
    finally:
        signal.signal(number, was)


def test_a_closed_terminal_does_not_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def isatty(self) -> bool:
            return True

        def write(self, text: str) -> int:
            raise OSError(errno.EIO, "Input/output error")

        def flush(self) -> None:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(sys, "stderr", Closed())
    entry = {"step": 1, "loss": 1.0, "tokens_per_second": 1.0, "held_out": {"loss": 1.0}}
    with Bar("gpt-2") as bar:
        bar.note("text")
        bar.start(0, 2)
        bar.evaluated(entry)
        bar.step(entry)


def test_a_dry_run_shows_three_examples_however_many_a_step_has(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for size in (["--micro", "1"], ["--batch", "1000000"]):
        assert run_command_line(["pretrain", "GPT-2", "--data", str(data), *SMALL, *size, "--dry-run", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["model"], len(told["samples"])) == ("gpt-2", 3)


@pytest.mark.parametrize(
    "typed",
    [
        ["pretrain", "gpt-2", "--out"],
        ["tour", "--out"],
        ["export", "--out"],
        ["draw", "gpt-2", "--svg"],
        ["embed", "x", "a", "--out"],
        ["new", "x-y", "--like", "bert", "--dir"],
        ["verify", "--write"],
    ],
)
def test_an_empty_path_to_write_to_is_refused(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for empty in ([*typed, ""], [*typed[:-1], f"{typed[-1]}="]):
        assert run_command_line(empty) == 2
        assert capsys.readouterr().err == f"clados: {typed[-1]} is empty; a path is needed\n"


def test_a_place_that_cannot_be_written_to_is_refused_before_training(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("clados.train.pretrain")
    monkeypatch.setattr(module, "planned", lambda choices: pytest.fail("planned"))
    (tmp_path / "dangling").symlink_to("/proc/nowhere")
    os.mkfifo(tmp_path / "pipe")
    for out in ("/proc/x", "/", "/dev/null", "dangling", "pipe", "pipe/x", os.fsdecode(b"o\xff")):
        assert run_command_line(["pretrain", "gpt-2", "--data", str(data), *SMALL, "--out", out]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert {each.name for each in tmp_path.iterdir()} == {"dangling", "pipe"}


def test_a_run_is_written_through_a_link_and_into_the_current_directory(data: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to("disk")
    before = (tmp_path / "disk").stat().st_ino
    assert run_command_line(["pretrain", "gpt-2", "--data", str(data), *SMALL[:-1], "1", "--out", "link"]) == 0
    os.chdir(tmp_path / "disk")
    assert run_command_line(["pretrain", "gpt-2", "--resume", "--steps", "2", "--out", "."]) == 0
    assert (Path.cwd().stat().st_ino, (tmp_path / "link").is_symlink()) == (before, True)
    assert {each.name for each in Path.cwd().iterdir() if each.name.startswith(".")} == set()
