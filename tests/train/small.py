"""Small data and models that several tests train with."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from clados.train.choices import Choices

NOUNS = ["cat", "dog", "bird", "fish", "horse", "mouse", "sheep", "tree", "river", "stone", "house", "road", "field"]
VERBS = ["sees", "likes", "follows", "finds", "leaves", "meets", "hears", "passes"]


def write_texts(folder: Path, documents: int = 12) -> Path:
    """A folder of documents of short sentences."""
    random = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(documents):
        lines = [f"The {random.choice(NOUNS)} {random.choice(VERBS)} the {random.choice(NOUNS)}." for _ in range(30)]
        (folder / f"{number:02}.txt").write_text(" ".join(lines), encoding="utf-8")
    return folder


def write_pairs(file: Path, number: int = 120) -> Path:
    """Questions that their answers repeat a word of, with what templates with evidence name."""
    random = np.random.default_rng(0)
    with file.open("w", encoding="utf-8") as lines:
        for _ in range(number):
            noun, verb = random.choice(NOUNS), random.choice(VERBS)
            row = {"instruction": f"Who {verb} the {noun}?", "input": "", "output": f"The {noun} {verb} itself."}
            row |= {"claim": "It does.", "title": noun, "quote": f"The {noun}."}
            lines.write(json.dumps(row) + "\n")
    return file


def choices(data: Path | str, model: str = "gpt-2", **more: Any) -> Choices:
    """A run of a second or two."""
    usual: dict[str, Any] = {"params": "250K", "vocab": 320, "length": 24, "batch": 4, "steps": 24}
    return Choices(model=model, data=str(data), **(usual | more))


def shortness(prompts: list[str], answers: list[str]) -> list[float]:
    """A judge that likes short answers."""
    return [-float(len(answer)) for answer in answers]
