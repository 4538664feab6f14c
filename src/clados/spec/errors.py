"""The errors that Clados raises on purpose: each says who, what is wrong, and what is allowed."""

from clados.errors import CladosError as CladosError


class SpecError(CladosError, ValueError):
    """A declaration that cannot be: raised where it is written, never later."""
