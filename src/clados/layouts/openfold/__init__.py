"""Where OpenFold keeps a model's tensors, and the names that its configuration has for their sizes."""
