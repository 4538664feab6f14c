"""What a layer does with each position by itself."""
