"""Attention: what positions read of each other."""
