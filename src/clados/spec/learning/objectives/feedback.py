"""Learn from judgements of answers."""

from typing import ClassVar, Literal

from clados.spec.core.ranges import AtLeastOne, NotNegative, Positive, Share, WholeNumber
from clados.spec.errors import SpecError
from clados.spec.learning.objectives.base import OF_PARTS, Objective
from clados.spec.learning.tuning import Template


class Comparisons(Objective):
    """-log sigmoid(r(better) - r(worse)), the mean over the pairs of one prompt's answers (Ouyang et al. 2022, eq. 1).

    The model gives one number for a text: the stage's head is ``Scalar()``.
    """

    verb: ClassVar[str] = "score"
    unit: ClassVar[str] = "nats a pair"
    answers: tuple[int, int] = (2, 2)  # to one prompt, ranked together: fewest, most
    ties: bool = False  # equal answers count too: the aim is then a probability of one half
    auxiliary: Share = 0.0  # share of a second loss: whether an answer is good by itself (Menick et al. 2022, §2.5)
    template: Template = Template()  # how prompt and answer are read together

    @property
    def loss_unit(self) -> str:
        return OF_PARTS if self.auxiliary else self.unit

    def check(self) -> None:
        self.refuse_disorder("answers", 2)


class SoftComparisons(Comparisons):
    """-p log sigmoid(r(a) - r(b)) - (1 - p) log sigmoid(r(b) - r(a)), p how likely a is the better one of the two.

    A model says so, which is asked which of them follows a principle better (Bai et al. 2022, Constitutional AI, §4.1);
    where people ranked them p is 1, and this is ``Comparisons``.
    """

    def check(self) -> None:
        super().check()
        if self.ties or self.auxiliary:
            raise SpecError("SoftComparisons has probabilities in the place of ties, and no auxiliary loss")


class Violations(Objective):
    """-log p(was it broken? | rule, dialogue) (Glaese et al. 2022, §3.2).

    The model reads a rule with what was asked and answered, and gives one number: the logit of its being broken. The
    stage's head is ``Scalar()``.
    """

    unit: ClassVar[str] = "nats a rule"
    rules: AtLeastOne
    texts: tuple[str, ...] = ()  # the rules themselves, where they are known
    template: Template = Template()  # how prompt and answer are read together; the rule stands in front of the prompt


class Revised(Objective):
    """The model criticises its answer by a principle and rewrites it, ``rounds`` times; it then learns what it wrote.

    Bai et al. 2022 (Constitutional AI), §3.1.
    """

    verb: ClassVar[str] = "chat"
    unit: ClassVar[str] = "nats a token of answers that the start has rewritten by its principles"
    principles: AtLeastOne
    rounds: WholeNumber
    template: Template = Template()
    texts: tuple[str, ...] = ()  # what each principle asks a critique to say, where they are known


class BestOf(Objective):
    """Of ``samples`` answers to a prompt those that the judges, or people, like best are learned as in ``Supervised``.

    Rejection sampling (Nakano et al. 2021, §3.2, for the choice; the learning of what was chosen has many names).
    """

    verb: ClassVar[str] = "chat"
    unit: ClassVar[str] = "nats a token"
    samples: AtLeastOne | None = None
    template: Template = Template()


class PPO(Objective):
    """Answers are sampled, judged, and made likelier where they did well (Schulman et al. 2017, eq. 7).

    -E min(w A, clip(w, 1 - c, 1 + c) A), w the ratio of new and old probability, A the advantage by
    generalised estimation; of the judges' reward, kl log(p / p0) is taken off (Ouyang et al. 2022, eq. 2).

    A critic that begins as the judge: Ouyang et al. 2022, §3.5; github:microsoft/DeepSpeedExamples
    dschat/rlhf/rlhf_engine.py; github:hpcaitech/ColossalAI applications/Chat/examples/train_prompts.py;
    github:nebuly-ai/optimate chatllama/rlhf/model_loader.py. A head on the model: TRL and trlX.
    """

    verb: ClassVar[str] = "chat"
    unit: ClassVar[str] = OF_PARTS
    kl: NotNegative  # off the reward, for each nat away from the stage's starting weights
    clip: Positive = 0.2
    passes: AtLeastOne = 1  # over each batch of samples
    minibatches: AtLeastOne = 1  # of a pass
    discount: Share = 1.0
    smoothing: Share = 0.95  # lambda of the advantages
    pretraining: NotNegative = 0.0  # weight of next-token learning on the pretraining text, mixed in
    critic: Literal["head", "judge"] = "head"  # foresees rewards: a head on the model, or a copy of the judge
    values: NotNegative = 0.1  # weight of the values' loss (openai/lm-human-preferences, vf_coef)
    value_clip: Positive | None = 0.2  # how far a value counts that has moved (there, cliprange_value); None: any
    target: Positive | None = (
        None  # nats of an answer that kl is adapted to (Ziegler et al. 2019, §2.2); None: it stays
    )
    horizon: AtLeastOne = 10_000  # answers in which it is (openai/lm-human-preferences, horizon)
    template: Template = Template()


class ActorCritic(Objective):
    """-A log p(answer) with a learned value as baseline, all samples at once (Mnih et al. 2016, §4: A2C).

    Beside it stands KL from the stage's starting weights: kl KL + (1 - kl) A2C where ``mixed``, else a plain sum.
    """

    verb: ClassVar[str] = "chat"
    unit: ClassVar[str] = OF_PARTS
    kl: NotNegative | None  # None: not published
    mixed: bool = False
    template: Template = Template()


class GRPO(Objective):
    """PPO whose advantages are scores within a group of answers to one prompt (Shao et al. 2024, eq. 3).

    Every token of an answer has the advantage (r - mean) / std; the loss is a mean over an answer's tokens, then over
    answers, with kl (p0 / p - log(p0 / p) - 1) beside it (eq. 4).
    """

    verb: ClassVar[str] = "chat"
    unit: ClassVar[str] = OF_PARTS
    samples: AtLeastOne = 64  # answers to a prompt
    kl: NotNegative = 0.04
    clip: Positive = 0.2
    passes: AtLeastOne = 1
    minibatches: AtLeastOne = 1
    template: Template = Template()


class DPO(Objective):
    """-log sigmoid(beta (log p / p0 of the better answer - log p / p0 of the worse)) (Rafailov et al. 2023, eq. 7).

    p0 are the stage's starting weights; an answer's log p is the sum over its tokens, its end token among them.
    """

    verb: ClassVar[str] = "chat"
    unit: ClassVar[str] = "nats a pair"
    beta: Positive = 0.1  # the coefficient of the distance from p0 in the reward that is learned so
    template: Template = Template()
