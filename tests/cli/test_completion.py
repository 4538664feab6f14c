"""Completion in the shell, as bash, zsh and fish ask for it."""

import os
import subprocess
import sys

import pytest

CLADOS = [sys.executable, "-c", "import sys; sys.argv[0] = 'clados'; from clados.cli import main; main()"]


def completed(shell: str, line: str) -> list[str]:
    """What a shell is offered at the end of a line."""
    words = line.split(" ")
    asked = {
        "bash": {
            "COMP_WORDS": line.replace(":", " : ").rstrip(),
            "COMP_CWORD": str(len(words) - 1 + 2 * line.count(":")),
        },
        "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    environment = {**os.environ, **asked, "_CLADOS_COMPLETE": f"complete_{shell}"}
    told = subprocess.run(CLADOS, capture_output=True, text=True, env=environment, check=False).stdout
    return [row.split("\t")[0] for row in told.split("\n") if row]


@pytest.mark.parametrize("shell", ["bash", "fish"])
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("clados cou", {"count"}),
        ("clados show gpt-n", {"gpt-neo", "gpt-neox-20b"}),
        ("clados compare bert robe", {"roberta"}),
        ("clados draw xlm", {"xlm-roberta"}),
        ("clados verify --proof fie", {"fields"}),
        ("clados list --arch encoder-d", {"encoder-decoder"}),
        ("clados list --family Trans", {"Transformer", "Transformer-XL"}),
        ("clados tree --highlight albe", {"albert"}),
        ("clados new my-model --like deb", {"deberta"}),
    ],
)
def test_commands_models_and_values_are_completed(shell: str, line: str, offered: set[str]) -> None:
    assert set(completed(shell, line)) == offered


def test_zsh_is_offered_names_too() -> None:
    environment = {**os.environ, "_CLADOS_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "clados diff bert robe"}
    told = subprocess.run(CLADOS, capture_output=True, text=True, env=environment, check=False).stdout
    assert '"roberta":"RoBERTa"' in told


def test_sizes_are_completed_behind_a_colon() -> None:
    assert completed("fish", "clados count t5:") == ["t5:small", "t5:base", "t5:large", "t5:3b", "t5:11b"]
    assert completed("fish", "clados draw bert:lar") == ["bert:large", "bert:large-cased"]
    # bash takes the colon for a word, and wants what stands behind it alone
    assert completed("bash", "clados draw bert:lar") == ["large", "large-cased"]
    assert completed("bash", "clados diff bert:base roberta:la") == ["large"]


def test_completing_imports_no_torch() -> None:
    asked = {"_CLADOS_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": "clados pretrain b"}
    asked |= {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    code = f"import os, sys; os.environ |= {asked}\nfrom clados.cli.frame import run_command_line\n"
    code += "try: run_command_line([])\nfinally: os._exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
