"""References of models that nobody keeps in files: what somebody else's code once gave, under our names."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn

from clados import spec as s
from clados.proofs.cases import ModelInputs, unpadded
from clados.proofs.references import Reference, Results, with_weights

KEPT_FOLDERS: Mapping[tuple[str, str], str] = {  # by card and size: the folder in ``golden``
    ("se3-transformer", "n-body"): "se3_transformer",
    ("se3-transformer", "qm9"): "se3_transformer_qm9",
}


class KeptReference(Reference):
    """A small model's tensors, what it read and gave, and its gradients.

    ``scripts/golden_<card>.py`` says which code, and writes: model.safetensors, inputs.safetensors (one call),
    outputs.safetensors, gradients/model.safetensors (of the weighted sum of the outputs, as ``loss_of`` has it),
    gradients/inputs.safetensors, and made_by.txt.
    """

    def __init__(self, card: str, model: s.Model, folder: Path) -> None:
        self.card, self.model, self.port, self.folder = card, model, s.but(), folder
        self.name = f"{(folder / 'made_by.txt').read_text(encoding='utf-8').strip()}, kept"

    @cached_property
    def inputs(self) -> ModelInputs:
        return self._read("inputs")

    @cached_property
    def results(self) -> Results:
        outputs = {name: unpadded(self.inputs, each) for name, each in self._read("outputs").items()}
        return Results(outputs, self._read("gradients/model"), self._read("gradients/inputs"))

    def filled(self, model: s.Model) -> nn.Module:
        return with_weights(model, self._read("model"))

    def _read(self, name: str) -> dict[str, Tensor]:
        found: dict[str, Tensor] = load_file(self.folder / f"{name}.safetensors")
        return found


def kept_references(card: str, size: str, model: s.Model) -> Iterator[KeptReference]:
    """What is kept of a structure of a card, named by its first size."""
    if (card, size) in KEPT_FOLDERS:
        yield KeptReference(card, model, Path(__file__).parent / "golden" / KEPT_FOLDERS[card, size])
