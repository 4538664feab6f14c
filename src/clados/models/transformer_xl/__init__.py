"""Transformer-XL and XLNet: memory and relative positions."""
