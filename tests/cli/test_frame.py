"""The frame of the command line: help, exit codes, one line for every mistake, no torch."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import clados.cli
import clados.cli.about
from clados.cli.commands import COMMANDS, Command
from clados.cli.frame import function, run_command_line

Run = Callable[..., Any]
CLADOS = [sys.executable, "-c", "from clados.cli import main; main()"]


@pytest.mark.parametrize("command", [("chat", ""), ("score", "", "--prompt", "x"), ("load", "")])
def test_an_empty_directory_is_not_the_working_one(clados: Run, command: tuple[str, ...]) -> None:
    told = clados(*command)
    assert (told.code, told.out) == (2, "")
    assert "is empty; a path is needed" in told.err


def test_alone_it_says_how_much_there_is_and_what_to_try(clados: Run) -> None:
    told = clados()
    assert told.code == 0
    assert re.search(r"\d+ Transformers, \d+ of them declared", told.out)
    assert len(told.out.splitlines()) <= 24
    assert told.out.count("clados ") >= 6


@pytest.mark.parametrize("command", clados.cli.about.TRY)
def test_what_it_tells_to_try_works(clados: Run, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = clados(*shlex.split(command)[1:])
    assert told.code == 0
    assert told.out or [*tmp_path.iterdir()]


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["help"]])
def test_help_names_every_command(clados: Run, argv: list[str]) -> None:
    told = clados(*argv)
    assert told.code == 0
    assert all(f"  {name} " in told.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_explains_itself(clados: Run, name: str) -> None:
    assert callable(function(name))
    told = clados(name, "--help")
    assert told.code == 0
    assert f"Usage: clados {name}" in " ".join(told.out.split())


def test_the_version_is_the_packages(clados: Run) -> None:
    assert clados("--version").out == clados("-V").out == f"clados {sys.modules['clados'].__version__}\n"


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["lst"], "clados: no such command 'lst'; did you mean 'list'?"),
        (["--versoin"], "clados: no such option '--versoin'; did you mean '--version'?"),
        (["list", "--parms", "1B"], "clados: list: no such option '--parms'; did you mean '--params'"),
        (["timeline", "--out", "x.svg"], "clados: timeline: no such option '--out'; drawings are written with --svg"),
        (["draw", "bert", "--output", "x"], "clados: draw: no such option '--output'; drawings are written with --svg"),
        (["list", "--limit", "few"], "clados: list: invalid value for '--limit'"),
        (["list", "--family", "Brt"], "clados: no model has family 'Brt'; did you mean 'BERT'?"),
        (["list", "--sort", "parms"], "clados: unknown attribute 'parms'; did you mean 'params'?"),
        (["show", "brt"], "clados: unknown model 'brt'; did you mean 'bert'?"),
        (["show", "bert:huge"], "clados: bert has no size 'huge'; it has base"),
        (["show", "llama:"], "clados: llama has no size ''; it has 13b, 33b, 65b, 7b"),
        (["compare", "gpt-3", "llama:"], "clados: llama has no size ''; it has 13b, 33b, 65b, 7b"),
        (["count", "llama:"], "clados: llama has no size ''; it has 13b, 33b, 65b, 7b"),
        (["show"], "clados: show: missing argument 'MODEL[:SIZE]'"),
        (["--cards"], "clados: --cards needs a folder"),
        (["list", "--cards", "/nowhere"], "clados: no folder of cards at /nowhere"),
        (["check", "/nowhere.toml"], "clados: no such file or folder: /nowhere.toml"),
        (["export", "--format", "xml"], "clados: unknown format 'xml'"),
        (["export", "--format", "csv", "--out", "/proc/none/x.csv"], "clados: /proc/none"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_one_line_on_stderr_and_exit_code_2(clados: Run, argv: list[str], line: str) -> None:
    told = clados(*argv)
    assert told.code == 2
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err.startswith(line)


def test_a_missing_package_is_answered_with_the_extra(clados: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(COMMANDS, "needy", Command("torch", "needs torch"))
    told = clados("needy")
    assert (told.code, told.err) == (
        2,
        "clados: this needs torch, which is not installed and comes with clados[torch]; "
        "in your clone of Clados: pip install -e '.[torch]'\n",
    )
    monkeypatch.setitem(COMMANDS, "broken", Command("no_such_module", "a bug"))
    with pytest.raises(ModuleNotFoundError):
        run_command_line(["broken"])


def test_parquet_without_its_package_says_which(clados: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    told = clados("export", "--format", "parquet", "--out", str(tmp_path / "x.parquet"))
    assert told.code == 2
    assert "pip install -e '.[parquet]'" in told.err
    assert not [*tmp_path.iterdir()]


def test_an_interrupt_and_a_bug_are_what_they_are(clados: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    def wrong() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("clados.cli.about.version", interrupted)
    assert clados("--version").code == 130
    monkeypatch.setattr("clados.cli.about.version", wrong)
    with pytest.raises(ZeroDivisionError):
        run_command_line(["--version"])


@pytest.mark.parametrize("argv", [[], ["list"], ["show", "bert"], ["compare", "bert", "gpt"], ["doctor"]], ids=" ".join)
def test_the_catalogue_never_imports_torch_nor_pydantic(argv: list[str]) -> None:
    code = (
        "import sys; from clados.cli.frame import run_command_line; code = run_command_line(sys.argv[1:]);"
        "sys.exit(code or sum(name in sys.modules for name in ('torch', 'numpy', 'pydantic', 'transformers')))"
    )
    told = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout != "") == (0, True), told.stderr


def test_the_process_exits_with_the_code_and_prints_no_colours_into_a_pipe() -> None:
    told = subprocess.run([*CLADOS, "list", "--limit", "3"], capture_output=True, text=True, check=True)
    assert len(told.stdout.splitlines()) == 4
    assert "\x1b" not in told.stdout + told.stderr
    assert subprocess.run([*CLADOS, "lst"], capture_output=True, check=False).returncode == 2


def test_a_reader_that_leaves_early_gets_no_complaint() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    told = subprocess.run([*CLADOS, "export"], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (told.returncode, told.stderr) == (1, "")


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_a_terminal_gets_colours_unless_it_wants_none(no_color: str, coloured: bool) -> None:
    pty = pytest.importorskip("pty")
    master, slave = pty.openpty()
    environment = {**os.environ, "NO_COLOR": no_color, "TERM": "xterm", "COLUMNS": "100"}
    if not no_color:
        del environment["NO_COLOR"]
    process = subprocess.Popen(
        [*CLADOS, "list", "--limit", "2"], stdout=slave, stderr=subprocess.DEVNULL, env=environment
    )
    assert process.wait(60) == 0
    os.close(slave)
    shown = os.read(master, 10_000).decode()
    os.close(master)
    assert ("\x1b[1m" in shown) is coloured
    assert max(map(len, re.sub(r"\x1b\[\d+m", "", shown).splitlines())) <= 100


@pytest.mark.parametrize(
    ("given", "wanted"), [({}, "5000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, None)]
)
def test_threads_that_wait_sleep_soon_unless_told_otherwise(
    given: dict[str, str], wanted: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "")  # so that what is set meanwhile goes again
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("clados.cli.run_command_line", lambda argv: 0)
    with pytest.raises(SystemExit):
        clados.cli.main()
    assert os.environ.get("GOMP_SPINCOUNT") == wanted


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_every_word_of_itself(clados: Run, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import typer

    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("TERMINAL_WIDTH", "400")
    shown = " ".join(clados(name, "--help").out.split())
    app = typer.Typer(add_completion=False)
    app.command(name)(function(name))
    for parameter in typer.main.get_command(app).params:
        if said := getattr(parameter, "help", None):
            assert " ".join(said.split()) in shown


@pytest.mark.parametrize("name", [each for each in COMMANDS if each != "web"])  # which serves, or writes a site
def test_every_command_gives_json(clados: Run, name: str) -> None:
    assert "--json" in clados(name, "--help").out


def test_help_tells_what_stands_where_nothing_is_given(clados: Run) -> None:
    assert "runs/MODEL" in clados("pretrain", "--help").out
    assert "runs/verify" in clados("verify", "--help").out
