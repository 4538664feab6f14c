"""Predict where the atoms of a protein stand."""

from typing import ClassVar

from clados.spec.learning.objectives.base import Objective


class Folding(Objective, kw_only=True):
    """A weighted sum of losses on places, angles, distances, hidden letters and confidence (supplement §1.9, eq. 7).

    Frame-aligned point error of all atoms, and of carbons alpha after every layer with that of the angles; a
    distogram; hidden letters of the alignment; confidence; in fine-tuning, resolved atoms and violations too.
    """

    verb: ClassVar[str] = "fold"
    atoms: float = 0.5  # weights
    layers: float = 0.5
    distances: float = 0.3
    letters: float = 2.0
    confidence: float = 0.01
    resolved: float = 0.0
    violations: float = 0.0
    errors: float = 0.0  # of each residue seen from each other: 0.1 where the model has such a head
    clamp: float = 10.0  # ångström, at which errors of places end
    clamped: float = 0.9  # share of proteins whose backbone errors end
    hidden: float = 0.15  # share of letters of the alignment
