"""Kinds of parts by name: those of installed packages, of which one may be broken."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clados import spec as s
from clados.errors import CladosWarning
from clados.nn import module
from clados.spec.core.registry import KINDS, kind_named

BROKEN = r"^the plugin wide = broken_plugin cannot be imported: ModuleNotFoundError: No module named 'not_installed'$"


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two installed packages: one that cannot be imported, and one that defines a part which nothing builds."""
    for name, key, code in (
        ("broken_plugin", "wide", "import not_installed"),
        ("sound_plugin", "narrow", "from clados import spec as s\nclass PluginNorm(s.RMSNorm): ..."),
    ):
        (tmp_path / f"{name}.py").write_text(code)
        about = tmp_path / f"{name}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[clados.parts]\n{key} = {name}\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    KINDS.pop("PluginNorm", None)
    sys.modules.pop("sound_plugin", None)


@pytest.mark.usefixtures("plugins")
def test_a_part_is_found_beside_a_plugin_that_cannot_be_imported() -> None:
    with pytest.warns(CladosWarning, match=BROKEN):
        assert kind_named("PluginNorm").__module__ == "sound_plugin"


@pytest.mark.usefixtures("plugins")
def test_an_unknown_name_is_refused_with_the_nearest_whatever_a_plugin_does() -> None:
    with pytest.warns(CladosWarning, match=BROKEN), pytest.raises(s.SpecError, match="no part 'RMSNrom'; did you mean"):
        kind_named("RMSNrom")


@pytest.mark.usefixtures("plugins")
def test_a_part_that_nothing_builds_is_refused_by_its_name() -> None:
    with pytest.warns(CladosWarning, match=BROKEN):
        part = kind_named("PluginNorm")()
    with pytest.warns(CladosWarning, match=BROKEN), pytest.raises(s.SpecError, match="nothing builds PluginNorm"):
        module(part)
