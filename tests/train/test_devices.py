"""Several processes come to what one comes to, whole or sharded, and go on from each other's checkpoints."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from clados import spec as s
from clados.errors import InputError
from clados.models.declared import declared
from clados.nn import build
from clados.reports.log import Entry, read_log
from clados.train.devices import Devices, World
from clados.train.plan import initial_model
from clados.train.planned import planned
from clados.train.pretrain import pretrain
from tests.train.small import choices, write_texts

ROOT = Path(__file__).parents[2]
NEAR = 1e-6  # of a loss


def together(processes: int, data: Path, out: Path, *runs: str) -> None:
    done = begun(processes, data, out, *runs)
    assert done.returncode == 0, done.stderr[-3000:]


def begun(processes: int, data: Path, out: Path, *runs: str) -> subprocess.CompletedProcess[str]:
    torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"] if processes > 1 else []
    command = [sys.executable, *torchrun, "-m", "tests.train.together", str(data), str(out), *runs]
    return subprocess.run(command, cwd=ROOT, check=False, timeout=300, capture_output=True, text=True)


def losses(entries: list[Entry]) -> list[float]:
    return [entry["held_out"]["loss"] if "held_out" in entry else entry["loss"] for entry in entries]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of one, two and four processes; those of six steps of ``4to2`` and ``4to1`` begin from four's checkpoint."""
    out = tmp_path_factory.mktemp("runs")
    data = write_texts(out / "texts")
    pretrain(choices(data, "bert", params="150K", steps=2), out / "teacher")
    together(4, data, out / "4", "bert-4", "bert-sharded-4", "xlnet-4")
    for name, run in (("2", "bert-sharded-6"), ("1", "bert-resumed-6")):
        shutil.copytree(out / "4" / "bert-sharded-4", out / name / run)
    for name in ("2", "1"):
        shutil.copytree(out / "4" / "xlnet-4", out / name / "xlnet-6")
    owning = "electra-4", "electra-sharded-4", "residual-4", "residual-sharded-4", "distilbert-sharded-4"
    together(2, data, out / "2", "bert-4", "clip-4", "bert-sharded-6", "xlnet-4", "xlnet-6", "paired-4", *owning)
    alone = "electra-4", "residual-4", "distilbert-4", "paired-4"
    together(1, data, out / "1", "bert-4", "clip-4", "bert-resumed-6", "xlnet-4", "xlnet-6", *alone)
    return out


@pytest.mark.devices
@pytest.mark.parametrize(
    "run",
    [
        *("2/bert-4", "4/bert-4", "4/bert-sharded-4", "2/clip-4", "2/xlnet-4", "4/xlnet-4", "2/paired-4"),
        # what objectives own: a generator with the model's tables, or with its own; a teacher
        *("2/electra-4", "2/electra-sharded-4", "2/residual-4", "2/residual-sharded-4", "2/distilbert-sharded-4"),
    ],
)
def test_several_processes_give_the_losses_and_weights_of_one(runs: Path, run: str) -> None:
    several, one = runs / run, runs / "1" / Path(run).name.replace("-sharded", "")
    logs = [read_log(folder / "log.jsonl") for folder in (one, several)]
    near = 10 * NEAR if "paired" in run else NEAR  # cosines are divided by 0.01
    assert losses(logs[1]) == pytest.approx(losses(logs[0]), rel=near)
    assert [entry.get("tokens") for entry in logs[1]] == [entry.get("tokens") for entry in logs[0]]
    weights = [load_file(folder / "trained.safetensors") for folder in (one, several)]
    atol = 1e-5 if "clip" in run else 1e-6  # cosines are divided by 0.07
    for name, each in weights[0].items():
        torch.testing.assert_close(weights[1][name], each, rtol=1e-4, atol=atol, msg=name)


@pytest.mark.devices
@pytest.mark.parametrize("run", ["2/bert-sharded-6", "1/bert-resumed-6"])
def test_what_four_processes_saved_goes_on_in_fewer(runs: Path, run: str) -> None:
    resumed = read_log(runs / run / "log.jsonl")
    assert [entry["step"] for entry in resumed if "loss" in entry] == list(range(1, 7))
    assert [entry["loss"] for entry in resumed if "loss" in entry][:4] == pytest.approx(
        [entry["loss"] for entry in read_log(runs / "1/bert-4/log.jsonl") if "loss" in entry], rel=NEAR
    )
    files = sorted(each.name for each in (runs / "4/bert-sharded-4/checkpoints/step-00000004").iterdir())
    assert files == [*(f"shard-0000{i}-model-00001-of-00001.safetensors" for i in (1, 2, 3, 4)), "state.json"]


@pytest.mark.devices
@pytest.mark.parametrize(("more", "alone"), [("2/bert-sharded-6", "1/bert-resumed-6"), ("2/xlnet-6", "1/xlnet-6")])
def test_one_and_two_processes_go_on_alike_from_what_four_saved(runs: Path, more: str, alone: str) -> None:
    """With what each row of a batch remembers."""
    two, one = (losses(read_log(runs / each / "log.jsonl")) for each in (more, alone))
    assert len(one) == 12  # six steps, six evaluations
    assert two == pytest.approx(one, rel=NEAR)


@pytest.mark.devices
def test_one_process_asks_the_judge_for_all(tmp_path: Path) -> None:
    """Best weights, figures and weights are checked where they learn; the evaluation before is that of one alone."""
    for processes in (1, 2):
        together(processes, tmp_path, tmp_path / str(processes), "judged-4")
    one, two = (read_log(tmp_path / name / "judged-4" / "log.jsonl") for name in "12")
    assert two[0] == one[0]
    assert "held_out" in one[0]


@pytest.mark.devices
def test_all_processes_end_where_the_judge_fails_after_the_run_was_saved(tmp_path: Path) -> None:
    done = begun(2, tmp_path, tmp_path, "refused-4")
    assert done.returncode != 0
    said = r"step 3: reward bandit failed with ValueError: tired; the checkpoint of step 2 stays"
    assert done.stderr.count(said) == 2
    assert (tmp_path / "refused-4" / "checkpoints" / "step-00000002" / "state.json").exists()


def test_what_cannot_be_sharded_is_refused() -> None:
    with pytest.raises(InputError, match="sharded is True, but there is one process only"):
        Devices(build(s.tiny(declared("bert").model)), World(), sharded=True)
    with pytest.raises(InputError, match="fully_shard cannot share out 'logit_scale', a single number"):
        Devices(build(s.tiny(declared("clip").model)), World(0, 2), sharded=True)


def test_what_needs_whole_tensors_is_not_sharded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned(choices(write_texts(tmp_path / "texts"), "t5", steps=1))
    monkeypatch.setattr("clados.train.optimisers.DTensor", nn.Parameter)
    with pytest.raises(InputError, match="sharded is True, but Adafactor needs whole tensors"):
        plan.trainer(initial_model(plan))


def test_all_processes_hear_of_it_where_work_fails_in_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []

    def told(self: World, own: object) -> object:
        sent.extend([own] if self.first else [])
        return sent[-1]

    monkeypatch.setattr(World, "told", told)

    def work() -> int:
        raise KeyError("x")

    with pytest.raises(KeyError):
        World(0, 2).once(work)
    with pytest.raises(RuntimeError, match=r"the first process ended: KeyError\('x'\)"):
        World(1, 2).once(work)
