"""The base of the errors that Clados raises on purpose: each says who, what is wrong, and what is allowed."""

from collections.abc import Iterable

SEEDS = 2**63  # what numpy and torch both take
NEAR = 0.7  # how like two words are of which one may be meant by the other (difflib's ratio)


class CladosError(Exception):
    """Base of all; the command line prints it as one line and exits with 2."""


class InputError(CladosError, ValueError):
    """An argument of a function or a command that cannot be: names it, its value and what is allowed."""


class CladosWarning(UserWarning):
    """Base of the warnings that come with a result; the command line prints each as one line on stderr."""


def nearest(word: str, known: Iterable[str], least: float = NEAR) -> str | None:
    """The known word that is most like another, whatever the case of letters; None where none is near.

    Args:
        least: how like they must be, from 0 to 1.
    """
    import difflib

    spelt = {each.casefold(): each for each in reversed([*known])}  # of two that differ in case, the first
    close = difflib.get_close_matches(word.casefold(), spelt, 1, least)
    return spelt[close[0]] if close else None


# What Clados may need and does not install by itself: the extra that brings it.
EXTRAS = {
    "torch": "torch",
    "numpy": "torch",
    "safetensors": "torch",
    "tokenizers": "torch",
    "PIL": "torch",
    "gymnasium": "torch",
    "gguf": "gguf",
    "pyarrow": "parquet",
    "tensorboard": "tensorboard",
    "transformers": "verify",
}


class MissingPackageError(CladosError, ImportError):
    """A package is needed that is not installed; says how it is."""


def how_to_install(package: str) -> str:
    """Which extra brings a package of ``EXTRAS``, and how it is installed."""
    extra = EXTRAS[package]
    return f"comes with clados[{extra}]; in your clone of Clados: pip install -e '.[{extra}]'"


def missing(error: ModuleNotFoundError) -> MissingPackageError:
    """The error for a package that an extra brings.

    Raises:
        ModuleNotFoundError: the error itself, where no extra brings what is missing.
    """
    name = (error.name or "").partition(".")[0]
    if name not in EXTRAS:
        raise error
    return MissingPackageError(f"this needs {name}, which is not installed and {how_to_install(name)}")


def check_seed(seed: int) -> None:
    """Refuse a seed that no random generator takes.

    Raises:
        InputError: when it is below 0 or too large.
    """
    if not 0 <= seed < SEEDS:
        raise InputError(f"seed is {seed}; it must be from 0 to 2**63 - 1")
