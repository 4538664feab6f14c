"""Results that are kept: what is up to date is not proved again, and the page tells of all."""

import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from clados.catalog.load import catalog
from clados.cli.frame import run_command_line
from clados.errors import CladosError
from clados.models.declared import package_models
from clados.objectives.tasks import Small
from clados.proofs import PROOFS, Finding, Proof, Subject, verify
from clados.proofs.report import markdown
from clados.proofs.results import KeptResult, KeptResults, forget_runs, proof_checksum, result_of
from clados.proofs.training import SmallRun

RUN = {"objective": "NextToken", "start": 7.0, "end": 4.5, "seconds": 51.0, "baseline": {"loss": 5.0}}
ROWS = ({**RUN, "shuffled": False}, {**RUN, "shuffled": True, "end": 5.5})


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models whose training was asked for, which always holds."""
    asked: list[str] = []

    def holds(subject: Subject) -> Finding:
        asked.append(subject.card.id)
        return Finding("holds", "for the test", ROWS)

    monkeypatch.setattr("clados.proofs.learns.prove_learns", holds)
    return asked


def learned(model: str, folder: Path, **more: Any) -> Proof:
    return verify(model, proofs=["learns"], results=folder, **more)[0]


def test_what_is_up_to_date_is_not_proved_again_unless_asked(calls: list[str], tmp_path: Path) -> None:
    first = learned("gpt-2", tmp_path, quick=True)
    again = learned("gpt-2", tmp_path, quick=True)
    assert calls == ["gpt-2"]
    assert again.evidence.startswith(f"{first.evidence}; proved on ")
    learned("gpt-2", tmp_path)  # three seeds are more than one
    learned("gpt-2", tmp_path, quick=True)
    assert len(calls) == 2
    learned("gpt-2", tmp_path, again=True)
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("place", "changed"),
    [
        ("clados.objectives.next_token.NextTokenTask.small", Small(steps=7)),
        ("clados.objectives.next_token.NextTokenTask.longer", Small(steps=7)),
        ("clados.proofs.training.code_of", lambda one: "another"),
    ],
)
def test_what_depends_on_something_else_is_proved_again(
    place: str, changed: object, calls: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned("gpt-2", tmp_path)
    monkeypatch.setattr(place, changed)
    learned("gpt-2", tmp_path)
    learned("gpt-2", tmp_path)
    assert len(calls) == 2


def test_each_model_s_proof_depends_on_something_of_its_own() -> None:
    for name in ("learns", "parity"):
        sums = {proof_checksum(Subject(catalog()[model]), name) for model in package_models()}
        assert len(sums) == len(package_models())


def test_what_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clados.proofs.learns.prove_learns", lambda subject: Finding("fails", "for the test"))
    assert learned("gpt-2", tmp_path).status == "fails"
    assert json.loads((tmp_path / "gpt-2.json").read_text())["learns"]["status"] == "fails"
    monkeypatch.setattr("clados.proofs.learns.prove_learns", lambda subject: Finding("holds", "for the test"))
    assert learned("gpt-2", tmp_path).status == "holds"


def test_each_result_is_kept_as_it_ends_beside_the_others(
    calls: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(subject: Subject) -> Finding:
        raise KeyboardInterrupt

    verify("gpt-2", proofs=["card"], results=tmp_path)
    monkeypatch.setattr("clados.proofs.applies.prove_applies", stopped)
    with pytest.raises(KeyboardInterrupt):
        verify("gpt-2", proofs=["learns", "applies"], results=tmp_path)
    assert [*KeptResults(tmp_path).of("gpt-2")] == ["card", "learns"]
    assert [each.name for each in tmp_path.iterdir()] == ["gpt-2.json"]


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = result_of(Subject(catalog()["gpt-2"], quick=True), Proof("gpt-2", "learns", "holds", "x", 2.5, ROWS), 1.25)
    assert len(found.checksum) == 16
    assert found.versions.startswith("Clados ")
    KeptResults(tmp_path).keep(found)
    assert KeptResults(tmp_path).of("gpt-2") == {"learns": found}
    assert KeptResults(tmp_path).all() == [found]


def test_what_was_not_run_and_what_is_not_declared_is_not_kept(tmp_path: Path, undeclared: str) -> None:
    found = verify("gpt-2", undeclared, proofs=["learns"], train=["bert"], results=tmp_path)
    assert [(each.status, each.evidence) for each in found] == [
        ("not run", "not trained in this run"),
        ("missing", "not declared yet"),
    ]
    assert [*tmp_path.iterdir()] == []


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "gpt-2.json").write_text('{"learns": {"status": 1}}')
    with pytest.raises(CladosError, match=r"gpt-2.json: learns.status is 1; needed is a string"):
        KeptResults(tmp_path).of("gpt-2")


def test_again_lets_kept_models_be_trained_anew(tmp_path: Path) -> None:
    file = tmp_path / "gpt-2" / "seed-0-1" / "verified.json"
    file.parent.mkdir(parents=True)
    file.touch()
    forget_runs(Subject(catalog()["gpt-2"], folder=tmp_path))
    assert not file.exists()


def result(model: str, proof: str, rows: Any = (), **more: Any) -> KeptResult:
    found = Proof(model, proof, "holds", f"{proof} was seen", 61.2, rows)
    kept = {"day": "2026-01-31", "commit": "abc1234", "versions": "Clados 1", "checksum": "", "cpu_seconds": 9.0}
    return KeptResult(found, quick=True, **{**kept, **more})


def test_the_page_tells_when_and_by_what_each_was_proved_and_what_was_not(undeclared: str) -> None:
    measure = {"name": "accuracy", "value": 0.5, "beside": "most frequent", "trivial": 0.25}
    rows = [
        result("gpt-2", "learns", ROWS, checksum=proof_checksum(Subject(catalog()["gpt-2"]), "learns")),
        result("gpt-2", "applies", ({**RUN, "measure": measure},), day="2026-02-01", commit=""),
    ]
    page = markdown(rows, ["bert", "gpt-2", undeclared])
    assert "| bert | not run | not run | not run | not run | not run | not run | not run |" in page
    assert "| gpt-2 | not run | not run | not run | not run | holds | not run | held |" in page
    figures = "| 5.00 | 7.00 | 4.50 | 5.50 | 51 | accuracy 0.5 (most frequent 0.25) |"
    assert f"| gpt-2 | NextToken {figures} 2026-01-31, abc1234, one seed; 2026-02-01 |" in page
    assert "- learns, holds (61 s; 2026-01-31, abc1234, one seed): learns was seen\n" in page
    changed = "its declaration, setting or objective has changed since"
    assert f"- applies, holds (61 s; 2026-02-01): applies was seen; {changed}\n" in page
    assert "- learns, not run\n" in page
    assert f"{2 * len(PROOFS) - 2} not run, 2 holds." in page
    assert f"1 models, of which there are cards: {undeclared}." in page
    assert {*re.findall(r"^- `([a-z ]+)`: ", page, re.MULTILINE)} == {"holds", "not run"}
    assert {*RUN} - {"objective"} < {each.name for each in fields(SmallRun)}


def test_a_reason_why_nothing_was_found_is_not_said_to_have_changed() -> None:
    kept = result("gpt-2", "adapts")
    page = markdown(
        [replace(kept, proof=replace(kept.proof, status="not applicable", evidence="one stage"))], ["gpt-2"]
    )
    assert "- adapts, n/a (61 s; 2026-01-31, abc1234): one stage\n" in page
    assert "- `not applicable`: n/a, there is nothing to ask" in page


def test_the_command_writes_a_page_of_all_that_is_kept(calls: list[str], tmp_path: Path) -> None:
    page, folder = tmp_path / "page.md", tmp_path / "results"
    for model in ("gpt-2", "bert"):
        words = ["verify", model, "--proof", "learns", "--quick", "--results", str(folder), "--write", str(page)]
        assert run_command_line(words) == 0
    assert calls == ["gpt-2", "bert"]
    text = page.read_text(encoding="utf-8")
    for each in ("gpt-2", "bert"):
        assert f"| {each} | not run | not run | not run | not run | holds | not run | not run |" in text
    assert all(f"### {name}\n" in text for name in package_models())
