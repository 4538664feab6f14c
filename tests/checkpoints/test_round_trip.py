"""Every declared layout against transformers, through files on disk, both ways."""

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file

from clados import spec as s
from clados.checkpoints import from_pretrained, save_pretrained
from clados.checkpoints.mapping.names import is_extra, is_unused
from tests.checkpoints.reference_models import batch, cases, outputs, saved

TOLERANCE = 2e-5  # of the largest number


def agree(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    shared = ours.keys() & theirs.keys()
    assert shared, (ours.keys(), theirs.keys())
    for name in shared:
        scale = theirs[name].abs().max()
        assert (ours[name] - theirs[name]).abs().max() <= TOLERANCE * scale, name


@pytest.mark.parametrize(
    ("card", "layout", "architecture"), cases(), ids=lambda each: each if isinstance(each, str) else ""
)
def test_a_reference_is_read_and_written_back_to_the_byte(
    tmp_path: Path, card: str, layout: s.Layout, architecture: str
) -> None:
    reference = saved(card, layout, architecture, tmp_path / "theirs")
    ours = from_pretrained(tmp_path / "theirs")
    given = batch(ours.spec)
    expected = outputs(reference, given)
    assert ours.report.verdict.startswith("whole")
    own = outputs(ours, given)
    agree(own, expected)

    save_pretrained(ours, tmp_path / "ours")
    theirs, back = (load_file(tmp_path / name / "model.safetensors") for name in ("theirs", "ours"))
    folded = {each for rule in layout.rules.values() if isinstance(rule, s.PlusRow) for each in (rule.name, rule.plus)}
    assert back.keys() == {name for name in theirs if not is_unused(layout, name) and not is_extra(layout, name)}
    assert all(torch.equal(back[name], theirs[name]) for name in back if not {name, layout.prefix + name} & folded)

    cls = getattr(transformers, architecture)
    loaded, info = cls.from_pretrained(tmp_path / "ours", output_loading_info=True)
    lost = info.pop("missing_keys")  # a pooler that we do not have
    without = {name for name in lost if not is_unused(layout, name) and not is_extra(layout, name)}
    assert not any(info.values()), info
    assert not without
    agree({name: each for name, each in outputs(loaded, given).items() if name in own}, expected)
    assert from_pretrained(tmp_path / "ours").spec == ours.spec
