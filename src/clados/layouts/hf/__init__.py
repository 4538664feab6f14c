"""Directories of transformers: config.json and the tensors beside it."""
