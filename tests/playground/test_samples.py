"""Samples beside the curves of runs: made once of each directory, and anew when a file in it has changed."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clados.playground import samples
from clados.web.views import runs


def test_no_sample_of_a_page_is_made_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def tried(ready: str, source: str) -> Any:
        made.append(source)
        return (SimpleNamespace(name="fold", result=source),)

    monkeypatch.setattr(samples, "loaded", lambda source: source)
    monkeypatch.setattr(samples, "usual_samples", tried)
    folders = [tmp_path / str(i) for i in range(runs._SAMPLED)]
    for folder in folders:
        folder.mkdir()
        (folder / "config.json").write_text("{}")
    for _ in range(2):
        assert [samples.samples_of(str(each)) for each in folders] == [(("fold", str(each)),) for each in folders]
    assert made == [str(each) for each in folders]
    os.utime(folders[2] / "config.json", (2e9, 2e9))
    samples.samples_of(str(folders[2]))
    assert made[len(folders) :] == [str(folders[2])]
