"""Diffusion: how noise is added to what is learned, and how it is taken away step by step."""
