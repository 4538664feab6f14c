"""What changed in structure on the lines of descent, in short: from the declarations, where both are declared."""

import re
from collections.abc import Mapping

from clados.catalog.card import Card
from clados.catalog.differences import Difference, changed_parts, said_once
from clados.catalog.sizes import model_of
from clados.catalog.structure import headline_declared
from clados.spec.errors import CladosError

KIN = ("architecture", "weights")  # lines along which declarations are compared
_SAID = 3  # differences that are said of a line; of the others, how many they are
_TELLING = (  # paths by how much they tell, those of the first pattern first
    r"^kind$",
    r"\b(position|pattern|attn|cross|mlp|act|gated|residual|norm|norm_out|sees|groups|convolution|decoder)(, kind)?$",
)
_LEFT_OUT = r"^size\b|\b(eps|dropout|drop_path|init|tokenizer)\b|vocab\.(?!size|kind)"


def compared_parents(cards: Mapping[str, Card], card: Card) -> list[str]:
    """The parents by architecture or weights whose declarations can be compared with a model's own."""
    kin = dict.fromkeys(row.id for row in card.lineage if row.kind in KIN)
    return [each for each in kin if each in cards and headline_declared(card) and headline_declared(cards[each])]


def structure_in_short(parent: Card, child: Card) -> str:
    """The differences between the declared structures of two cards that tell most, and how many more.

    Of their headline sizes, whose numbers are left out. Empty where there are none, and where one of both is not
    declared, or cannot be read.
    """
    try:
        if not headline_declared(parent) or not headline_declared(child):
            return ""
        old, new = (model_of(card, size) for card in (parent, child) if (size := card.headline_size))
        found = [each for each in changed_parts(old, new) if not re.search(_LEFT_OUT, each.path)]
    except CladosError:  # a declaration of the user's own, whose faults are told where it is asked for
        return ""
    said = said_once(sorted(found, key=_rank))
    more = [f"and {len(said) - _SAID} more"] if len(said) > _SAID else []
    return "; ".join([*said[:_SAID], *more])


def _rank(each: Difference) -> int:
    return next((i for i, pattern in enumerate(_TELLING) if re.search(pattern, each.path)), len(_TELLING))
