"""The command `clados verify`."""

import json
from pathlib import Path

import pytest

from clados.catalog.load import catalog
from clados.cli.frame import run_command_line
from clados.proofs import PROOFS, Finding, Subject
from clados.proofs.report import sizes


def test_it_gives_one_object_a_model_and_proof(capsys: pytest.CaptureFixture[str], undeclared: str) -> None:
    assert run_command_line(["verify", "gpt", undeclared, "--proof", "card", "--proof", "sizes", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["id"], row["proof"], row["status"]) for row in rows] == [
        ("gpt", "card", "holds"),
        ("gpt", "sizes", "holds"),
        (undeclared, "card", "holds"),
        (undeclared, "sizes", "missing"),
    ]
    assert {tuple(row) for row in rows} == {("id", "proof", "status", "evidence", "seconds")}
    assert rows[-1]["evidence"] == "not declared yet"


def test_it_ends_with_1_when_a_proof_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fails(subject: Subject) -> Finding:
        return Finding("fails", "for the test")

    monkeypatch.setattr("clados.proofs.sizes.prove_sizes", fails)
    assert run_command_line(["verify", "gpt", "--proof", "sizes"]) == 1
    assert "for the test" in capsys.readouterr().out


def test_it_writes_a_page_with_every_size(tmp_path: Path, undeclared: str) -> None:
    page = tmp_path / "verification.md"
    assert (
        run_command_line(["verify", "gpt-2", undeclared, "--proof", "card", "--proof", "sizes", "--write", str(page)])
        == 0
    )
    text = page.read_text(encoding="utf-8")
    assert "| gpt-2 | xl | model | 1,500,000,000 | 1,557,611,200 | 1,557,611,200 | 0 |" in text
    assert f"1 models, of which there are cards: {undeclared}." in text


@pytest.mark.parametrize(
    ("arguments", "said"), [(["gpt-22"], "gpt-2"), (["gpt", "--proof", "size"], "did you mean 'sizes'")]
)
def test_it_answers_mistakes_with_the_nearest_name(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["verify", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_every_proof_has_its_function() -> None:
    assert list(PROOFS) == ["card", "sizes", "parity", "fields", "learns", "adapts", "applies"]
    assert run_command_line(["verify", "gpt", "--proof", "adapts"]) == 0


def test_the_table_of_sizes_says_what_is_unknown_and_what_is_only_missing() -> None:
    told = list(sizes([catalog()["jurassic-1"], catalog()["alphafold"]]))
    assert "| jurassic-1 | grande | model | 17,000,000,000 | - | unknown | - | unknown: " in "".join(told)
    assert any(line.startswith("| alphafold | multimer_v3 |") and "missing" in line for line in told)


def test_what_a_declared_model_lacks_is_shown(capsys: pytest.CaptureFixture[str], undeclared: str) -> None:
    assert run_command_line(["verify", "transformer-xl", undeclared, "--proof", "adapts"]) == 0
    told = capsys.readouterr()
    assert "transformer-xl" in told.out
    assert "1 models are not declared yet" in told.err
