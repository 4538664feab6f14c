"""The cards as a collection: load, check, ask, compare, export, and their lines of descent."""
