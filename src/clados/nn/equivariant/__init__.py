"""What turns as its points turn (Fuchs et al. 2020)."""
