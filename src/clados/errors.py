"""The base of the errors that Clados raises on purpose: each says who, what is wrong, and what is allowed."""

SEEDS = 2**63  # what numpy and torch both take


class CladosError(Exception):
    """Base of all; the command line prints it as one line and exits with 2."""


def check_seed(seed: int) -> None:
    """Refuse what no generator takes.

    Raises:
        CladosError: for a seed below 0 or too large.
    """
    if not 0 <= seed < SEEDS:
        raise CladosError(f"seed is {seed}; it must be from 0 to 2**63 - 1")
