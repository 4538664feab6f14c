"""Proof ``applies``: the trained small self does the model's own work, from Python and from the command line."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import singledispatch
from pathlib import Path
from typing import Any

from PIL import Image

from clados import spec as s
from clados.apply.act import act
from clados.apply.classify import classify
from clados.apply.fill import fill
from clados.apply.match import match
from clados.apply.measure import measure
from clados.apply.ready import Ready, load
from clados.apply.translate import translate
from clados.apply.write import generate as write
from clados.data.examples import pixels
from clados.objectives import runs
from clados.proofs.proof import Finding, Subject
from clados.proofs.training import SEEDS, choices, folder_of, trained
from clados.train.baselines import baseline
from clados.train.pretrain import making, module, planned

PROMPT, BLANK, SENTENCE = "The people of the", "The {} of the country", "Please enter a valid date."
EPISODES = 3

Answers = tuple[Any, Any]  # from the command line, from Python


def prove(subject: Subject) -> Finding:
    """Its measure beats the trivial answer by the margin, and the command gives what the function gives."""
    objective = subject.declaration.recipe.stages[0].objective
    if not runs(objective):
        return Finding("missing", f"nothing runs {type(objective).__name__} yet")
    run = trained(subject, SEEDS[0], longer=True)
    asked = choices(subject, SEEDS[0], longer=True)
    plan, folder = planned(asked), folder_of(subject, asked)
    ready = load(folder)
    found = measure(ready, plan.held_out, examples=len(plan.held_out))
    said, better = str(found), found.better
    if isinstance(objective, s.NextToken):
        bigram = baseline(objective, plan.train, plan.held_out, making(plan), plan.run.batch)["bigram"]
        said += f"; {run.end:.2f} nats a token (bigram {bigram:.2f})"
    if isinstance(objective, s.ReturnConditioned):  # a policy drawn by lot may balance a pole too
        blank = measure(replace(ready, model=module(plan).eval()), plan.held_out, examples=len(plan.held_out))
        said, better = f"{said}; untrained {blank.value:.3g}", better and found.value > blank.value
    with tempfile.TemporaryDirectory() as scratch:
        told, computed = answers(objective, ready, folder, [plan.held_out.at(i) for i in range(2)], Path(scratch))
    if told != computed:
        return Finding("fails", f"{said}; the command says {str(told)[:60]!r}, the function {str(computed)[:60]!r}")
    if not better:
        return Finding("fails", f"{said}; asked: {found.asked:.3g}")
    return Finding("holds", f"{said}; command = function")


def command(*words: str) -> Any:
    """What a command prints as JSON.

    Raises:
        SpecError: when it fails, with what it said.
    """
    call = [sys.executable, "-c", "from clados.cli import main; main()", *words, "--json"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        raise s.SpecError(f"clados {' '.join(words[:2])} exits with {done.returncode}: {done.stderr.strip()[-200:]}")
    return json.loads(done.stdout)


@singledispatch
def answers(objective: s.Objective, ready: Ready, folder: Path, held: Sequence[Any], scratch: Path) -> Answers:
    """The same question asked by command and by function.

    Raises:
        SpecError: when no verb belongs to this type of objective.
    """
    raise s.SpecError(f"no verb belongs to {type(objective).__name__}")


@answers.register
def _(objective: s.NextToken, ready: Ready, folder: Path, held: Sequence[Any], scratch: Path) -> Answers:
    told = command("generate", str(folder), "--prompt", PROMPT, "--max-new-tokens", "12")
    return told["text"], write(ready, PROMPT, max_new_tokens=12)


@answers.register(s.MaskedTokens)
@answers.register(s.CorruptedSpans)
def _(objective: s.Objective, ready: Ready, folder: Path, held: Sequence[Any], scratch: Path) -> Answers:
    text = BLANK.format("[MASK]" if isinstance(objective, s.MaskedTokens) else "<extra_id_0>")
    told = command("fill", str(folder), text)[0]["blanks"]
    computed = [[vars(each) for each in blank] for blank in fill(ready, text)[0].blanks]
    return [_rounded(each) for blank in told for each in blank], [
        _rounded(each) for blank in computed for each in blank
    ]


@answers.register
def _(objective: s.Translation, ready: Ready, folder: Path, held: Sequence[Any], scratch: Path) -> Answers:
    return command("translate", str(folder), SENTENCE)[0]["translation"], translate(ready, SENTENCE)[0]


@answers.register
def _(objective: s.ImageClasses, ready: Ready, folder: Path, held: Sequence[Any], scratch: Path) -> Answers:
    file = _picture(held[0].picture, scratch)
    told = command("classify", str(folder), str(file))[0]["labels"]
    return [_rounded(each) for each in told], [_rounded(vars(each)) for each in classify(ready, [file])[0]]


@answers.register
def _(objective: s.Contrastive, ready: Ready, folder: Path, held: Sequence[Any], scratch: Path) -> Answers:
    file, texts = _picture(held[0].picture, scratch), ["a red heart", "a cat", "a house"]
    told = command("match", str(folder), str(file), *(word for text in texts for word in ("--text", text)))
    computed = match(ready, [file], texts)[0].tolist()
    return [round(each, 4) for each in told["probabilities"][0]], [round(each, 4) for each in computed]


@answers.register
def _(objective: s.ReturnConditioned, ready: Ready, folder: Path, held: Sequence[Any], scratch: Path) -> Answers:
    told = command("act", str(folder), "--episodes", str(EPISODES))
    return told["mean"], act(ready, episodes=EPISODES).mean


def _picture(picture: Any, scratch: Path) -> Path:
    """An example's image as a file."""
    image = pixels(picture)
    file = scratch / "image.png"
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(file)
    return file


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    """A row of an answer, its numbers to four places."""
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}
