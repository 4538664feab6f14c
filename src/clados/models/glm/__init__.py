"""GLM: blanks filled in by a decoder."""
