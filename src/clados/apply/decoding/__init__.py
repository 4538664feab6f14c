"""Decoding: from the scores of what may follow to a text. ``clados.apply.generate`` puts the pieces together."""
