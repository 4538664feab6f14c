"""Models that fold proteins."""
