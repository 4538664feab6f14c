"""The version of Clados."""

__version__ = "0.2.0"
