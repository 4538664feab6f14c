"""BART and its kin: encoder-decoders that restore damaged text."""
