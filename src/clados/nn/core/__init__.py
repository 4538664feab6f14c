"""What every module is made of."""
