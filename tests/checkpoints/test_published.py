"""config.json in the words that were published beside well-known weights, from 2019 on."""

import json
from pathlib import Path

import pytest

from clados import spec as s
from clados.checkpoints.mapping.config import plain
from clados.checkpoints.mapping.detect import detect
from clados.checkpoints.mapping.dialects import flat
from clados.models.declared import declared

PUBLISHED = json.loads(Path(__file__).with_name("published.json").read_text(encoding="utf-8"))
# words on which files differ from the papers; CLIP's of 2021 read a text at its highest id
THEIRS = ("dropout", "vocab.pad", "vocab.bos", "vocab.eos", "init.std", "norm.eps", "text.heads")


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_config_is_the_declared_model(name: str) -> None:
    card, _, size = name.partition(":")
    choice = detect(flat(PUBLISHED[name]))
    expected = plain(declared(card).models()[size])
    differing = {path for path, _, _ in s.part_differences(expected, choice.model) if not path.startswith("heads")}
    assert choice.card == card
    assert not [path for path in differing if not path.endswith(THEIRS)]
    assert s.count_parameters(choice.model, "body") == s.count_parameters(expected, "body")
