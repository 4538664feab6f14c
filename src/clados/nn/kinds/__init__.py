"""The kinds of whole model."""
