"""Find tokens that a generator put in."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from clados.spec.core.ranges import NotNegative, Share
from clados.spec.core.sizes import Size
from clados.spec.learning.objectives.base import OF_PARTS, Objective


class ReplacedTokens(Objective):
    """Detect which tokens of a text a small masked model has replaced (Clark et al. 2020, §2).

    The generator G is the model at another size, its tables shared with the discriminator D, with a head that reads
    words; both learn at once: L_MLM(G) + weight L_D(D), no gradient passing through what G samples. A sampled token
    that happens to be right counts as original. Afterwards G is thrown away.

    With ``sharing`` of a residual, E_D = stop-gradient(E_G) + E_delta: the table of G learns from L_MLM alone, E_delta,
    which begins at zero, from L_D, and the sum is kept as D's table (He et al. 2023, DeBERTaV3, §3.3).
    """

    verb: ClassVar[str] = "discriminate"
    unit: ClassVar[str] = OF_PARTS
    also: ClassVar[Mapping[str, str]] = {
        "who predicts these": "the generator, a smaller model that is trained alongside",
        "the model itself": "reads the text with the generator's guesses filled in and detects which tokens are "
        "replaced; a guess that equals the original token is not",
    }
    generator: Size
    rate: Share = 0.15  # masked for the generator
    weight: NotNegative = 50.0  # of the discriminator's loss
    sharing: Literal["tables", "residual"] = "tables"  # of the tokens' vectors
