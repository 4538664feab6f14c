"""Proof ``applies``: the small self does the model's own work, from Python and from the command line.

That is the small model which ships of it, on what that was not trained on, or else one that is trained for the proof.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from clados.apply.act import act
from clados.apply.caption import caption
from clados.apply.chat import chat
from clados.apply.classify import classify
from clados.apply.discriminate import discriminate
from clados.apply.fill import fill
from clados.apply.fold import fold, write_fold
from clados.apply.match import match
from clados.apply.move import move, read_particles
from clados.apply.paint import paint, reconstruct
from clados.apply.rank import rank
from clados.apply.ready import Ready, load
from clados.apply.summarize import summarize
from clados.apply.translate import translate
from clados.apply.write import control_codes, generate as write
from clados.data.examples import pixels
from clados.objectives import measure, runs, task
from clados.objectives.text import beside_bigram
from clados.proofs.proof import Finding, Subject
from clados.proofs.training import SEEDS, choices, folder_of, shipped, stage_of, trained
from clados.small import SmallModel
from clados.train.choices import Choices
from clados.train.plan import initial_model
from clados.train.planned import planned

PROMPT, BLANK, SENTENCE = "The people of the", "The {} of the country", "Please enter a valid date."
QUESTION = "What is the meaning of 'house'?"
EPISODES = 3
PAINTED, STEPS = "a red heart", 4

Answers = tuple[Any, Any]  # from the command line, from Python


def prove_applies(subject: Subject) -> Finding:
    """Its measure beats the trivial answer by the margin, and the command gives what the function gives."""
    objective = stage_of(subject.declaration).objective
    if not runs(objective):
        return Finding("missing", f"nothing runs {type(objective).__name__} yet")
    if objective.verb not in ANSWERS:
        verb = f"the verb '{objective.verb}', which this proof does not know" if objective.verb else "no verb"
        return Finding("missing", f"{type(objective).__name__} has {verb}; it knows {', '.join(ANSWERS)}")
    ships = shipped(subject)
    run = None if ships else trained(subject, SEEDS[0], longer=True)
    asked = _as_shipped(subject, ships) if ships else choices(subject, SEEDS[0], longer=True)
    plan, folder = planned(asked), ships.folder if ships else folder_of(subject, asked)
    ready = load(folder)
    measured, one = measure(ready, plan.held_out, examples=len(plan.held_out)), task(objective)
    evidence, better = f"{ships.id}: {measured}" if ships else str(measured), measured.better
    if run and "bigram" in run.baseline:  # which knows what stands before alone, as a model does that writes on
        other = f" against {beside_bigram([run.end], run.baseline)}" if plan.model.writes == "continues" else ""
        evidence += f"; {run.end:.2f} nats a token{other}"
    if one.untrained:
        blank = measure(replace(ready, model=initial_model(plan).eval()), plan.held_out, examples=len(plan.held_out))
        evidence, better = f"{evidence}; untrained {blank.value:.3g}", better and measured.value > blank.value
    with tempfile.TemporaryDirectory() as scratch:
        printed, computed = ANSWERS[objective.verb](ready, folder, plan.held_out.at(0), Path(scratch))
    rows = ({**(asdict(run) if run else {}), "measure": asdict(measured)},)
    if printed != computed:
        apart = f"the command says {str(printed)[:60]!r}, the function {str(computed)[:60]!r}"
        return Finding("fails", f"{evidence}; {apart}", rows)
    if not better:
        return Finding("fails", f"{evidence}; asked: {measured.asked:.4g}", rows)
    return Finding("holds", f"{evidence}; command = function", rows)


def _as_shipped(subject: Subject, ships: SmallModel) -> Choices:
    """A run that would go on from what ships: what it holds out of the embedded data was held out there, too."""
    stage = stage_of(subject.declaration).name
    return Choices(model=subject.card.id, start=str(ships.folder), stage=stage, length=ships.length)


def command(*arguments: str) -> Any:
    """What a command prints as JSON.

    Raises:
        RuntimeError: when it fails, with its message.
    """
    call = [sys.executable, "-c", "from clados.cli import main; main()", *arguments, "--json"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"clados {' '.join(arguments[:2])} exits with {done.returncode}: {done.stderr.strip()[-200:]}"
        )
    return json.loads(done.stdout)


def _generate(ready: Ready, folder: Path, row: Any, scratch: Path) -> Answers:
    prompt = " ".join([*list(control_codes(ready))[:1], PROMPT])
    printed = command("generate", str(folder), "--prompt", prompt, "--max-new-tokens", "12", "--seed", "0")
    return printed["text"], write(ready, prompt, max_new_tokens=12, seed=0)


def _chat(ready: Ready, folder: Path, row: Any, scratch: Path) -> Answers:
    printed = command("chat", str(folder), "--as", "template", "--prompt", QUESTION, "--max-new-tokens", "12")
    return printed["answer"], chat(ready, QUESTION, max_new_tokens=12)


def _fill(ready: Ready, folder: Path, row: Any, scratch: Path) -> Answers:
    text = BLANK.format("<extra_id_0>" if ready.required_tokenizer.sentinels else "[MASK]")
    language = row.language if getattr(ready.objective, "marked", False) else None
    printed = command("fill", str(folder), text, *(("--language", language) if language else ()))[0]["blanks"]
    computed = [[vars(each) for each in blank] for blank in fill(ready, text, language=language)[0].blanks]
    return [_rounded(each) for blank in printed for each in blank], [
        _rounded(each) for blank in computed for each in blank
    ]


def _discriminate(ready: Ready, folder: Path, row: Any, scratch: Path) -> Answers:
    told, computed = command("discriminate", str(folder), SENTENCE)[0]["tokens"], discriminate(ready, SENTENCE)[0]
    return [_rounded(each) for each in told], [_rounded(vars(each)) for each in computed]


def _rank(ready: Ready, folder: Path, row: Any, scratch: Path) -> Answers:
    texts = ["a young dog", "the act of going", "a road for cars"]
    printed = command("rank", str(folder), "--query", "a puppy", *(word for text in texts for word in ("--text", text)))
    computed = rank(ready, "a puppy", texts)
    return [_rounded(each) for each in printed["passages"]], [_rounded(vars(each)) for each in computed]


def _translate(ready: Ready, folder: Path, row: Any, scratch: Path) -> Answers:
    return command("translate", str(folder), SENTENCE)[0]["translation"], translate(ready, SENTENCE)[0]


def _summarize(ready: Ready, folder: Path, row: Any, scratch: Path) -> Answers:
    text = ready.required_tokenizer.decode(row.sentences.ids.tolist())
    (scratch / "text.txt").write_text(text, encoding="utf-8")
    printed = command("summarize", str(folder), "--file", str(scratch / "text.txt"), "--max-new-tokens", "12")
    return printed[0]["summary"], summarize(ready, text, max_new_tokens=12)[0]


def _classify(ready: Ready, folder: Path, row: Any, scratch: Path) -> Answers:
    file = _picture(row.picture, scratch)
    printed = command("classify", str(folder), str(file))[0]["labels"]
    return [_rounded(each) for each in printed], [_rounded(vars(each)) for each in classify(ready, [file])[0]]


def _match(ready: Ready, folder: Path, row: Any, scratch: Path) -> Answers:
    file, texts = _picture(row.picture, scratch), ["a red heart", "a cat", "a house"]
    printed = command("match", str(folder), str(file), *(word for text in texts for word in ("--text", text)))
    computed = match(ready, [file], texts)[0].tolist()
    return [round(each, 4) for each in printed["probabilities"][0]], [round(each, 4) for each in computed]


def _act(ready: Ready, folder: Path, row: Any, scratch: Path) -> Answers:
    return command("act", str(folder), "--episodes", str(EPISODES))["mean"], act(ready, episodes=EPISODES).mean


def _paint(ready: Ready, folder: Path, row: Any, scratch: Path) -> Answers:
    out = scratch / "painted.png"
    command("paint", str(folder), PAINTED, "--steps", str(STEPS), "--out", str(out))
    return _numbers(out), paint(ready, PAINTED, steps=STEPS)[0].squeeze().tolist()


def _reconstruct(ready: Ready, folder: Path, row: Any, scratch: Path) -> Answers:
    file, out = _picture(row.picture, scratch), scratch / "again.png"
    command("reconstruct", str(folder), str(file), "--out", str(out))
    return _numbers(out), reconstruct(ready, file)[0].squeeze().tolist()


def _caption(ready: Ready, folder: Path, row: Any, scratch: Path) -> Answers:
    file = _picture(row.pictures[0], scratch)
    return command("caption", str(folder), "--image", str(file))[0]["caption"], caption(ready, file)[0]


def _fold(ready: Ready, folder: Path, row: Any, scratch: Path) -> Answers:
    """The files, to the letter."""
    protein, ours, theirs = (scratch / name for name in ("protein.fasta", "ours.pdb", "theirs.pdb"))
    protein.write_text(f">held out\n{row.protein.letters[row.start : row.end]}\n", encoding="utf-8")
    command("fold", str(folder), str(protein), "--out", str(theirs))
    write_fold(fold(ready, protein), ours)
    return theirs.read_text(encoding="utf-8"), ours.read_text(encoding="utf-8")


def _move(ready: Ready, folder: Path, row: Any, scratch: Path) -> Answers:
    file = scratch / "particles.json"
    charges = np.concatenate([[1.0], row.edges[0, 1:, 0]])  # up to a sign, which their products do not show
    known = {"positions": row.positions, "velocities": row.vectors[:, 0], "charges": charges}
    file.write_text(json.dumps({name: each.tolist() for name, each in known.items()}), encoding="utf-8")
    printed, computed = command("move", str(folder), str(file)), move(ready, read_particles(file))
    ours = [getattr(computed, name).tolist() for name in ("positions", "velocities")]
    return np.round([printed["positions"], printed["velocities"]], 4).tolist(), np.round(ours, 4).tolist()


# The same question asked by command and by function, for each verb; a row is one of the held-out data.
ANSWERS: dict[str, Callable[[Ready, Path, Any, Path], Answers]] = {
    "generate": _generate,
    "chat": _chat,
    "fill": _fill,
    "discriminate": _discriminate,
    "rank": _rank,
    "translate": _translate,
    "summarize": _summarize,
    "classify": _classify,
    "match": _match,
    "act": _act,
    "paint": _paint,
    "reconstruct": _reconstruct,
    "caption": _caption,
    "fold": _fold,
    "move": _move,
}


def _picture(picture: Any, scratch: Path) -> Path:
    """An example's image as a file."""
    image = pixels(picture)
    file = scratch / "image.png"
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(file)
    return file


def _numbers(file: Path) -> Any:
    """The numbers of an image's pixels."""
    with Image.open(file) as image:
        return np.asarray(image).tolist()


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    """A row of an answer, its numbers to four places."""
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}
