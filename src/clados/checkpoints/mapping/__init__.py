"""Layouts applied: names, tensors and config keys of other programs as ours, and back. No file is read here."""
