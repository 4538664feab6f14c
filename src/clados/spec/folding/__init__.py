"""What a model that folds proteins is made of (Jumper et al. 2021)."""
