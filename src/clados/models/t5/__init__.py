"""T5 and its descendants: text to text with relative position biases."""
