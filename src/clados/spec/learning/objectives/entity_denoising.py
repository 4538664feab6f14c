"""Predict which entity a token names."""

from clados.spec.learning.objectives.base import Objective


class EntityDenoising(Objective):
    """BERT's two objectives, and the entity that each aligned token names (Zhang et al. 2019, §3.4).

    p(e_j | w_i) = softmax of linear(w_i) e_j over the entities of the text, eq. 7 there; of the alignments some are
    given a random entity, some none.
    """

    replaced: float = 0.05  # alignments with a random entity
    hidden: float = 0.15  # alignments taken away
    rate: float = 0.15  # tokens chosen for prediction, as in BERT
