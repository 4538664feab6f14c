"""What the authors' own data code gives, and how it was made: ``make.py``."""
