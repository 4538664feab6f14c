"""A small GPT-2 in memory and on disk."""

from pathlib import Path

import pytest
from torch import nn

import clados.nn
from clados import spec as s
from clados.checkpoints import save_pretrained
from clados.models.declared import declared


@pytest.fixture
def small() -> s.Model:
    return s.tiny(declared("gpt-2").model.but(inputs=s.but(vocab=s.but(size=97, bos=96, eos=96))))


@pytest.fixture
def made(small: s.Model) -> nn.Module:
    return clados.nn.build(small)


@pytest.fixture
def directory(made: nn.Module, tmp_path: Path) -> Path:
    return save_pretrained(made, tmp_path / "gpt")
