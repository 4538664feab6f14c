"""LLaMA and the models tuned from it."""
