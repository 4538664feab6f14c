"""Training a saved model further: its weights, tokenizer and scales, on data of the same kind."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from clados import spec as s
from clados.checkpoints import from_pretrained
from clados.checkpoints.errors import CheckpointError
from clados.checkpoints.mapping.detect import slots
from clados.checkpoints.metadata import read_metadata
from clados.data.examples import DataError
from clados.data.roles import USUAL_NAMES
from clados.data.tokenizer import Tokenizer
from clados.errors import InputError
from clados.models.declared import declared, package_models
from clados.names import TOKEN_ROLES
from clados.nn.kinds.model import WholeModel
from clados.objectives import Batch
from clados.small import model_folder
from clados.train.fitting import Facts, FitContext, fit_model, headed

VOCABULARY_ROWS = re.compile(r"(^|\.)inputs\.tokens\.weight$|^heads\..*\.table\.(weight|bias)$")


@dataclass(frozen=True)
class Start:
    """What a run starts from.

    Attributes:
        model: its declaration.
        module: the weights, in float32; None for one that is planned and not trained yet.
        length: tokens or steps of the sequences that it was trained on; 0 when not known.
        checksum: SHA-256 of the weights.
        objective: what they learned; None where that is not known.
    """

    folder: Path
    model: s.Model
    module: nn.Module | None
    tokenizer: Tokenizer | None
    facts: Facts
    length: int
    checksum: str
    objective: s.Objective | None = None

    @property
    def most(self) -> int | None:
        """Tokens or steps that it has learned positions for; None for any number."""
        text, steps = self.model.reads(s.Tokens), self.model.reads(s.Trajectory) or self.model.reads(s.Frames)
        position = text.position if text else None
        most = position.length - position.start if isinstance(position, s.Learned) else None
        if binned := self.model.reads(s.Binned):
            return (binned.context + 1) // binned.step
        return steps.context if steps else most

    def fits(self, length: int) -> None:
        """Refuse sequences that are longer than the positions that it has learned.

        Raises:
            InputError: for these.
        """
        if self.most is not None and length > self.most:
            raise InputError(f"length is {length}; {self.folder} has positions for {self.most}")

    def reads(self, batch: Batch) -> None:
        """Refuse data of other shapes than it was made for.

        Raises:
            DataError: for these.
        """
        inputs, states = self.model.reads(s.Trajectory), batch.inputs.get("states")
        if inputs and states is not None and states.size(-1) != inputs.states:
            raise DataError(f"the data's states are {states.size(-1)} numbers; {self.folder} reads {inputs.states}")


def start(folder: Path, declaration: s.Declaration, stage: s.Stage, facts: Facts) -> Start:
    """A directory as the start of a stage.

    Args:
        declaration: whose stage it is; facts: of the data.

    Raises:
        CheckpointError: for files that are absent or damaged.
        InputError: the model is of another kind, or lacks a head that the objective needs.
        DataError: there is no tokenizer, or the data have other classes.
    """
    found = opened(folder, facts)
    folder, model = found.folder, found.model
    kinds = {type(declaration.model): None, type(_declared_start(stage) or declaration.model): None}
    if type(model) not in kinds:
        theirs, ours = type(model).__name__, " or ".join(kind.__name__ for kind in kinds)
        raise InputError(f"{folder}: its model is of the kind {theirs}; this objective trains the kind {ours}")
    needed = () if isinstance(stage, s.Tuning) else slots(headed(declaration.model, stage))
    if lacking := [slot for slot in needed if slot not in slots(model)]:
        raise InputError(f"{folder}: its model has no head '{lacking[0]}', which this objective trains")
    if folder.is_dir() and facts.classes and found.facts.classes != facts.classes:
        theirs, ours = _listed(found.facts.classes), _listed(facts.classes)
        raise DataError(f"{folder}: its classes are {theirs}; the data's are {ours}")
    return replace(found, facts=replace(found.facts, classes=facts.classes))


def opened(folder: Path, facts: Facts | None = None) -> Start:
    """A directory as a start, its classes and scales its own; ``facts`` where it says nothing of them.

    Raises:
        CheckpointError: for files that are absent or damaged.
        DataError: there is no tokenizer beside a model that reads text.
    """
    folder = model_folder(folder)
    module = from_pretrained(folder, dtype=torch.float32)
    model, tokenizer = module.spec, module.tokenizer
    if _reads_text(model) and tokenizer is None:
        raise DataError(f"{folder}: there is no tokenizer beside the weights, and the model reads text")
    if tokenizer and tokenizer.size > model.vocab.size:
        raise CheckpointError(f"{folder}: the tokenizer has {tokenizer.size} tokens, the model {model.vocab.size}")
    known = read_metadata(folder) if folder.is_dir() else None
    facts = Facts(known.labels, known.scales) if known else facts or Facts()
    length, objective = (known.length, known.objective) if known else (0, None)
    return Start(folder, model, module, tokenizer, facts, length, checksum_of(module), objective)


def _declared_start(stage: s.Stage) -> s.Model | None:
    """The declared model that a stage starts from; None where it is an earlier stage, or nothing."""
    card, _, size = stage.start.partition(":") if isinstance(stage, s.Tuning) else ("", "", "")
    return declared(card).at(size or None) if card in package_models() else None


# ---------------------------------------------------------------- what a tuned model has of its own


def grown(tokenizer: Tokenizer, vocab: s.Vocabulary, marks: Sequence[str], end: str) -> Tokenizer:
    """A tokenizer with the tokens that a tuned model has beside those of its start, the last ids being theirs.

    Args:
        vocab: the tuned model's, whose roles are to be played: by a token that has the same id there, or a new one.
        marks: tokens of an objective's own; end: the token that ends what is written, where that is another.
    """
    known, roles = tokenizer.vocabulary, dict(tokenizer.roles.named())
    wanted = {role: number for role in TOKEN_ROLES if (number := getattr(vocab, role)) is not None}
    for role, number in wanted.items():
        same = next((roles[other] for other, it in wanted.items() if it == number and other in roles), None)
        roles.setdefault(role, same or USUAL_NAMES[role])
    more = [each for each in dict.fromkeys([*roles.values(), *marks]) if each not in known]
    if end and end in {*known, *more}:
        roles["eos"] = end
    if not more and roles == tokenizer.roles.named():
        return tokenizer
    return tokenizer.grown(more, roles)


def tuned(
    paper: s.Model, stage: s.Stage, begun: Start, tokenizer: Tokenizer | None, examples: Sequence[Any] = ()
) -> s.Model:
    """The declared model at the size, with the positions and vocabulary of what it starts from, and the stage's head.

    Where what it starts from has another structure, it is that structure. What looks at images beside a text that
    starts from a language model is drawn anew, for the images of the examples.
    """
    context = FitContext((), tokenizer, begun.most or begun.length or 1, begun.facts)
    old = headed(begun.model, stage)
    if type(paper) is type(old) and (old.reads(s.Pixels) or paper.captions):
        return fit_model(old, context)  # its levels and norms fit its images
    own = headed(paper, stage).resized(old.size)
    if paper.captions:
        context = replace(context, examples=examples)
    made = own if tokenizer is None else _roomy(fit_model(own, context), old)
    same = type(paper) is not type(old) or _shapes(made) >= _shapes(old)
    if same or tokenizer is None:
        return made
    return _roomy(fit_model(old, context), old)


def _roomy(model: s.Model, old: s.Model) -> s.Model:
    """The model with a vocabulary at least as large as an older one's."""
    size = max(model.vocab.size, old.vocab.size)

    def change(inputs: s.Inputs) -> s.Inputs:
        return inputs.but(vocab=inputs.vocab.but(size=size)) if isinstance(inputs, s.Tokens) else inputs

    return model.adapted(change, lambda head: head)


def _shapes(model: s.Model) -> set[tuple[str, tuple[int, ...]]]:
    """Name and shape of each tensor but heads, the size of the vocabulary left out."""
    vocab_size = model.vocab.size if _reads_text(model) else -1
    rows = [row for row in s.rows(model) if not row.path.startswith("heads.")]
    return {(row.path, tuple(0 if n == vocab_size else n for n in row.shape)) for row in rows}


@torch.no_grad()
def take_weights(model: WholeModel, begun: Start) -> None:
    """Put the weights of a start into a model, by their names; rows of new tokens are the mean of the others.

    (``smart_tokenizer_and_embedding_resize`` of tatsu-lab/stanford_alpaca.) That of a new end of texts is the old
    one's: what ended them is known. Heads that the start lacks stay as drawn.

    Raises:
        InputError: for a start that is planned only, or of which the model has nothing.
    """
    if begun.module is None:
        raise InputError(f"{begun.folder}: what this stage starts from is not trained yet")
    old, taken, ends = begun.module.state_dict(), 0, _new_end(begun, model.spec)
    for name, tensor in model.state_dict().items():
        names = name, model.spec.plain_name(name), name.replace("stack.", "encoder.", 1)
        source = next((old[each] for each in names if each in old), None)
        if source is None or source.shape[1:] != tensor.shape[1:] or len(source) > len(tensor):
            continue
        tensor[: len(source)] = source
        tensor[len(source) :] = source.mean(0)
        if ends and VOCABULARY_ROWS.search(name):
            tensor[ends[1]] = source[ends[0]]
        taken += 1
    if not taken:
        raise InputError(f"{begun.folder}: it has no tensor that this model has")


def _new_end(begun: Start, model: s.Model) -> tuple[int, int] | None:
    """The tokens that end a text, of a start and of a model in which that is a new one; else None."""
    if begun.tokenizer is None or not _reads_text(model) or model.vocab.eos is None:
        return None
    end = begun.tokenizer.ids.get("eos")
    return None if end is None or model.vocab.eos < begun.tokenizer.size else (end, model.vocab.eos)


def _reads_text(model: s.Model) -> bool:
    try:
        return bool(model.vocab)
    except s.SpecError:
        return False


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "") or "not known"


def checksum_of(module: nn.Module) -> str:
    """SHA-256 of a module's weights."""
    found = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        found.update(name.encode() + value.numpy().tobytes())
    return found.hexdigest()
