"""What joins images to a text that is written."""
