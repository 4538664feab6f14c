"""Which task an objective is trained by, and what holds of every task."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import clados
from clados import spec as s
from clados.errors import InputError
from clados.models.declared import declared, package_models
from clados.objectives import runs, task
from clados.objectives.tasks import TASKS
from clados.spec.core.registry import KINDS

SOURCE = Path(clados.__file__).parent
OBJECTIVE = """
from clados.spec.learning.objectives.next_token import NextToken

class RotatedTokens(NextToken):
    '''-log p(x_t | x_<t) of a text that begins somewhere within.'''
"""
TASK = """
from clados.objectives.next_token import NextTokenTask
from {module} import RotatedTokens

class RotatedTokensTask(NextTokenTask, objective=RotatedTokens):
    '''The text turned.'''
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package with an objective, and its task in a module that only an entry point names."""
    (tmp_path / "rotated_said.py").write_text(OBJECTIVE)
    (tmp_path / "rotated_done.py").write_text(TASK.format(module="rotated_said"))
    about = tmp_path / "rotated-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: rotated\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[clados.parts]\nsaid = rotated_said\ndone = rotated_done\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    TASKS.pop(KINDS.pop("RotatedTokens"), None)  # type: ignore[arg-type]
    for name in ("rotated_said", "rotated_done"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("plugin")
def test_an_objective_of_an_installed_package_is_trained_by_its_own_task_and_not_by_its_parents() -> None:
    from rotated_said import RotatedTokens  # type: ignore[import-not-found]

    assert type(task(RotatedTokens())).__name__ == "RotatedTokensTask"


def test_an_objective_without_a_task_of_its_own_does_not_run_whatever_it_inherits_from() -> None:
    class Untrained(s.NextToken):
        """Inherits, and says nothing of how it is trained."""

    try:
        assert not runs(Untrained())
        with pytest.raises(InputError, match=r"nothing trains by Untrained yet: .* has no Task with objective=Untrain"):
            task(Untrained())
    finally:
        KINDS.pop("Untrained")


def test_an_objective_that_is_only_declared_is_refused_with_the_file_that_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("clados.objectives.tasks._found", lambda kind: None)
    with pytest.raises(InputError, match=r"nothing trains by Revised yet: clados/objectives/revised\.py has no Task"):
        task(s.Revised(principles=1, rounds=1))


def run_kinds() -> list[type[s.Objective]]:
    """Every objective of ours that runs."""
    ours = [each for each in KINDS.values() if issubclass(each, s.Objective) and each.__module__.startswith("clados.")]
    return [each for each in ours if runs(object.__new__(each))]


@pytest.mark.parametrize("kind", run_kinds())
def test_what_is_measured_on_held_out_data_is_of_the_same_class(kind: type[s.Objective]) -> None:
    heir = type("Heir", (TASKS[kind],), {})
    declarations = map(declared, package_models())
    declared_ones = (stage.objective for each in declarations for stage in each.recipe.stages)
    objective = next((each for each in declared_ones if type(each) is kind), None) or kind()
    assert type(heir(objective).held_out) is heir


FRESH = """
from pathlib import Path
import sys, torch, clados
from clados.checkpoints.mapping.parsing import part
from clados.spec import *
from clados.objectives import runs
if sys.argv[2:]:
    card, file = sys.argv[1:]
    stage = Stage(name="a", objective=RotatedTokens(), data="", optimiser=AdamW(lr=1e-3), schedule=Constant())
    Path(file).write_text(repr(stage))
    small = dict(size=Size(1, 16, 2), inputs=but(vocab=Vocabulary(kind="bytes", size=40)))
    model = clados.declaration(card).model.but(**small, stack=but(norm=RotatedNorm()))
    clados.save_pretrained(clados.build(model), file + ".saved")
else:
    file = sys.argv[1]
    stage = part(Path(file).read_text(), Stage)
    assert runs(stage.objective)
    print(repr(stage.objective), clados.from_pretrained(file + ".saved").spec.stack.norm)
"""


def test_two_files_are_enough_for_an_objective_and_for_a_part(tmp_path: Path) -> None:
    """A copy of the package with two files more each: what one process writes, another reads."""
    copy = tmp_path / "clados"
    copy.mkdir()
    for each in SOURCE.iterdir():
        if each.name in ("spec", "nn", "objectives"):
            shutil.copytree(each, copy / each.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (copy / each.name).symlink_to(each)
    (copy / "spec/learning/objectives/rotated_tokens.py").write_text(OBJECTIVE)
    done = TASK.format(module="clados.spec.learning.objectives.rotated_tokens")
    (copy / "objectives/rotated_tokens.py").write_text(done)
    (copy / "spec/rotated.py").write_text("from clados.spec.norms import RMSNorm\n\nclass RotatedNorm(RMSNorm): ...\n")
    (copy / "nn/rotated.py").write_text(
        "from clados.nn.core.module import builds\nfrom clados.nn.norms import RMSNorm\n"
        "from clados.spec.rotated import RotatedNorm\nbuilds(RotatedNorm)(RMSNorm)\n"
    )

    def fresh(*words: str) -> str:
        paths = {"PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)]), "OMP_NUM_THREADS": "1"}
        call = [sys.executable, "-W", "ignore", "-c", FRESH, *words]
        done = subprocess.run(call, env=os.environ | paths, capture_output=True, text=True, check=False)
        assert not done.returncode, done.stderr
        return done.stdout.strip()

    fresh("gpt-2", str(tmp_path / "stage"))
    assert fresh(str(tmp_path / "stage")) == "RotatedTokens() RotatedNorm()"
