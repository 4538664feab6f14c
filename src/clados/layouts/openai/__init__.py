"""Layouts of OpenAI's own code."""
