"""What encoders after BERT learn by, as papers state it."""

from typing import Literal

from clados.spec.learning import Objective
from clados.spec.sizes import Size


class MaskedNgrams(Objective):
    """Hide n-grams and predict them; tell whether two neighbouring segments were swapped (Lan et al. 2020, §3.1, §4.1).

    n is drawn with p(n) proportional to 1/n, up to ``longest`` (eq. 1 of §4.1). ALBERT's order of sentences takes the
    place of BERT's next sentence; Megatron's BERT learns by the same two (Shoeybi et al. 2019, §4.1).
    """

    longest: int = 3  # words of an n-gram
    rate: float = 0.15
    masked: float = 0.8
    replaced: float = 0.1
    swapped: float = 0.5  # share of pairs
    short: float = 0.1  # share of sequences drawn shorter than the full length


class ReplacedTokens(Objective):
    """Tell of every token whether a small masked model put it there (Clark et al. 2020, §2).

    The generator G is the model at another size, its tables shared with the discriminator D, with a head that reads
    words; both learn at once: L_MLM(G) + weight L_D(D), no gradient passing through what G samples. A sampled token
    that happens to be right counts as original. Afterwards G is thrown away.

    With ``sharing`` of a residual, E_D = stop-gradient(E_G) + E_delta: the table of G learns from L_MLM alone, E_delta,
    which begins at zero, from L_D, and the sum is kept as D's table (He et al. 2023, DeBERTaV3, §3.3).
    """

    generator: Size
    rate: float = 0.15  # masked for the generator
    weight: float = 50.0  # of the discriminator's loss
    sharing: Literal["tables", "residual"] = "tables"  # of the words' vectors


class Distilled(Objective):
    """Give what a larger model gives (Sanh et al. 2019, §2): three losses, weighted.

    soft KL(teacher at temperature T || student at T) T^2 + hard L_MLM + directions (1 - cos(h_teacher, h_student)),
    h the last states. Masks are drawn anew each time, without next sentences (§3).
    """

    teacher: str  # a card's id
    temperature: float = 2.0
    soft: float = 5.0
    hard: float = 2.0
    directions: float = 1.0
    rate: float = 0.15


class PairedTexts(Objective):
    """Which text of the batch belongs to which: softmax over cosines by a temperature (Wang et al. 2022, eq. 1).

    -log exp(cos(q, p) / t) / sum_p' exp(cos(q, p') / t), over the other texts of the batch, and over ``hard``
    texts that are near but wrong. With a teacher the loss is KL(its scores || ours) + ``share`` times this (eq. 2).
    """

    temperature: float = 0.01
    prefixes: tuple[str, ...] = ()  # before the question, before the passage
    hard: int = 0  # wrong texts that are near, beside each right one
    both: bool = False  # from the passage to the question too (Su et al. 2022, §2.3)
    teacher: Literal["none", "cross-encoder"] = "none"
    share: float = 1.0  # of the contrastive loss beside the teacher's


class EntityDenoising(Objective):
    """BERT's two objectives, and the entity that each aligned token names (Zhang et al. 2019, §3.4).

    p(e_j | w_i) = softmax of linear(w_i) e_j over the entities of the text, eq. 7 there; of the alignments some are
    given a random entity, some none.
    """

    replaced: float = 0.05  # alignments with a random entity
    hidden: float = 0.15  # alignments taken away
    rate: float = 0.15  # tokens chosen for prediction, as in BERT
