"""The kinds of whole model: what a model holds, and what it gives its parts."""
