"""Files of each kind: their config and their tensors, each read when it is asked for."""
