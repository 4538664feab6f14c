"""The base of the errors that Clados raises on purpose: each says who, what is wrong, and what is allowed."""


class CladosError(Exception):
    """Base of all; the command line prints it as one line and exits with 2."""
