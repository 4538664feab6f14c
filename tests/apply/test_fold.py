"""Folding: files that gemmi reads again, what of an alignment is read, and what is refused."""

import json
from pathlib import Path

import gemmi
import numpy as np
import pytest
import torch

from clados import nn as cn, spec as s
from clados.apply.fold import Folded, fold, mean_distances, plddt, write_fold
from clados.apply.ready import Ready
from clados.checkpoints import save_pretrained
from clados.cli.frame import run_command_line
from clados.data.alignments import RESIDUE_IDS, AlignmentRows, features, hide_letters, parsed_alignment
from clados.data.errors import DataError
from clados.data.packing import generator
from clados.errors import InputError
from clados.models.declared import declared
from clados.spec.core.scale import scaled
from clados.spec.folding.residues import GAP, MASK

A3M = ">p the protein\nMQIFVKTLTG\nKTD\n>q\nMQIFVaaKT-TGKTB\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = scaled(declared("alphafold").at("model_3"), "250K")
    path = tmp_path_factory.mktemp("models") / "alphafold"
    save_pretrained(cn.build(model, seed=1), path)
    return path


@pytest.fixture(scope="module")
def alignment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "p.a3m"
    path.write_text(A3M, encoding="utf-8")
    return path


@pytest.mark.parametrize("ending", ["cif", "pdb"])
def test_a_fold_is_written_and_read_again(folder: Path, alignment: Path, tmp_path: Path, ending: str) -> None:
    out, svg = tmp_path / f"p.{ending}", tmp_path / "p.svg"
    arguments = ["fold", str(folder), str(alignment), "--out", str(out), "--svg", str(svg), "--recycling", "1"]
    assert run_command_line(arguments) == 0
    folded = fold(folder, alignment, recycling=1)
    chain = gemmi.read_structure(str(out))[0][0]
    assert "".join(gemmi.find_tabulated_residue(each.name).one_letter_code for each in chain) == folded.letters
    assert folded.letters == "MQIFVKTLTGKTD"
    alphas = np.array([each.find_atom("CA", "*").pos.tolist() for each in chain])
    np.testing.assert_allclose(alphas, folded.atoms[:, 1], atol=2e-3)
    assert [each[0].b_iso for each in chain] == pytest.approx(folded.plddt.tolist(), abs=0.01)
    assert (folded.rows, folded.passes) == (2, 1)
    assert "pLDDT" in svg.read_text(encoding="utf-8")


def test_passes_matter_and_are_checked(folder: Path, alignment: Path) -> None:
    found = [fold(folder, alignment, recycling=each) for each in (0, None)]
    assert [each.passes for each in found] == [0, 3]
    with pytest.raises(InputError, match="recycling is -1"):
        fold(folder, alignment, recycling=-1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (">p\nMQJ\n", "'J' in p is no amino acid; allowed are ARNDCQEGHILKMFPSTWYV"),
        (">p\nMQ-\n", "'-' in p"),
        (">p\nMQI\n>q\nMQ1\n", "'1' in q"),
        (">p\nMQI\n>q\nMQ\n", "q has 2 letters, the first row 3"),
        ("MQI\n", "begins with 'MQI'"),
        (">p\n", "no sequence"),
        ("", "no sequence"),
    ],
)
def test_what_is_no_alignment_is_one_line_and_nothing_is_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (tmp_path / "p.fasta").write_text(text, encoding="utf-8")
    arguments = ["fold", str(folder), str(tmp_path / "p.fasta"), "--out", str(tmp_path / "p.cif")]
    assert run_command_line(arguments) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert said in error
    assert "p.fasta" in error
    assert not (tmp_path / "p.cif").exists()


def test_other_endings_and_long_pdb_files_are_refused(tmp_path: Path) -> None:
    long = Folded("G" * 10_000, np.zeros(1, np.float32), np.zeros(1, bool), np.zeros(1, np.float32), None, 1, 0)
    with pytest.raises(InputError, match="its ending must be"):
        write_fold(long, tmp_path / "p.txt")
    with pytest.raises(InputError, match="PDB numbers 9,999"):
        write_fold(long, tmp_path / "p.pdb")


def test_a_model_that_does_not_fold_says_so(alignment: Path) -> None:
    with pytest.raises(InputError, match="not fold"):
        fold(Ready(model=cn.build(scaled(declared("gpt-2").model, "9M")), name="gpt-2"), alignment)


def test_insertions_are_deletions_before_the_next_letter() -> None:
    rows = parsed_alignment(A3M, "p.a3m")
    assert rows.ids.shape == (2, 13)
    assert rows.deletions[1].tolist() == [0] * 5 + [2] + [0] * 7
    assert rows.ids[1, 7] == GAP
    assert rows.ids[1, -1] == RESIDUE_IDS["D"]  # B is D or N
    read = features(rows, generator(1), 0.0)
    assert read.centres.shape == (2, 13, 49)
    assert read.centres[1, 5, 23:25].tolist() == pytest.approx([1, np.arctan(2 / 3) * 2 / np.pi])
    np.testing.assert_allclose(read.centres[..., 25:48], read.centres[..., :23])  # each stands for itself alone


def test_rows_beyond_the_centres_are_told_of_the_nearest() -> None:
    ids = np.array([[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 2]])
    found = features(AlignmentRows(ids, np.zeros_like(ids)), np.random.default_rng(0), 0.0, centres=2)
    whole = found.centres[..., 25:48]
    assert whole.sum(-1) == pytest.approx(np.ones((2, 4)))
    assert found.further.shape == (1, 4, 25)
    assert whole[1, 3, [1, 2]].tolist() == pytest.approx([0.5, 0.5])


def test_letters_are_hidden_as_the_supplement_says() -> None:
    ids = np.zeros((100, 200), np.int64)
    seen, hidden = hide_letters(ids, ids, np.random.default_rng(0), 0.15)
    assert hidden.mean() == pytest.approx(0.15, abs=0.01)
    assert (seen[hidden] == MASK).mean() == pytest.approx(0.7, abs=0.03)
    assert (seen[hidden] == 0).mean() == pytest.approx(0.205, abs=0.03)
    assert (seen[~hidden] == 0).all()


def test_means_of_bins() -> None:
    sure = torch.full((2, 50), -1e9)
    sure[0, 0] = sure[1, 49] = 0
    assert plddt(sure).tolist() == pytest.approx([1.0, 99.0])
    scores = torch.full((1, 64), -1e9)
    scores[0, 1] = 0
    assert float(mean_distances(scores)) == pytest.approx(2.3125 + 0.15625, abs=1e-3)


def test_json(folder: Path, alignment: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "p.cif"
    assert run_command_line(["fold", str(folder), str(alignment), "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["files"] == [str(out)]
    assert (found["residues"], found["rows"], found["passes"]) == (13, 2, 3)
    assert isinstance(declared("alphafold").model, s.Fold)


def test_a_name_and_no_letters_is_an_error() -> None:
    with pytest.raises(DataError, match="no sequence"):
        parsed_alignment(">p\n>q\nMQ\n", "p.fasta")
