"""Predict the next token where it is of a text or of an action."""

from typing import ClassVar

from clados.spec.core.ranges import Share
from clados.spec.learning.objectives.base import Objective


class TextAndActions(Objective):
    """-sum m(t) log p(x_t | x_<t), m 1 where a token is of a text or of an action, else 0 (Reed et al. 2022, eq. 2).

    Sequences are episodes, time step after time step, or texts, cut to one length. A share ``prompted`` of those of
    episodes begins with steps of another episode of the same task and the same agent, and of these a share
    ``from_end`` with the last of it, the others with any (§2.3).
    """

    verb: ClassVar[str] = "generate"
    unit: ClassVar[str] = "nats a token"
    prompted: Share = 0.25
    from_end: Share = 0.5
