"""The proofs of a model: what must be true before it counts as working. ``clados verify`` shows them."""

from clados.proofs.proof import PROOFS, Finding, Proof, Status, Subject, prove, subjects

__all__ = ["PROOFS", "Finding", "Proof", "Status", "Subject", "prove", "subjects"]
