"""``clados count`` and ``clados diff``."""

import subprocess
import sys
from typing import Any

import pytest

KEYS = {"id", "size", "basis", "total", "non_embedding", "active", "published", "why"}


def test_count_all_is_an_object_for_each_size_and_basis(clados: Any) -> None:
    rows = clados("count", "--all", "--json").data
    assert all(row.keys() >= KEYS for row in rows)
    totals = {(row["id"], row["size"], row["basis"]): row["total"] for row in rows}
    assert len(totals) == len(rows)
    assert totals["bert", "base", "body+pooler"] == 109_482_240
    assert totals["gpt-2", "small", "model"] == 124_439_808
    assert totals["t5", "small", "model"] == 60_506_624
    assert totals["llama", "7b", "model"] == 6_738_415_616


def test_count_prints_the_ledger_folded_and_in_full(clados: Any) -> None:
    folded = clados("count", "gpt-2:small").out
    assert "stack.blocks.*.attn.qkv.weight" in folded
    assert "x12" in folded
    full = clados("count", "gpt-2:small", "--ledger", "full").out
    assert "stack.blocks.11.attn.qkv.weight" in full


def test_count_as_json_has_the_ledger_whose_lines_add_up(clados: Any) -> None:
    told = clados("count", "t5:t5-small", "--json").data
    assert (told["id"], told["size"]) == ("t5", "small")
    assert sum(line["total"] for line in told["ledger"]) == told["counts"][0]["total"] == 60_506_624


def test_diff_says_words_parts_and_parameters(clados: Any) -> None:
    out = clados("diff", "gpt", "gpt-2:small").out
    assert "the norm stands before each branch instead of after" in out
    assert "stack.block.residual" in out
    assert "learns from WebText" in out
    assert "+7,905,024" in out


def test_diff_as_json(clados: Any) -> None:
    told = clados("diff", "vit:b/16", "bert:large", "--json").data
    assert (told["old"], told["new"]) == ("vit:b/16", "bert:large")
    assert told["parameters"]["total"] == {"old": 86_567_656, "new": 336_226_108, "difference": 249_658_452}
    assert {"path", "old", "new", "sentence"} == told["changes"][0].keys() == told["training"][0].keys()


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("count", "brt"), "did you mean 'bert'"),
        (("count", "bert:bas"), "did you mean 'base'"),
        (("count", "bert", "--basis", "all"), "basis is 'all'"),
        (("count", "cm3:125m"), "cm3:125m is not declared"),
        (("diff", "bert", "brt"), "did you mean 'bert'"),
        (("diff", "bert"), "missing argument"),
    ],
)
def test_mistakes_get_one_line_and_exit_code_2(clados: Any, argv: tuple[str, ...], says: str) -> None:
    told = clados(*argv)
    assert told.code == 2
    assert says in told.err
    assert told.err.count("\n") == 1


def test_a_card_without_a_declaration_is_not_counted(clados: Any, undeclared: str) -> None:
    told = clados("count", undeclared)
    assert told.code == 2
    assert f"'{undeclared}' is not declared" in told.err


def test_counting_needs_no_torch() -> None:
    code = "import sys; from clados.cli.frame import run_command_line as run; run(['count', 'bert']); "
    code += "run(['diff', 'bert', 't5']); "
    done = subprocess.run([sys.executable, "-c", code + "sys.exit('torch' in sys.modules)"], capture_output=True)
    assert done.returncode == 0


def test_all_counts_every_size_of_the_model_that_is_named(clados: Any) -> None:
    rows = clados("count", "t5", "--all", "--json").data
    assert [(row["id"], row["size"]) for row in rows] == [
        ("t5", size) for size in ("small", "base", "large", "3b", "11b")
    ]
    on_one = clados("count", "t5", "--all", "--basis", "non-embedding", "--json").data
    assert {row["basis"] for row in on_one} == {"non-embedding"}
    assert len(clados("count", "--all", "--json").data) > 300


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("count", "t5:small", "--all"), "'t5:small' names one"),
        (("count", "--all", "--ledger", "full"), "--ledger is of one size"),
        (("list", "--json", "--csv"), "--json and --csv"),
        (("export", "--json", "--format", "csv"), "--json and --format csv"),
    ],
)
def test_options_that_exclude_each_other_say_so(clados: Any, argv: tuple[str, ...], says: str) -> None:
    told = clados(*argv)
    assert (told.code, told.out) == (2, "")
    assert says in told.err
