"""A part of a user's own, said in one file, built in another and used in a third, is treated as ours are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FILES = {
    "mine/__init__.py": "",
    "mine/said.py": '''
from clados.spec import FeedForward
from clados.spec.core.pieces import linear

class Squares(FeedForward):
    """down(max(up x, 0)^2)."""

    wide: int = 2

    def pieces(self, env):
        width = self.wide * env.dims.d_model
        return {"up": linear(env.dims.d_model, width, bias=False), "down": linear(width, env.dims.d_model, bias=False)}
''',
    "mine/done.py": """
from clados import nn
from mine.said import Squares

@nn.builds(Squares)
class SquaresModule(nn.Module):
    def forward(self, x, context=None):
        return self.down(self.up(x).relu().square())
""",
    "mine/model.py": """
from clados.models.gpt.gpt_2 import gpt_2, pretraining
from clados.spec import *
from mine.said import Squares

small = gpt_2.but(
    size=Size(layers=2, d_model=16, heads=2),
    inputs=but(vocab=Vocabulary(kind="bytes", size=40), position=Learned(12)),
    stack=but(block=but(mlp=Squares(3))),
)
declaration = Declaration(model=small, sizes={"small": small.size}, recipe=Recipe((pretraining.but(length=8),)))
""",
}
MAKE = """
import sys, torch, clados
from mine.model import declaration
model = clados.build(sys.argv[1])
assert sum(each.numel() for each in model.parameters()) == clados.count(declaration.model).total
assert "Squares" in clados.draw(declaration.model).svg
before = model.stack.blocks[0].mlp.up.weight.detach().clone()
optimiser = torch.optim.SGD(model.parameters(), 0.1)
logits = model.train()(torch.arange(10)[None]).logits
torch.nn.functional.cross_entropy(logits[0, :-1], torch.arange(1, 10)).backward()
optimiser.step()
assert not torch.equal(before, model.stack.blocks[0].mlp.up.weight)
clados.save_pretrained(model.eval(), sys.argv[2])
print(repr(model(torch.arange(5)[None]).logits.sum().item()))
"""
LOAD = """
import sys, torch, clados
print(repr(clados.from_pretrained(sys.argv[1])(torch.arange(5)[None]).logits.sum().item()))
"""
REFUSED = """
import sys, clados
try:
    clados.from_pretrained(sys.argv[1])
except clados.CladosError as error:
    print(error)
"""


def ran(code: str, path: Path, *words: object, cwd: Path | None = None) -> str:
    """What a fresh process prints."""
    named = os.environ | {"PYTHONPATH": os.pathsep.join([str(path), *filter(None, sys.path)]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *map(str, words)],
        env=named,
        cwd=cwd,
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr
    return done.stdout.strip()


def installed(folder: Path) -> Path:
    """A folder with the three files, and what an installed package says of its entry points."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    about = folder / "mine-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[clados.parts]\nsaid = mine.said\ndone = mine.done\n")
    return folder


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """The package, a directory saved with it, and what its model gave."""
    package, saved = installed(tmp_path_factory.mktemp("site")), tmp_path_factory.mktemp("saved") / "model"
    return package, saved, ran(MAKE, package, package / "mine" / "model.py", saved)


def test_a_part_of_ones_own_is_built_counted_drawn_trained_saved_and_read_elsewhere(
    own: tuple[Path, Path, str],
) -> None:
    package, saved, given = own
    assert ran(LOAD, package, saved) == given


def test_an_unknown_part_is_refused_by_its_name_and_nothing_beside_weights_is_run(own: tuple[Path, Path, str]) -> None:
    _, saved, _ = own
    installed(saved)
    (saved / "mine" / "said.py").write_text("raise SystemExit('run')")
    said = ran(REFUSED, saved / "nowhere", saved, cwd=saved)
    assert "there is no part 'Squares'; one of your own is known once its module is imported" in said
    assert said.endswith("which an entry point of 'clados.parts' may name")
