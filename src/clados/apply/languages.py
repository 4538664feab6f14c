"""The language of a text, for models that learned texts with a mark of it (Liu et al. 2020, mBART, §2.2)."""

from clados.data.tokenizer import Tokenizer
from clados.errors import InputError
from clados.names import marked_languages, meant_language
from clados.spec import Objective


def text_language(learned: Objective | None, tokenizer: Tokenizer, said: str | None, who: str) -> str | None:
    """The code of a text's language as the tokenizer marks it; None where what was learned marks none.

    Args:
        said: it may be left out where the tokenizer marks one alone; who: has learned.

    Raises:
        InputError: for a language that is not marked, or that is lacking where several are.
    """
    marks = marked_languages(tokenizer.special) if getattr(learned, "marked", False) else {}
    if said is None and len(marks) < 2:
        return next(iter(marks), None)
    known = ", ".join(sorted(marks))
    if said is None:
        raise InputError(f"{who} has learned several languages; say the texts' language: {known}")
    code = meant_language(said, marks)
    if code is None:
        what = f"knows {known}" if marks else "marks no language"
        raise InputError(f"language is '{said}'; {who} {what}")
    return code
