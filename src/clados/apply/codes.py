"""Control codes: the word that a text begins with, which says where it is from (Keskar et al. 2019, CTRL, §3.2)."""

from collections.abc import Mapping

from clados.data.tokenizer import Tokenizer
from clados.errors import InputError
from clados.spec import Objective


def learned_codes(learned: Objective | None, tokenizer: Tokenizer) -> dict[str, int]:
    """The ids of the control codes that a model learned by; empty where it learned otherwise."""
    if not getattr(learned, "coded", False):
        return {}
    roles = {*tokenizer.ids.values(), *tokenizer.sentinels}
    return {name: number for name, number in tokenizer.special.items() if number not in roles}


def parted_code(text: str, codes: Mapping[str, int], what: str, who: str) -> tuple[int, str]:
    """The id of the code that a text begins with, and the rest of it.

    Args:
        what: how the text is called; who: what takes a code first.

    Raises:
        InputError: its first word is none of the codes.
    """
    code, _, rest = text.strip().partition(" ")
    if code not in codes:
        begins = f"begins with '{code}'" if code else "is empty"
        raise InputError(f"the {what} {begins}; {who} takes a control code first: {', '.join(codes)}")
    return codes[code], rest.strip()
