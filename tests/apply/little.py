"""Tiny models of every kind with random weights, as directories; each made in a second or two."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from clados.checkpoints import save_pretrained
from clados.checkpoints.metadata import preprocessing, write_metadata
from clados.data.cartpole import cartpole_episodes
from clados.data.examples import Captioned, Pair, Text
from clados.data.sets import digits
from clados.models.declared import declared
from clados.nn import build
from clados.spec import but, tiny
from clados.train.fitting import FitContext, facts_of, fit_model, tokenizer_for

SENTENCES = (
    "The king sat on the throne of the castle.",
    "A dog ran over the green hill to the river.",
    "We read the old book by the light of a lamp.",
    "Rain fell on the roof while the children slept.",
)
PAIRS = (("Delete", "Löschen"), ("Please log in.", "Bitte anmelden."), ("a red heart", "ein rotes Herz"))
FEWER = {"ernie": but(plain=1)}  # of what is counted in layers
LENGTHS = {"clip": 16, "transformer": 32, "decision-transformer": 8}


def picture(seed: int, height: int = 16, width: int = 16) -> Any:
    """Bytes of chance, uint8 [height, width, 3]."""
    return (np.random.default_rng(seed).random((height, width, 3)) * 255).astype(np.uint8)


def examples(card: str) -> list[Any]:
    """A few examples of what a model learns from."""
    match card:
        case "vit" | "swin":
            return digits()[:60]
        case "clip" | "dall-e":
            return [Captioned(str(i), picture(i), (text,)) for i, text in enumerate(SENTENCES)]
        case "decision-transformer":
            return list(cartpole_episodes(5))
        case "transformer":
            return [Pair(source, source, target) for source, target in PAIRS * 20]
        case _:
            return [Text(str(i), text) for i, text in enumerate(SENTENCES * 20)]


def written(card: str, folder: Path) -> Path:
    """The directory of a tiny model."""
    declaration, given = declared(card), examples(card)
    facts = facts_of(given)
    tokenizer = tokenizer_for(declaration.model, given, 420)
    length = LENGTHS.get(card, 64)
    model = tiny(declaration.model).but(**FEWER.get(card, but()))
    module = build(fit_model(model, FitContext(given, tokenizer, length, facts)))
    save_pretrained(module, folder)
    if tokenizer:
        tokenizer.save(folder)
    write_metadata(folder, labels=facts.classes, images=preprocessing(module.spec))
    said = {"model": card, "stage": repr(declaration.recipe.stages[0]), "length": length, **facts.json()}
    (folder / "run.json").write_text(json.dumps(said), encoding="utf-8")
    return folder
