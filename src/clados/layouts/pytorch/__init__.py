"""Modules of torch.nn, in memory."""
