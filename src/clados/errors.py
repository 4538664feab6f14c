"""The base of the errors that Clados raises on purpose: each says who, what is wrong, and what is allowed."""

_SEEDS = 2**63  # what numpy and torch both take


class CladosError(Exception):
    """Base of all; the command line prints it as one line and exits with 2."""


class InputError(CladosError, ValueError):
    """An argument of a function or a command that cannot be: names it, its value and what is allowed."""


class CladosWarning(UserWarning):
    """Base of the warnings that come with a result; the command line prints each as one line on stderr."""


# What Clados may need and does not install by itself: the extra that brings it.
EXTRAS = {
    "torch": "torch",
    "numpy": "torch",
    "safetensors": "torch",
    "tokenizers": "torch",
    "PIL": "torch",
    "gymnasium": "torch",
    "gguf": "gguf",
    "gemmi": "fold",
    "pyarrow": "parquet",
    "backports.zstd": "zstd",
    "tensorboard": "tensorboard",
    "llguidance": "constrain",
    "bm25s": "search",
    "pygame": "render",
    "sympy": "torch",
    "resvg_py": "pictures",
    "typst": "pictures",
    "torchmetrics": "finetune",
    "seqeval": "finetune",
    "sacrebleu": "finetune",
    "rouge_score": "finetune",
    "transformers": "verify",
    "starlette": "web",
    "uvicorn": "web",
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
    if not 0 <= seed < _SEEDS:
        raise InputError(f"seed is {seed}; it must be from 0 to 2**63 - 1")
