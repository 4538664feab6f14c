"""USE: what a trained model does for its user."""
