"""The reference of models that give a text's vector."""

import json
from functools import cached_property
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from clados.checkpoints.formats import sentence_transformers
from clados.checkpoints.formats.sentence_transformers import EmbeddingSettings
from clados.checkpoints.mapping.modules import is_apart
from clados.checkpoints.mapping.names import embedding, places
from clados.proofs.cases import ModelInputs
from clados.proofs.file_references import Transformers


class Embedder(Transformers):
    """A class of transformers, and what sentence-transformers does with its states: mean, product, unit length."""

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"{super().name} and the mean of its states"

    @cached_property
    def products(self) -> dict[str, Tensor]:
        """The weights of the folders, none or one."""
        shapes = {name: place for place in places(self.layout, self.model) for name in place.names}
        return {
            name: torch.empty(place.row.shape, requires_grad=True) for name, place in shapes.items() if is_apart(name)
        }

    @cached_property
    def weights(self) -> dict[str, Tensor]:
        return {**super().weights, **self.products}

    def save(self, folder: Path) -> None:
        super().save(folder)
        head = embedding(self.model)
        assert head is not None  # whoever calls has seen it
        for name, content in sentence_transformers.files(head, self.model.size.d_model, EmbeddingSettings()).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(json.dumps(content), encoding="utf-8")
        products = {name: each.detach().contiguous() for name, each in self.products.items()}
        sentence_transformers.write_tensors(folder, products, save_file)

    def call(self, read: ModelInputs, module: nn.Module | None = None) -> dict[str, Tensor]:
        states = (module or self.module)(**read, return_dict=True).last_hidden_state
        keep = read["attention_mask"].bool()
        means = torch.stack([text[seen].mean(0) for text, seen in zip(states, keep)])
        for product in self.products.values():
            means = means @ product.T
        return {"sentence_embedding": means / means.pow(2).sum(-1, keepdim=True).sqrt()}
