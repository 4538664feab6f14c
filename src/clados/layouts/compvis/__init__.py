"""Names of tensors in the files of CompVis' latent diffusion."""
