"""What each model is (a declaration in Python) and what is known of it (a card in TOML), a folder a family."""

from pathlib import Path

FOLDER = Path(__file__).parent
