"""OpenCLIP's layouts."""
