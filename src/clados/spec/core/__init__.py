"""What every declaration is made of."""
