"""Proof ``adapts``: the later stages of a recipe move what they are meant to move."""

from clados.proofs.proof import Finding, Subject


def prove_adapts(subject: Subject) -> Finding:
    """Nothing to prove where a recipe has one stage; later stages cannot be trained yet."""
    later = [stage.name for stage in subject.declaration.recipe.stages[1:]]
    if not later:
        return Finding("not applicable", "its recipe has one stage")
    return Finding("missing", f"no measure yet for {', '.join(later)}")
