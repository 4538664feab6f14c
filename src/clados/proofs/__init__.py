"""The proofs of a model: what must be true before it counts as working. ``clados verify`` shows them."""

from clados.proofs.proof import PROOFS, Finding, Proof, Proofs, Status, Subject
from clados.proofs.proving import prove, subjects, verify

__all__ = ["PROOFS", "Finding", "Proof", "Proofs", "Status", "Subject", "prove", "subjects", "verify"]
