"""Tests of what is tried on models."""
