"""What the parts of networks over images compute."""
