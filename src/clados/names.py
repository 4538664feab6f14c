"""What names and numbers are read alike everywhere: ``5M``, a misspelt name, roles of tokens, ``CLADOS_PATH``."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from clados.errors import InputError

CARDS_PATH = "CLADOS_PATH"  # the environment variable that names folders of cards, separated as in PATH
TOKEN_ROLES = ("pad", "unk", "bos", "eos", "cls", "sep", "mask")  # special tokens of a tokenizer
SENTENCES_BLANK, LONG_BLANK = "[sMASK]", "[gMASK]"  # GLM's blanks of whole sentences, and of a long span
ROLES = (*TOKEN_ROLES, "start")  # special ids of a model's vocabulary; start begins what a decoder writes
SPACE_SIGN = "▁"  # SentencePiece's sign of a space
_LANGUAGE_MARK = re.compile(r"\[([a-z]{2,3}(?:[_@]\w+)*)\]|([a-z]{2,3}_[A-Z]{2})")
_NEAR = 0.7  # how alike two words are where one may be meant by the other (difflib's ratio)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "g": 10**9, "t": 10**12}
_NUMBER = re.compile(r"((?:[0-9][0-9_,]*\.?[0-9]*|\.[0-9]+)(?:e[0-9]+)?)\s*([kmbgt]?)", re.IGNORECASE)


def parse_number(text: str | int, name: str = "") -> int:
    """A number as people write it.

    >>> parse_number("1.5B"), parse_number("350k"), parse_number("1,000")
    (1500000000, 350000, 1000)

    Args:
        name: the argument that it was given for, which the error names.

    Raises:
        InputError: when it is no number, or too large.
    """
    with suppress(ValueError, OverflowError):
        if match := _NUMBER.fullmatch(str(text).strip()):
            digits, unit = re.sub("[_,]", "", match[1]), _UNITS[match[2].lower()]
            return int(digits) * unit if digits.isdigit() else round(float(digits) * unit)
    front = f"{name}: " if name else ""
    raise InputError(f"{front}'{text}' is not a number; write 350000, 350k, 100M, 1.5B or 2T")


def sentinel(number: int) -> str:
    """The mark of the span removed as the number-th, from 0 (Raffel et al. 2020, §3.1.4)."""
    return f"<extra_id_{number}>"


def snake_case(name: str) -> str:
    """The name of the file that a class stands in.

    >>> snake_case("NextToken"), snake_case("FIMTokens"), snake_case("PrefixLM")
    ('next_token', 'fim_tokens', 'prefix_lm')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def nearest(word: str, known: Iterable[str], least: float = _NEAR) -> str | None:
    """The known word that is most like another, whatever the case of letters; None where none is near.

    Args:
        least: how alike they must be, from 0 to 1.
    """
    import difflib

    spelt = {each.casefold(): each for each in reversed([*known])}  # of two that differ in case, the first
    close = difflib.get_close_matches(word.casefold(), spelt, 1, least)
    return spelt[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'this'?`` for the nearest known word, or nothing where none is near."""
    near = nearest(word, known)
    return "" if near is None else f"; did you mean '{near}'?"


def marked_languages(tokens: Mapping[str, int]) -> dict[str, int]:
    """The languages that special tokens mark, and the tokens' ids.

    >>> marked_languages({"[en]": 7, "de_DE": 8, "[MASK]": 9})
    {'en': 7, 'de_DE': 8}
    """
    found = ((_LANGUAGE_MARK.fullmatch(token), number) for token, number in tokens.items())
    return {mark[1] or mark[2]: number for mark, number in found if mark}


def meant_language(language: str, known: Iterable[str]) -> str | None:
    """The code that a language means: its own, or else the only one of that language in some country.

    >>> meant_language("de", ["de_DE", "en_XX"]), meant_language("fr", ["de_DE", "en_XX"])
    ('de_DE', None)
    """
    codes = [*known]
    found = [code for code in codes if code == language] or [
        code for code in codes if code.partition("_")[0] == language
    ]
    return found[0] if len(found) == 1 else None


def card_folders() -> list[Path]:
    """The user's folders of cards and declarations, which ``CLADOS_PATH`` names."""
    return [Path(each).expanduser() for each in os.environ.get(CARDS_PATH, "").split(os.pathsep) if each]


def cache_folder() -> Path:
    """Where Clados keeps what it has made and can make again: ``CLADOS_CACHE``, or else the user's folder of caches."""
    if own := os.environ.get("CLADOS_CACHE"):
        return Path(own).expanduser()
    windows = os.environ.get("LOCALAPPDATA") if os.name == "nt" else None
    return Path(windows or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "clados"


def with_article(noun: str) -> str:
    """A noun with its indefinite article: "an Encoder", "a Decoder"."""
    return f"{'an' if noun[:1].upper() in 'AEIOU' else 'a'} {noun}"


def quotation(text: str, most: int = 60) -> str:
    """The beginning of a text between quotation marks, on one line; what is left out shows behind them.

    >>> quotation("a cat"), quotation("a cat on a mat", 5)
    ("'a cat'", "'a cat' …")

    Args:
        most: characters of the text.
    """
    line = " ".join(text.split())
    return f"'{line}'" if len(line) <= most else f"'{line[:most].rstrip()}' …"


def parted_names(text: str | None, option: str) -> tuple[str, ...]:
    """Names that are parted by commas; none where nothing was given.

    >>> parted_names("search, calculator", "tools")
    ('search', 'calculator')

    Args:
        option: what they were given for, which errors name.

    Raises:
        InputError: one of them is empty.
    """
    found = () if text is None else tuple(each.strip() for each in text.split(","))
    if not all(found):
        raise InputError(f"{option} is '{text}'; it must be names, parted by commas")
    return found


@cache
def byte_letters() -> dict[str, int]:
    """The byte that each character of a byte-level vocabulary stands for (Radford et al. 2019, openai/gpt-2)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + i): byte for i, byte in enumerate(others)}


class ByteToken(str):
    """A token of a byte-level vocabulary, each of whose characters stands for a byte; its own text is how it is spelt.

    Other vocabularies have tokens of the same characters that mean themselves, as the Ġ of a Maltese word.
    """

    __slots__ = ()


def shown_token(token: str) -> str:
    """A vocabulary's token as people read it: the text of one that is spelt in bytes, a space ▁, a new line ↵.

    >>> shown_token(ByteToken("Ġking")), shown_token(ByteToken("cafÃ©")), shown_token(ByteToken("Ã"))
    ('▁king', 'café', 'Ã')
    >>> shown_token("▁king"), shown_token("##ing"), shown_token("Ġurnata")
    ('▁king', '##ing', 'Ġurnata')
    """
    letters = byte_letters()
    if isinstance(token, ByteToken) and all(letter in letters for letter in token):
        with suppress(UnicodeDecodeError):  # half a letter, or a text that is none of bytes
            text = bytes(letters[letter] for letter in token).decode()
            token = text if all(each.isprintable() or each in "\n\t" for each in text) else token
    return token.replace(" ", SPACE_SIGN).replace("\n", "↵").replace("\t", "⇥")


def function_named(name: str, option: str, what: str) -> Callable[..., Any]:
    """A user's own function, named as ``module:function``; the module may stand in the working directory.

    Args:
        option: what it was given for, which errors name. what: the function that is meant, in a few words.

    Raises:
        InputError: there is no such module or function.
    """
    module, colon, function = name.partition(":")
    if not (colon and module and function.isidentifier()):
        raise InputError(f"{option} is '{name}'; it must be module:function, {what}")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        where = "" if error.name == module else f": it imports {error.name}, which is not there"
        raise InputError(f"{option} is '{name}': there is no module '{module}' that can be imported{where}") from error
    except (Exception, SystemExit) as error:  # a module runs when it is imported
        raise InputError(
            f"{option} is '{name}': importing {module} failed with {type(error).__name__}: {error}"
        ) from error
    made = getattr(found, function, None)
    if not callable(made):
        near = did_you_mean(function, [each for each in vars(found) if callable(getattr(found, each))])
        raise InputError(f"{option} is '{name}': {module} has no function '{function}'{near}")
    chosen: Callable[..., Any] = made
    return chosen
