"""What the parts that join images to a text compute."""
