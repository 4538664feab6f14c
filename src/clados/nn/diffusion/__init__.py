"""What the parts of diffusion compute."""
