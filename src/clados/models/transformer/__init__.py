"""The original Transformer."""
