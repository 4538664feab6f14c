"""Trials of models that make something else than text: images step by step, actions as they play, folds."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from clados import spec as s
from clados.apply import verbs
from clados.apply.act import Episodes, act
from clados.apply.denoising import times_asked
from clados.apply.fold import fold
from clados.apply.paint import PaintedImages, paint
from clados.apply.ready import Ready
from clados.data.alignments import parsed_alignment
from clados.errors import InputError
from clados.playground.trials import Word, trial

_FRAMES = 12  # images of a painting on its way
_SMALL = 128  # pixels at a side of those
_LONGEST = 96  # residues of a protein that is folded
_UBIQUITIN = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQ"  # its first 40 residues (UniProt P0CG48)


def _can(ready: Ready, verb: str) -> bool:
    return verb in verbs.verbs(ready.spec, ready.objective)


# ---------------------------------------------------------------- paint


@dataclass(frozen=True)
class PaintedFrame:
    """An image on its way: after how many steps or codes of how many, its sides in pixels, and it as PNG."""

    step: int
    of: int
    width: int
    height: int
    png: bytes


@dataclass(frozen=True)
class Painting:
    """An image of a text, and what it was on its way, the last frame being the image."""

    text: str
    frames: tuple[PaintedFrame, ...]


def _diffuses(ready: Ready) -> bool:
    return hasattr(ready.spec, "sampler")


def _paints(ready: Ready) -> bool:
    """Whether it paints of a text alone; what enlarges reads a small image, too."""
    return _can(ready, "paint") and ready.tokenizer is not None and getattr(ready.spec, "low", None) is None


def _painting_words(ready: Ready) -> tuple[Word, ...]:
    steps = (Word("steps", "12", 1, 50),) if _diffuses(ready) else ()
    return (Word("text", "a red heart", lines=1), *steps, Word("seed", "0", 0, 999))


@trial("paint", _paints, _painting_words)
def try_painting(ready: Ready, text: str, seed: int, steps: int = 1) -> Painting:
    """An image of a text, and what it is after some of the steps: noise that is taken away, or codes that are added.

    Raises:
        InputError: for an empty text.
    """
    if not text.strip():
        raise InputError("text is empty; say what is to be seen")
    part: Any = ready.spec
    of = times_asked(part, steps) if _diffuses(ready) else part.decoder.inputs.places_across**2
    wanted = {round(each) for each in np.linspace(1, of, min(of, _FRAMES))}
    frames: list[PaintedFrame] = []

    def watch(step: int, images: Any) -> None:
        if step in wanted:
            frames.append(_frame(step, of, images()))

    paint(ready, text, steps=steps, seed=seed, watch=watch)
    return Painting(text, tuple(frames))


def _frame(step: int, of: int, images: PaintedImages) -> PaintedFrame:
    (image,) = images
    height, width, channels = image.shape
    file = io.BytesIO()
    picture = Image.fromarray(image.squeeze(-1) if channels == 1 else image)
    if step < of:
        picture.thumbnail((_SMALL, _SMALL))
    picture.save(file, format="PNG")
    return PaintedFrame(step, of, width, height, file.getvalue())


# ---------------------------------------------------------------- act


@dataclass(frozen=True)
class PlayedStep:
    """What the environment showed before a step, what the model did, and the rewards until then."""

    state: tuple[float, ...]
    action: tuple[float, ...]
    earned: float


@dataclass(frozen=True)
class PlayedEpisode:
    """An episode as it was played; ``random``: the return of random actions from the same beginning."""

    environment: str
    steps: tuple[PlayedStep, ...]
    total: float
    random: float
    notes: tuple[str, ...]


@trial(
    "act",
    lambda ready: _can(ready, "act"),
    lambda ready: (Word("environment", "CartPole-v1", lines=1), Word("seed", "0", 0, 999)),
)
def try_acting(ready: Ready, environment: str, seed: int) -> PlayedEpisode:
    """An episode in an environment, step by step."""
    steps: list[PlayedStep] = []

    def watch(now: Episodes, actions: NDArray[Any]) -> None:
        earned = float(now.asked[0][0] - now.asked[-1][0])
        steps.append(PlayedStep(_numbers(now.states[-1][0]), _numbers(actions[0]), earned))

    found = act(ready, environment.strip(), episodes=1, seed=seed, watch=watch)
    return PlayedEpisode(environment.strip(), tuple(steps), found.mean, found.random_mean, found.notes)


def _numbers(value: Any) -> tuple[float, ...]:
    return tuple(np.asarray(value, np.float64).round(4).reshape(-1).tolist())


# ---------------------------------------------------------------- fold


@dataclass(frozen=True)
class Backbone:
    """A protein as it is folded: its letters, where the alpha carbon of each stands, in ångström, and how sure it is.

    Attributes:
        places: x, y and z, about the middle of all; plddt: from 0 to 100.
    """

    letters: str
    places: tuple[tuple[float, float, float], ...]
    plddt: tuple[float, ...]


@trial(
    "fold",
    lambda ready: ready.spec.reads(s.Alignment) is not None,
    lambda ready: (Word("protein", _UBIQUITIN, lines=2), Word("passes", "1", 0, 3)),
)
def try_folding(ready: Ready, protein: str, passes: int) -> Backbone:
    """Where the backbone of a protein stands, of its letters alone.

    Raises:
        InputError: for no letters, or more than are folded here.
        DataError: for letters that stand for no residue.
    """
    letters = "".join(protein.split()).upper()
    if not 1 < len(letters) <= _LONGEST:
        raise InputError(f"the protein has {len(letters)} letters; from 2 to {_LONGEST} are folded here")
    found = fold(ready, parsed_alignment(f">protein\n{letters}\n", "protein"), recycling=passes)
    alphas = found.atoms[:, 1]
    rows = (alphas - alphas.mean(0)).round(2).tolist()
    return Backbone(found.letters, tuple((x, y, z) for x, y, z in rows), tuple(found.plddt.round(1).tolist()))
