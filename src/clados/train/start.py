"""Training a saved model further: its weights, tokenizer and scales, on data of the same kind."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from clados import spec as s
from clados.checkpoints import from_pretrained
from clados.checkpoints.errors import CheckpointError
from clados.checkpoints.mapping.detect import slots
from clados.checkpoints.metadata import read_metadata
from clados.data.examples import DataError
from clados.data.tokenizer import Tokenizer
from clados.errors import InputError
from clados.objectives import Batch
from clados.train.fitting import Facts, headed


@dataclass(frozen=True)
class Start:
    """What a run starts from.

    Attributes:
        module: the weights, in float32.
        length: tokens or steps of the sequences that it was trained on; 0 when not known.
        checksum: SHA-256 of the weights.
    """

    folder: Path
    module: nn.Module
    tokenizer: Tokenizer | None
    facts: Facts
    length: int
    checksum: str

    @property
    def model(self) -> s.Model:
        """Its declaration."""
        found: s.Model = self.module.spec  # type: ignore[assignment]
        return found

    def fits(self, length: int) -> None:
        """Refuse sequences that are longer than the positions that it has learned.

        Raises:
            InputError: for these.
        """
        text, steps = self.model.reads(s.Tokens), self.model.reads(s.Trajectory) or self.model.reads(s.Frames)
        position = text.position if text else None
        most = position.length - position.start if isinstance(position, s.Learned) else length
        most = steps.context if steps else most
        if length > most:
            raise InputError(f"length is {length}; {self.folder} has positions for {most}")

    def reads(self, batch: Batch) -> None:
        """Refuse data of other shapes than it was made for.

        Raises:
            DataError: for these.
        """
        inputs, states = self.model.reads(s.Trajectory), batch.inputs.get("states")
        if inputs and states is not None and states.size(-1) != inputs.states:
            raise DataError(f"the data's states are {states.size(-1)} numbers; {self.folder} reads {inputs.states}")


def start(folder: Path, declaration: s.Declaration, facts: Facts) -> Start:
    """A directory as the start of a run.

    Args:
        declaration: whose objective it is to learn further; facts: of the data.

    Raises:
        CheckpointError: for files that are absent or damaged.
        InputError: the model is of another kind, or lacks a head that the objective needs.
        DataError: there is no tokenizer, or the data have other classes.
    """
    module = from_pretrained(folder, dtype=torch.float32)
    model, tokenizer = module.spec, module.tokenizer
    if type(model) is not type(declaration.model):
        theirs, ours = type(model).__name__, type(declaration.model).__name__
        raise InputError(f"{folder}: its model is of the kind {theirs}; this objective trains the kind {ours}")
    needed = slots(headed(declaration, declaration.model))
    if lacking := [slot for slot in needed if slot not in slots(model)]:
        raise InputError(f"{folder}: its model has no head '{lacking[0]}', which this objective trains")
    if _reads_text(model) and tokenizer is None:
        raise DataError(f"{folder}: there is no tokenizer beside the weights, and the model reads text")
    if tokenizer and tokenizer.size > model.vocab.size:
        raise CheckpointError(f"{folder}: the tokenizer has {tokenizer.size} words, the model {model.vocab.size}")
    known = read_metadata(folder) if folder.is_dir() else None
    if known and facts.classes and known.labels != facts.classes:
        raise DataError(f"{folder}: its classes are {_listed(known.labels)}; the data's are {_listed(facts.classes)}")
    facts = replace(facts, scales=known.scales) if known else facts
    return Start(folder, module, tokenizer, facts, known.length if known else 0, checksum_of(module))


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
