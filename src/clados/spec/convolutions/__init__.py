"""Networks of convolutions that turn an image into states."""
