"""Tuning: stages that start from weights which exist, their objectives, and what of the model they train."""

from typing import ClassVar, Literal

from clados.spec.inputs import Head
from clados.spec.learning import Objective, Stage
from clados.spec.part import Part
from clados.spec.pieces import Env, Pieces, linear

# ---------------------------------------------------------------- how an example is written


class Template(Part, kw_only=True):
    """How an example becomes a text. Braces name its fields; in a dialogue, prompt and answer take turns."""

    prompt: str = "{prompt}"
    answer: str = "{answer}"
    opening: str = ""  # once, before the first turn
    bare: str | None = None  # the prompt of an example without ``{input}``; None: they are all written alike


# ---------------------------------------------------------------- what of the model is trained


class Trained(Part):
    """Which numbers a stage moves; all others stay as they are."""


class Upper(Trained):
    """The last ``layers`` and what follows them."""

    layers: int


class AllBut(Trained):
    """Everything but tensors of these names; ``*`` is one piece of a name."""

    names: tuple[str, ...]


class LowRank(Trained):
    """W x + alpha / rank B A x, and only A and B move; B starts at zero (Hu et al. 2021, §4.1, eq. 3)."""

    rank: int
    alpha: float
    on: tuple[str, ...]  # outputs of a product ("q", "v") or products ("out")
    dropout: float = 0.0  # of what enters A


# ---------------------------------------------------------------- objectives


class PrefixLM(Objective):
    """A text is cut in two: the first part is read, the second predicted (Raffel et al. 2020, §3.2.1).

    T5 was adapted to it for 100,000 steps before it was tuned (Lester et al. 2021, §3.1: "LM adaptation").
    """


class Supervised(Objective):
    """-log p(answer | prompt), the mean over the answer's tokens, or over both (Ouyang et al. 2022, §3.5).

    Instruction tuning is this on tasks that are worded as prompts (Wei et al. 2021, §2; Sanh et al. 2021, §3).
    """

    template: Template = Template()
    learns: Literal["answers", "all"] = "answers"  # whose tokens count


class ContextDistilled(Objective):
    """KL(p0(x given context) against p(x)): the model learns to do without the context (Askell et al. 2021, §2.2)."""

    context: str  # which, in a few words


class Comparisons(Objective):
    """-log sigmoid(r(better) - r(worse)), the mean over the pairs of one prompt's answers (Ouyang et al. 2022, eq. 1).

    The model gives one number for a text: the stage's head is ``Scalar()``.
    """

    answers: tuple[int, int] = (2, 2)  # to one prompt, ranked together: fewest, most
    ties: bool = False  # equal answers count too: the aim is then a probability of one half
    auxiliary: float = 0.0  # share of a second loss: whether an answer is good by itself (Menick et al. 2022, §2.5)


class Violations(Objective):
    """-log p(was it broken? | rule, dialogue) (Glaese et al. 2022, §3.2)."""

    rules: int


class Revised(Objective):
    """The model criticises its answer by a principle and rewrites it, ``rounds`` times; it then learns what it wrote.

    Bai et al. 2022 (Constitutional AI), §3.1.
    """

    principles: int
    rounds: int
    template: Template = Template()


class BestOf(Objective):
    """Of ``samples`` answers to a prompt those that the judges, or people, like best are learned as in ``Supervised``.

    Rejection sampling (Nakano et al. 2021, §3.2, for the choice; the learning of what was chosen has many names).
    """

    samples: int | None = None
    template: Template = Template()


class PPO(Objective):
    """Answers are sampled, judged, and made likelier where they did well (Schulman et al. 2017, eq. 7).

    -E min(w A, clip(w, 1 - c, 1 + c) A), w the ratio of new and old probability, A the advantage by
    generalised estimation; of the judges' reward, kl log(p / p0) is taken off (Ouyang et al. 2022, eq. 2).
    """

    kl: float  # off the reward, for each nat away from the stage's starting weights
    clip: float = 0.2
    passes: int = 1  # over each batch of samples
    minibatches: int = 1  # of a pass
    discount: float = 1.0
    smoothing: float = 0.95  # lambda of the advantages
    pretraining: float = 0.0  # weight of next-token learning on the pretraining text, mixed in
    template: Template = Template()


class ActorCritic(Objective):
    """-A log p(answer) with a learned value as baseline, all samples at once (Mnih et al. 2016, §4: A2C).

    Beside it stands KL from the stage's starting weights: kl KL + (1 - kl) A2C where ``mixed``, else a plain sum.
    """

    kl: float | None  # None: not published
    mixed: bool = False
    template: Template = Template()


# ---------------------------------------------------------------- the reward, and the stage


class Scalar(Head):
    """One number, read at the last token of a text: how good it is (Ouyang et al. 2022, §3.5)."""

    slot: ClassVar[str] = "reward"
    output: ClassVar[str] = "rewards"

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, 1)}


class Tuning(Stage, kw_only=True):
    """A stage that starts from weights: another model's, at the same size or at one that is named, or a stage's.

    ``start`` is a card's id (``"gpt-3"``, ``"llama:7b"``) or the name of an earlier stage of the same recipe.
    """

    start: str
    size: str | None = None  # the published size that is trained here, where that is not the model's own
    epochs: float | None = None  # where the paper counts passes over the data
    judges: tuple[str, ...] = ()  # earlier stages, whose models say how good an answer is
    trains: Trained | None = None  # None: everything
