"""Python for a site of files: Pyodide and the part of Clados without torch, so that a page answers as a server does.

A page in a file may fetch nothing beside it, but may run scripts: what Python needs travels as scripts that hold it.
"""

import base64
import gzip
import hashlib
import importlib.util
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from clados.catalog.load import card_files, own_folders
from clados.errors import InputError

PYODIDE = "0.29.5"
_HASHES = {  # SHA-256 of the files of the package `pyodide` on the npm registry
    "pyodide.js": "7f832a350240263d9946a9c3c877f7bcdab6c37d6dc65f72cd3be5905dca62dd",
    "pyodide.asm.js": "356c42f69e1695397e9d8670bd3c2e678248cde76e18bdae1731e848537b47d7",
    "pyodide.asm.wasm": "54309a5a2cfd757b1f0fdbc9093c92503f7b341500110329d932487183912718",
    "python_stdlib.zip": "831fd1e535084b972f87c6a35275de3d236efd5166f5e77ce89497710635e73c",
    "pyodide-lock.json": "14d2c2dba101277999e17135e653d8f15389ad1437f53eae213bf0c3cdff723d",
}
_LOCK = "pyodide-lock.json"
_ZIP = "clados.zip"
_PARTS = ("catalog", "drawing", "layouts", "models", "spec", "web")  # packages of Clados that need no torch
_OWN = "own"  # where the user's cards are, each of their folders by its number
_BEGIN = (1980, 1, 1, 0, 0, 0)  # the date of every file, so that a second export is the same
_NOTICE = f"""\
These files let a page of this site run Python in the browser; each holds a file as text.

Pyodide {PYODIDE}: MPL-2.0, https://github.com/pyodide/pyodide/tree/{PYODIDE} (source and licence)
Python's standard library in it: PSF-2.0, https://docs.python.org/3/license.html
Clados: Apache-2.0; Rich, in {_ZIP} with its licence: MIT, https://github.com/Textualize/rich
"""


@dataclass(frozen=True)
class BrowserPython:
    """The files of Pyodide that a site takes with it."""

    folder: Path

    @cached_property
    def files(self) -> dict[str, bytes]:
        """What is written of it, by paths of the site."""
        found = {name: (self.folder / name).read_bytes() for name in _HASHES if name != _LOCK}
        scripts = {
            f"python/{name}.js": _script(name, data) for name, data in (found | {_ZIP: clados_archive()}).items()
        }
        return {**scripts, "python/NOTICE.txt": _NOTICE.encode()}

    @property
    def pieces(self) -> dict[str, int]:
        """The scripts in the order in which they are run, and their bytes."""
        return {path: len(data) for path, data in self.files.items() if path.endswith(".js")}

    @cached_property
    def lock(self) -> dict[str, str]:
        """What Pyodide asks its list of packages for; of the packages themselves none is needed."""
        info: dict[str, str] = json.loads((self.folder / _LOCK).read_text(encoding="utf-8"))["info"]
        return info


def browser_python(folder: Path) -> BrowserPython:
    """The Python of an unpacked package ``pyodide`` of the npm registry.

    Raises:
        InputError: when a file of it is missing, or is not that of the version which Clados is tested with.
    """
    inner = folder if (folder / _LOCK).is_file() else folder / "package"  # as npm's archive has it
    wrong = [f"there is no {name}" for name in _HASHES if not (inner / name).is_file()] or [
        f"{name} is not that of pyodide {PYODIDE}"
        for name, wanted in _HASHES.items()
        if hashlib.sha256((inner / name).read_bytes()).hexdigest() != wanted
    ]
    if wrong:
        raise InputError(f"--pyodide {folder}: {wrong[0]}; {_how()}")
    return BrowserPython(inner)


def _how() -> str:
    return f"it takes the folder that `npm pack pyodide@{PYODIDE}` and `tar xzf pyodide-{PYODIDE}.tgz` make"


def _script(name: str, data: bytes) -> bytes:
    packed = base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()
    return f'python.given("{name}", "{packed}");\n'.encode()


def clados_archive() -> bytes:
    """Clados without what needs torch, Rich, and the user's own cards, as an archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, file in _sources():
            archive.writestr(zipfile.ZipInfo(name, _BEGIN), file.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


def _sources() -> Iterator[tuple[str, Path]]:
    package, rich = _folder("clados"), _folder("rich")
    files = [*package.glob("*.py"), *(file for each in _PARTS for file in (package / each).rglob("*"))]
    for file in sorted((*files, *rich.rglob("*.py"))):
        if file.is_file() and file.suffix in (".py", ".toml"):
            top = package if file.is_relative_to(package) else rich
            yield file.relative_to(top.parent).as_posix(), file
    for licence in sorted(rich.parent.glob("rich-*/**/LICENSE")):
        yield "rich/LICENSE", licence
    for number, folder in enumerate(own_folders()):
        for card in card_files(folder):
            for file in (card, card.with_suffix(".py")):
                if file.is_file():
                    yield f"{_OWN}/{number}/{file.relative_to(folder).as_posix()}", file


def _folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    assert found
    assert found.origin
    return Path(found.origin).parent
