"""What turns as its points turn: features of several degrees, and what makes some of others (Fuchs et al. 2020)."""
