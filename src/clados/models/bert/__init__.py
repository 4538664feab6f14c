"""BERT and the encoders that descend from it."""
