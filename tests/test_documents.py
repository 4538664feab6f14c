"""The documentation is true: its commands and code run, and what it refers to is there."""

import importlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from blocks import FILES, ROOT, blocks, commands, output

from clados.proofs.proof import PROOFS
from clados.spec.core.registry import GROUP
from clados.train.pretrain import pretrain
from tests.train.small import choices, write_texts

GENERATED = "verification.md"
READ = [file for file in FILES if file.name != GENERATED]
SAID = {file.relative_to(ROOT).as_posix(): blocks(file) for file in READ}
SHELL = [(file, block) for file, found in SAID.items() for kind, block in found if kind == "sh"]
SHOWN = [
    (file, *each)
    for file, found in SAID.items()
    for kind, block in found
    if kind == "console"
    for each in commands(block)
]
TARGETS = set(re.findall(r"(?m)^([a-z]+)[a-z ]*:", (ROOT / "Makefile").read_text(encoding="utf-8")))
SMALL = "--params 300K --vocab 320 --length 24 --batch 4 --steps 1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands run: with the run that `make run` would have made, but tiny."""
    folder = tmp_path_factory.mktemp("documents")
    pretrain(choices(write_texts(folder / "texts", 4), "gpt-2", steps=1), folder / "runs" / "tour" / "gpt-2")
    return folder


def shorter(command: str) -> str:
    """The command without what takes minutes; the options that are left out are checked instead."""
    for proof in re.findall(r"--proof (\w+)", command):
        assert proof in PROOFS
    if "clados verify" in command:  # two of the proofs alone
        command = re.sub(r" --proof (?!card|sizes)\w+", "", command)
        return command if "--proof" in command else re.sub(r"verify \S+", r"\g<0> --proof card", command)
    return re.sub(r"--minutes \S+", SMALL, command)


def plain(text: str) -> list[str]:
    """The lines without what differs from run to run: columns and the seconds at their ends."""
    return [re.sub(r" \d+\.\d$", "", " ".join(line.split())) for line in text.splitlines()]


def test_every_block_is_of_a_language_that_is_run() -> None:
    assert {kind for found in SAID.values() for kind, _ in found} == {"console", "sh", "python", "toml"}
    assert len(SHOWN) >= 8


@pytest.mark.parametrize(("file", "command", "shows"), SHOWN, ids=[each[1] for each in SHOWN])
def test_a_command_prints_what_is_shown(folder: Path, file: str, command: str, shows: str) -> None:
    run = shorter(command)
    found, expected = plain(output(run, folder)), plain(shows)
    if "runs/" in command:  # what a trained model writes
        assert found
    elif run == command:
        assert found == expected, f"{file}: python scripts/blocks.py puts the new output in place"
    else:
        assert len(found) > 1
        assert [line for line in found if line not in expected] == []


# Programs whose lines are not run as they stand. Make sets up an environment and takes minutes: a dry run is made, and
# the files that it names are there. Pre-commit writes into the clone's own .git: the commands of its hooks are there.
NOT_RUN = ("make", "pre-commit")


def dry(target: str) -> str:
    """What make would run for a target, which has to be one."""
    assert target in TARGETS, target
    return output(f"make --dry-run {target}", ROOT)


def hooks() -> list[str]:
    """The commands that run before a commit."""
    return re.findall(r"(?m)^ +entry: (.+)$", (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("file", "block"), SHELL, ids=[each[0] for each in SHELL])
def test_the_lines_of_a_shell_block_run(tmp_path: Path, file: str, block: str) -> None:
    for target in re.findall(r"\bmake (\w+)", block):  # in what is said of them, too
        for named_file in re.findall(r"(?<![\w/.])(?:src|tests|scripts)/[\w./-]+", dry(target)):
            assert (ROOT / named_file).exists(), named_file
    lines = [line.partition("#")[0].strip() for line in block.splitlines()]
    exported = [line for line in lines if line.startswith("export ")]
    for line in (each for each in lines if each and each not in exported):
        if line.split()[0] in NOT_RUN:
            continue
        # a card without facts is not what it should be, and check says so
        fails = (127,) if line.startswith("clados check") else (2, 127)
        output("\n".join([*exported, shorter(line)]), tmp_path, fails)


def test_what_no_shell_block_runs_is_there() -> None:
    programs = {line.split()[0] for _, block in SHELL for line in block.splitlines() if line.split("#")[0].strip()}
    assert programs == {"clados", "export", *NOT_RUN}
    tools = Path(sys.executable).parent
    for command in hooks():
        program, *words = command.split()
        assert dry(words[-1]) if program == "make" else (tools / Path(program).name).exists(), command
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for file in FILES:
        for extras in re.findall(r"pip install [^`]*\.\[([\w,-]+)\]", file.read_text(encoding="utf-8")):
            assert {*extras.split(",")} <= {*project["optional-dependencies"]}, (file.name, extras)


PRELUDE = """
import os, sys, tempfile
os.chdir(tempfile.mkdtemp())
sys.path.insert(0, os.getcwd())
import clados
clados.build("bert", params="1M").save_pretrained("path/to/bert-base-uncased")
"""


def python_block(file: str, block: str) -> str:
    """The code that runs a block; one that begins with a file's name is that file, which later blocks may import."""
    if written := re.match(r"# (\w+)\.py\n", block):
        return f"open({written[1] + '.py'!r}, 'w').write({block!r})\nimport {written[1]}\n"
    return f"exec(compile({block!r}, {file!r}, 'exec'), {{}})\n"


def test_python_blocks_run() -> None:
    found = [(file, block) for file, each in SAID.items() for kind, block in each if kind == "python"]
    assert len(found) >= 7
    code = PRELUDE + "".join(python_block(*each) for each in found)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_settings_of_packages_are_the_files_that_they_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point as it is shown makes known what the page's module defines."""
    (settings,) = (tomllib.loads(block) for each in SAID.values() for kind, block in each if kind == "toml")
    ((_, module),) = settings["project"]["entry-points"][GROUP].items()
    (code,) = (b for each in SAID.values() for _, b in each if b.startswith(f"# {module}.py\n"))
    (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
    about = tmp_path / f"{settings['project']['name'].replace('-', '_')}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Name: {settings['project']['name']}\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(f"[{GROUP}]\nmine = {module}\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, sys.path)]))
    code = "from clados import spec; from clados.checkpoints.mapping.parsing import part\n"
    code += "print(part('Backwards()', spec.Objective))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("Backwards("), done.stderr[-2000:]


# ---------------------------------------------------------------- what is referred to


def quoted(file: Path) -> Iterator[str]:
    """What stands between backticks outside of blocks."""
    text = re.sub(r"(?ms)^```.*?^```$", "", file.read_text(encoding="utf-8"))
    yield from (" ".join(each.split()) for each in re.findall(r"`([^`]+)`", text))


@pytest.mark.parametrize(
    "file", [file for file in READ if file.parent.name != "benchmarks"], ids=lambda file: file.name
)
def test_files_and_names_are_there(file: Path) -> None:
    for word in quoted(file):
        if re.fullmatch(r"(src|tests|docs|scripts|benchmarks|\.ci)(/[\w.-]+)+", word):
            assert (ROOT / word).exists(), word
        elif re.fullmatch(r"clados(\.\w+)+", word) and word != GROUP:
            assert named(word), word


def named(dotted: str) -> bool:
    """Whether a dotted name is of a module, or of what one holds."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for name in parts[cut:]:
            if not hasattr(thing, name):
                return False
            thing = getattr(thing, name)
        return True
    return False


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_links_lead_somewhere(file: Path) -> None:
    for to in re.findall(r"\]\(([^)\s]+)\)", file.read_text(encoding="utf-8")):
        if "://" not in to and not to.startswith("#"):
            assert (file.parent / to.partition("#")[0]).exists(), to


def test_the_architecture_names_every_folder_and_the_glossary_a_dozen_words() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = " ".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
    for each in sorted((ROOT / "src" / "clados").iterdir()):
        if each.is_dir() and any(each.glob("*.py")):
            assert f"`{each.name}`" in rows, each.name
    words = re.findall(r"(?m)^\| \*\*", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))
    assert 0 < len(words) <= 12
