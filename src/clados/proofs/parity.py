"""Proof ``parity``: ours equals its references, in numbers, gradients and files, cached and compiled."""

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.checkpoints import LayoutError, from_pretrained, save_pretrained
from clados.checkpoints.mapping.config import plain, to_config
from clados.checkpoints.mapping.detect import is_directory, slots
from clados.checkpoints.mapping.names import is_unused, places, twins
from clados.checkpoints.mapping.values import each_of
from clados.proofs.cases import (
    ModelInputs,
    first_example,
    small_port,
    structures,
    unpadded,
    variations,
    without_capacity,
)
from clados.proofs.diffusers_reference import Pipeline
from clados.proofs.file_references import Golden, Transformers
from clados.proofs.kept_references import kept_references
from clados.proofs.layout_references import GOLDEN, REFERENCES, reference, with_heads
from clados.proofs.oracles import oracles
from clados.proofs.proof import Finding, Subject
from clados.proofs.references import OracleReference, Reference, input_gradients, loss_of, with_gradients

TOLERANCE = 2e-5  # of the largest value
INVISIBLE = re.compile(
    r"(^|\.)(init|dropout|vocab\.\w+|warmest|temperature|context)(\.|$)"
)  # fields that change no output
BOTH = "files both ways"
BACK = "files read and written back to the byte"  # where the reference's code is not here to read ours
LEAST = 1e-2  # of the largest gradient: below it, gradients are compared with that


class Unequal(Exception):  # noqa: N818 (a finding, not a fault of the program)
    """Two models that should be equal are not; says where and by how much."""


@dataclass(frozen=True)
class Case:
    """A reference, the published size whose structure is compared with it, and what is varied of the size."""

    size: str
    variation: str
    reference: Reference
    declared: s.Model  # small, without the port


ComparisonRow = dict[str, Any]
COMPARED: dict[str, ComparisonRow] = {}  # by ``comparison_key``: a tuned model often is its parent once both are small


def comparison_key(case: Case) -> str:
    """All that a comparison rests on: the model, its reference, and the layout or the oracle (its card too)."""
    reference = case.reference
    behind = reference.oracle if isinstance(reference, OracleReference) else getattr(reference, "layout", None)
    return repr((case.declared, reference.name, reference.model, behind))


@contextmanager
def cases(card: str, declaration: s.Declaration, *, usual: bool = False) -> Iterator[list[Case]]:
    """Every reference of a declaration's structures; oracles first, for they follow the paper, not a port.

    Args:
        usual: without variations of the size.
    """
    with tempfile.TemporaryDirectory() as folder:
        yield list(_cases(card, declaration, Path(folder), usual=usual))


def _cases(card: str, declaration: s.Declaration, folder: Path, *, usual: bool) -> Iterator[Case]:
    for name, model in structures(declaration).items():
        for oracle in oracles(card, model):
            for variation, each in _varied(model, dict.fromkeys(oracle.sizes), usual=usual):
                yield Case(name, variation, OracleReference(card, oracle, each), each)
        for kept in kept_references(card, name, model):
            yield Case(name, "", kept, model)
        for i, layout in enumerate(map(small_port, declaration.layouts)):
            if not _places(layout, model):
                continue
            for variation, each in _varied(model, _paths(layout), usual=usual or layout.model_type in GOLDEN):
                where = folder / f"{name}-{variation}-{i}".replace("/", "-").replace(" ", "-")
                yield Case(name, variation, reference(card, layout, with_heads(layout, each), where), each)


def idle(declaration: s.Declaration) -> list[str]:
    """The declared directories, by their model_type, that no declared structure can be written in.

    Not those of tuned classes and bodies alone (T5ForSequenceClassification, T5Model), where no declared head has a
    place: what is written of them is compared where they are tuned.
    """
    every = structures(declaration).values()
    headed = [each for each in declaration.layouts if not each.tuned or any(each.architectures.values())]
    named = [each for each in headed if is_directory(each) or each.model_type in REFERENCES]
    return [each.model_type for each in named if not any(_places(small_port(each), model) for model in every)]


def _varied(model: s.Model, fields: Mapping[str, object], *, usual: bool) -> list[tuple[str, s.Model]]:
    every = list(variations(model, fields))
    return every[:1] if usual else every


def _paths(layout: s.Layout) -> dict[str, None]:
    hows = (how for said in layout.config.values() for how in each_of(said))
    return dict.fromkeys(how.path if isinstance(how, s.KeyRule) else how for how in hows)


def _places(layout: s.Layout, model: s.Model) -> bool:
    """Whether a layout holds this structure."""
    if ":" in layout.model_type:
        return False
    try:
        ported = with_heads(layout, model)
        to_config(layout, ported)
        headed = bool(slots(ported)) or not slots(model)  # a class with one of its heads
        return headed and bool(places(layout, ported))
    except (LayoutError, s.SpecError):
        return False


# ---------------------------------------------------------------- the proof


def prove_parity(subject: Subject) -> Finding:
    """Every reference of every structure; the largest relative differences are the evidence."""
    rows: list[dict[str, Any]] = []
    with cases(subject.card.id, subject.declaration) as every:
        done: set[str] = set()  # structures that were compiled
        for case in every:
            rows.append(_row(case, compiles=case.size not in done))
            done.add(case.size)
    without = structures(subject.declaration).keys() - done
    faults = [f"{row['size']} against {row['reference']}: {row['fault']}" for row in rows if row["fault"]]
    faults += [f"{name} holds none of the structures" for name in idle(subject.declaration)]
    if not rows and not faults:
        return Finding("missing", "no reference to compare with: no layout that transformers reads, and no oracle")
    faults += [f"{name}: no reference" for name in sorted(without)]
    if faults:
        return Finding("fails", "; ".join(faults), tuple(rows))
    names = list(dict.fromkeys(row["reference"] for row in rows))
    worst = {what: max(row[what] for row in rows) for what in ("outputs", "gradients")}
    checks = list(dict.fromkeys(check for row in rows for check in row["checks"]))
    evidence = f"{len(rows)} comparisons with {', '.join(names)}: outputs within {worst['outputs']:.0e}"
    others = dict.fromkeys(row["of"] for row in rows if row["of"] != subject.card.id)
    again = f"; the same structure as {', '.join(others)}" if others else ""
    return Finding("holds", f"{evidence}, gradients {worst['gradients']:.0e}; {', '.join(checks)}{again}", tuple(rows))


def _row(case: Case, *, compiles: bool) -> ComparisonRow:
    """One comparison; its result is cached by ``comparison_key``."""
    key = f"{comparison_key(case)} {compiles}"
    if key not in COMPARED:
        COMPARED[key] = _compared(case, compiles)
    name = f"{case.size}, {case.variation}" if case.variation else case.size
    return {"size": name, **COMPARED[key]}


def _compared(case: Case, compiles: bool) -> ComparisonRow:
    row: ComparisonRow = {"of": case.reference.card, "reference": case.reference.name, "fault": "", "checks": []}
    try:
        row["outputs"], row["gradients"] = compare_results(case.reference)
        if isinstance(case.reference, Golden | Transformers | Pipeline):
            check_files(case.reference)
            row["checks"].append(BACK if isinstance(case.reference, Golden) else BOTH)
        model = case.reference.filled(case.reference.model)
        if can_cache(case.reference.model):
            compare_cached(case.reference.filled(without_capacity(case.reference.model)), case.reference.inputs)
            row["checks"].append("cached = full")
        if compiles:
            compare_compiled(model, case.reference.inputs)
            row["checks"].append("fullgraph = eager")
    except Unequal as unequal:
        row["fault"] = str(unequal)
    return row


# ---------------------------------------------------------------- numbers


def compare_results(reference: Reference, *, near: float = TOLERANCE) -> tuple[float, float]:
    """The largest relative differences of outputs and of gradients.

    Raises:
        Unequal: when one is out of tolerance.
    """
    ours, read = reference.filled(reference.model), with_gradients(reference.inputs)
    outputs = {name: tensor for name, tensor in ours(**read).items() if name in reference.results.outputs}
    if lacking := reference.results.outputs.keys() - outputs.keys():
        raise Unequal(f"no output {', '.join(sorted(lacking))}")
    apart = {name: distance(unpadded(read, each), reference.results.outputs[name]) for name, each in outputs.items()}
    _within(apart, near, "output")
    if isinstance(reference, OracleReference):
        return max(apart.values()), _slopes(reference, ours)
    loss_of(outputs, read).backward()
    gradients = {name: _or_zeros(each) for name, each in ours.named_parameters()}
    least = LEAST * max(float(each.abs().max()) for each in reference.results.gradients.values())
    steep = {name: distance(each, reference.results.gradients[name], least) for name, each in gradients.items()}
    steep |= {
        name: distance(each, reference.results.input_gradients[name]) for name, each in input_gradients(read).items()
    }
    _within(steep, near, "gradient of")
    return max(apart.values()), max(steep.values())


def distance(ours: Tensor, theirs: Tensor, least: float = 0.0) -> float:
    """The largest difference, relative to the largest value (or to ``least``); infinite for another shape, or none."""
    if ours.shape != theirs.shape or not all(bool(each.isfinite().all()) for each in (ours, theirs)):
        return float("inf")
    scale = max(float(theirs.abs().max()), least, 1e-30)
    return float((ours.detach().double() - theirs.double()).abs().max()) / scale


def _within(apart: Mapping[str, float], near: float, what: str) -> None:
    if not apart:
        raise Unequal(f"nothing to compare: {what}")
    if beyond := {name: most for name, most in apart.items() if not most <= near}:  # what is no number is not within
        name, most = max(beyond.items(), key=lambda each: each[1])
        raise Unequal(f"{what} {name} differs by {most:.1e}")


def _or_zeros(parameter: Tensor) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _slopes(reference: OracleReference, ours: nn.Module) -> float:
    """Our gradients along a random direction of each tensor, in float64, against the oracle's differences."""
    draw = torch.Generator().manual_seed(5)
    outputs = ours.double()(**with_gradients(reference.brief, torch.float64))
    learned = {name: outputs[name] for name in reference.results.outputs if outputs[name].requires_grad}
    loss_of(learned, reference.brief).backward()
    gradients = {name: _or_zeros(each) for name, each in ours.named_parameters()}
    largest = max(float(each.norm()) for each in gradients.values())
    apart = {}
    for name, gradient in gradients.items():
        direction = torch.randn(gradient.shape, generator=draw, dtype=torch.float64)
        along = float((gradient * direction).sum())
        scale = max(float(gradient.norm()), LEAST * largest)
        apart[name] = abs(along - reference.slope(name, direction, learned)) / scale
    _within(apart, TOLERANCE, "gradient of")
    return max(apart.values())


# ---------------------------------------------------------------- files


def check_files(reference: Golden | Transformers | Pipeline) -> None:
    """Read through their files, written back: the same bytes under the same names, and their model loads them.

    Raises:
        Unequal: when anything is lost or changed.
    """
    ours: Any = from_pretrained(reference.folder)
    if not ours.report.verdict.startswith("whole"):
        raise Unequal(f"report: {ours.report.verdict}")
    expected = dict(reference.filled(reference.model).named_parameters())
    for path, one, other in s.part_differences(plain(reference.model), ours.spec):
        if not INVISIBLE.search(path):
            raise Unequal(f"{path} read back from the config as {other!r}, not {one!r}")
    if any(not torch.equal(each, ours.get_parameter(name)) for name, each in expected.items()):
        raise Unequal("tensors read through the config are not those of the declaration")
    with tempfile.TemporaryDirectory() as folder:
        save_pretrained(ours, folder)
        _same_bytes(reference, Path(folder))
        if isinstance(reference, Golden):
            return  # their code is not here to read what we wrote
        read, results = reference.inputs, reference.results.outputs
        outputs = reference.call(read, reference.loaded(Path(folder)))
        apart = {name: distance(unpadded(read, each), results[name]) for name, each in outputs.items()}
        _within(apart, TOLERANCE, "their output from our files,")


def _same_bytes(reference: Golden | Transformers | Pipeline, folder: Path) -> None:
    """Every tensor of theirs with the same bytes; tied seconds and what a rule folds away aside."""
    theirs, ours = (
        {name: each.read() for name, each in reference.tensors(place).items()} for place in (reference.folder, folder)
    )
    folded = {
        name
        for rule in reference.layout.rules.values()
        if isinstance(rule, s.PlusRow)
        for full in (rule.name, rule.plus)
        for name in (full, full.removeprefix(reference.layout.prefix))
    }
    aside = {name for name in theirs if is_unused(reference.layout, name)}
    tied = twins(reference.layout, places(reference.layout, reference.model), alone=False)
    known = theirs.keys() - tied.keys() - folded - aside
    if odd := sorted(known ^ (ours.keys() - folded - aside)):
        raise Unequal(f"'{odd[0]}' is in one of the two files only")
    for name in known:
        if theirs[name].dtype != ours[name].dtype or not torch.equal(theirs[name], ours[name]):
            raise Unequal(f"'{name}' came back with other bytes")


# ---------------------------------------------------------------- cached, compiled


def can_cache(model: s.Model) -> bool:
    """Whether a model generates token by token."""
    return isinstance(model, s.Decoder | s.EncoderDecoder) and isinstance(model.inputs, s.Tokens)


@torch.inference_mode()
def compare_cached(model: Any, read: ModelInputs) -> None:
    """The same outputs in one pass, and after a start of five tokens, token by token.

    Raises:
        Unequal: when they differ.
    """
    read = first_example(read)
    name = "decoder_input_ids" if "decoder_input_ids" in read else "input_ids"
    length = min(read[name].size(1), 24)
    source = {"input_ids": read["input_ids"]} if name == "decoder_input_ids" else {}
    text = {each: read[each][:, :length] for each in ("position_ids", name) if each in read}
    full = model(**source, **text).last_hidden_state
    cache = model.cache(1, length)
    edges = [0, *range(5, length + 1)]
    pieces = [{each: tensor[:, start:end] for each, tensor in text.items()} for start, end in pairwise(edges)]
    stepwise = torch.cat([model(**source, **piece, cache=cache).last_hidden_state for piece in pieces], 1)
    _within({"last_hidden_state": distance(stepwise, full)}, TOLERANCE, "cached")


def compare_compiled(model: nn.Module, read: ModelInputs) -> None:
    """The same outputs when compiled as one graph.

    Raises:
        Unequal: when they differ.
    """
    torch._dynamo.reset()
    made: Callable[..., Any] = torch.compile(model, backend="eager", fullgraph=True)
    with torch.no_grad():
        eager, graph = model(**read), made(**read)
    apart = {name: distance(unpadded(read, graph[name]), unpadded(read, eager[name])) for name in eager}
    _within(apart, TOLERANCE, "compiled")
