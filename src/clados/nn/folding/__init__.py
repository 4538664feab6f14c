"""What a model that folds proteins computes. Shapes: an alignment is [batch, rows, length, d]."""
