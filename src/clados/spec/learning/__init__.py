"""What a model learns, and how."""
