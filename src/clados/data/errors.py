"""The error of data."""

from clados.errors import CladosError


class DataError(CladosError):
    """Data that cannot be read or used: the message names the path or value and what is allowed."""
