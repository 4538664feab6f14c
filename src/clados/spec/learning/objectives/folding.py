"""Predict where the atoms of a protein stand."""

from typing import ClassVar

from clados.spec.core.ranges import NotNegative, Positive, Share
from clados.spec.learning.objectives.base import OF_PARTS, Objective


class Folding(Objective, kw_only=True):
    """A weighted sum of losses on places, angles, distances, hidden letters and confidence (supplement §1.9, eq. 7).

    Frame-aligned point error of all atoms, and of carbons alpha after every layer with that of the angles; a
    distogram; hidden letters of the alignment; confidence; in fine-tuning, resolved atoms and violations too.
    """

    verb: ClassVar[str] = "fold"
    unit: ClassVar[str] = OF_PARTS
    atoms: NotNegative = 0.5  # weights
    layers: NotNegative = 0.5
    distances: NotNegative = 0.3
    letters: NotNegative = 2.0
    confidence: NotNegative = 0.01
    resolved: NotNegative = 0.0
    violations: NotNegative = 0.0
    errors: NotNegative = 0.0  # of each residue seen from each other: 0.1 where the model has such a head
    clamp: Positive = 10.0  # ångström, at which errors of places end
    clamped: Share = 0.9  # share of proteins whose backbone errors end
    hidden: Share = 0.15  # share of letters of the alignment
