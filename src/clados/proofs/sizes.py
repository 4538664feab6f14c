"""Proof ``sizes``: every published size is declared, and counted to the unit."""

from typing import Any

import torch

from clados import nn
from clados.catalog.card import CardSize
from clados.catalog.counts import EQUAL, FITTED, ROUNDED, basis_of, rounds, totalled, whole_number
from clados.proofs.proof import Finding, Subject
from clados.spec import Declaration, Model, count_parameters

UNEXPLAINED = "not explained"  # what a card says of a label that nothing published gives


def prove_sizes(subject: Subject) -> Finding:
    """Declared = published; ledger = module on the meta device = the reference's count; labels rounded or explained."""
    declaration, published = subject.declaration, {size.name: size for size in subject.card.sizes}
    rows = [_row(declaration, size) for size in published.values()]
    faults = [f"{row['size']}: {row['fault']}" for row in rows if row["fault"]]
    faults += [f"{name}: declared, not on the card" for name in declaration.sizes if name not in published]
    declared = [row for row in rows if row["computed"] is not None]
    if not declared:
        faults.append("no published size is declared")
    if faults:
        return Finding("fails", f"{len(faults)} of {len(rows)} sizes: {'; '.join(faults[:3])}", tuple(rows))
    exact = sum(row["why"].startswith(EQUAL) for row in declared)
    absent = [row["size"] for row in rows if row["computed"] is None]
    evidence = f"{len(declared)} of {len(rows)} sizes declared, ledger = module to the unit"
    loose = [row["size"] for row in declared if UNEXPLAINED in row["why"]]
    explained = sum(not row["why"].startswith(EQUAL) and row["size"] not in loose for row in declared)
    evidence += f"; {exact} equal the reference's count, {explained} explained"
    evidence += f"; {len(loose)} label{'s' * (len(loose) > 1)} not explained: {', '.join(loose)}" if loose else ""
    evidence += f"; missing: {', '.join(absent)} (no published shape, or no parts for it yet)" if absent else ""
    return Finding("holds", evidence, tuple(rows))


def _row(declaration: Declaration, size: CardSize) -> dict[str, Any]:
    """What is published of a size, what is computed, by how much they differ and why."""
    label, exact = whole_number(size.label), whole_number(size.exact)
    row = {"size": size.name, "label": label, "reference": exact, "computed": None, "difference": None, "fault": ""}
    if size.name not in declaration.sizes:
        fault = "" if foreign(size) else "its shape is published, and it is not declared"
        return row | {"why": fault or "not declared: another structure", "fault": fault}
    model = declaration.models()[size.name]
    total = totalled(model, _basis(size))
    row |= {"computed": total, "difference": None if exact is None else total - exact}
    if (built := _built(model)) != (counted := count_parameters(model).total):
        return row | {"why": "", "fault": f"the module has {built:,} parameters, the ledger {counted:,}"}
    why = _why(declaration, size, model, total)
    return row | {"why": why, "fault": "" if why else f"{total:,} against {exact or label:,}, unexplained"}


def _why(declaration: Declaration, size: CardSize, model: Model, total: int) -> str:
    """How the count agrees with what is published, or why not; empty when nothing says so."""
    exact, label = whole_number(size.exact), whole_number(size.label)
    if exact is None:
        fits = label is None or rounds(totalled(model, basis_of(size.basis)), label)
        agreeing = FITTED if size.assumed else ROUNDED
        return (agreeing if label else "no figure is published") if fits else size.why
    if total == exact:
        return _labelled(size, model, label, total)
    for layout in declaration.layouts:
        if layout.port and totalled(model.but(**layout.port), _basis(size)) == exact:
            return f"the reference's count is that of its port ({layout.model_type}), to the unit"
    explained = size.why or size.exact_basis.partition(",")[2].strip() or (size.exact.note if size.exact else "")
    return f"{total - exact:+,}: {explained}" if explained else ""


def _labelled(size: CardSize, model: Model, label: int | None, total: int) -> str:
    if label is None or rounds(totalled(model, basis_of(size.basis)), label):
        return EQUAL
    return f"{EQUAL}; {size.why}" if size.why else ""


def foreign(size: CardSize) -> bool:
    """Whether the shape is not one of layers and widths or degrees, of levels or stages of images, or is not known."""
    words = ("layers d_model", "layers degrees", "enc_layers d_model", "channels res_blocks", "blocks width")
    return not any(set(each.split()) <= set(size.shape) for each in words)


def _basis(size: CardSize) -> str:
    return basis_of(size.exact_basis if whole_number(size.exact) is not None else size.basis)


def _built(model: Model) -> int:
    """Parameters of the module, nothing allocated.

    Raises:
        SpecError: when a part has no module.
    """
    with torch.device("meta"):
        return sum(each.numel() for each in nn.module(model).parameters())
