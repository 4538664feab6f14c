"""Gopher and the models DeepMind built on it."""
