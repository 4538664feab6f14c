"""Objectives, in files of the names of those in ``clados.objectives`` that run."""
