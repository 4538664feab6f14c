"""Images from text: diffusion models and DALL-E."""
