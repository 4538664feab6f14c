"""What a model learns, and in what order: packing, objectives, stages, recipes."""

from typing import ClassVar, Literal

from clados.spec.inputs import Head
from clados.spec.optimisers import Optimiser, Schedule
from clados.spec.part import Part

# ---------------------------------------------------------------- how texts become sequences


class Packing(Part):
    """How documents are laid into sequences of one length."""


class FullSentences(Packing):
    """As many whole sentences as fit, over document borders, where a separator is added (Liu et al. 2019, §4.2)."""


class SentencePairs(Packing):
    """Two segments: the second follows the first, or comes from another document (Devlin et al. 2019, appendix A.2)."""

    follows: float = 0.5  # share of pairs in which it does
    short: float = 0.1  # share of sequences drawn shorter than the full length


# ---------------------------------------------------------------- objectives


class Objective(Part):
    """How examples become a batch, and a batch a loss: the words of it. ``clados.objectives`` has what it does.

    ``verb`` is the command that shows what was learned by it.
    """

    verb: ClassVar[str] = ""


class NextToken(Objective):
    """-log p(x_t | x_<t), the mean over tokens (Radford et al. 2018, eq. 1).

    Documents stand one after the other, an end-of-text between them, cut into blocks of equal length. Plus
    z log^2 Z, Z the sum of the exponentiated scores, which keeps it near 1 (Chowdhery et al. 2022, §5).
    """

    verb: ClassVar[str] = "generate"
    z: float = 0.0


class MaskedTokens(Objective):
    """Hide some tokens, predict them from both sides (Devlin et al. 2019, §3.1)."""

    verb: ClassVar[str] = "fill"
    rate: float = 0.15  # chosen for prediction
    masked: float = 0.8  # of these: replaced by the mask
    replaced: float = 0.1  # of these: replaced by a random token; the rest stays
    draws: int | None = None  # masks drawn for a text before they repeat; None: anew every time
    packing: FullSentences | SentencePairs = FullSentences()  # pairs add next-sentence prediction


class CorruptedSpans(Objective):
    """Replace random spans by sentinels; the target spells them out (Raffel et al. 2020, §3.1.4, figure 2)."""

    verb: ClassVar[str] = "fill"
    rate: float = 0.15
    mean: float = 3.0  # tokens of a span


class Translation(Objective):
    """-log p(target | source), with smoothed labels (Vaswani et al. 2017, §5.4)."""

    verb: ClassVar[str] = "translate"
    smoothing: float = 0.1  # share of the label spread evenly over the vocabulary, the label included


class ImageClasses(Objective):
    """Cross-entropy of the class of an image."""

    verb: ClassVar[str] = "classify"


class Contrastive(Objective):
    """Which text of the batch belongs to which image, and back (Radford et al. 2021, figure 3)."""

    verb: ClassVar[str] = "match"


class ReturnConditioned(Objective):
    """The next action, given the return to come (Chen et al. 2021, algorithm 1)."""

    verb: ClassVar[str] = "act"
    error: Literal["squared", "cross-entropy"]  # for continuous and for discrete actions


# ---------------------------------------------------------------- recipes


class Stage(Part, kw_only=True):
    """One run of the trainer, with the paper's numbers; ``None`` where the paper gives none."""

    name: str
    objective: Objective
    data: str  # what the paper trained on, in a few words
    optimiser: Optimiser
    schedule: Schedule
    batch: int | None = None  # sequences, or examples
    length: int | None = None  # tokens of a sequence
    steps: int | None = None
    clip: float | None = None  # of the gradient's norm
    head: Head | None = None  # put in place of the model's own


class Recipe(Part):
    """Stages in order."""

    stages: tuple[Stage, ...]
