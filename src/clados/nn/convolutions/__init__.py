"""What networks of convolutions compute."""
