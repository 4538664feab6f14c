"""Predict answers to prompts."""

from typing import ClassVar, Literal

from clados.spec.learning.objectives.base import Objective
from clados.spec.learning.tuning import Template


class PrefixLM(Objective):
    """A text is cut in two: the first part is read, the second predicted (Raffel et al. 2020, §3.2.1).

    T5 was adapted to it for 100,000 steps before it was tuned (Lester et al. 2021, §3.1: "LM adaptation").
    """

    verb: ClassVar[str] = "generate"
    unit: ClassVar[str] = "nats a token"


class Supervised(Objective):
    """-log p(answer | prompt), the mean over the answer's tokens, or over both (Ouyang et al. 2022, §3.5).

    Instruction tuning is this on tasks that are worded as prompts (Wei et al. 2021, §2; Sanh et al. 2021, §3).
    """

    verb: ClassVar[str] = "chat"
    tunes: ClassVar[str] = "generate"
    unit: ClassVar[str] = "nats a token"
    template: Template = Template()
    learns: Literal["answers", "all"] = "answers"  # whose tokens count; with an encoder the answers' alone


class DialogueTurns(Supervised):
    """-log p(x_n | x_<n) over all turns of a dialogue as one text (Zhang et al. 2019, DialoGPT, §3.1, eq. 1).

    The end-of-text token stands behind each turn. Backwards, each reply stands before what it answers: a model of
    p(source | reply), by which replies are ranked (§3.2).
    """

    learns: Literal["answers", "all"] = "all"
    backwards: bool = False


class ContextDistilled(Objective):
    """KL(p0(x given context) against p(x)): the model learns to do without the context (Askell et al. 2021, §2.2).

    p0 are the stage's starting weights.
    """

    verb: ClassVar[str] = "chat"
    unit: ClassVar[str] = "nats a token between the model without the context and its start with it"
    context: str  # which, in a few words
    text: str = ""  # the context itself, where it is known
    template: Template = Template()  # how what it learns from becomes x
