"""Models of points in space."""
