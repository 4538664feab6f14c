"""The site as files: it opens from the file system, and can be put on any host."""

import secrets
import shutil
from pathlib import Path

from clados.errors import InputError
from clados.web.site import Site


def new_folder(folder: Path) -> Path:
    """The whole path of a folder that can be written.

    Raises:
        InputError: when it is there and holds anything.
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"--export {folder}: this is there and is no empty folder; name another")
    return folder


def export_site(folder: Path, site: Site | None = None) -> int:
    """Write all pages, pictures and scripts into a folder, whole or not at all, and say how many files these are.

    Args:
        site: of files; the catalogue's without Python for the browser when not given.

    Raises:
        InputError: when the folder is there and holds anything.
        OSError: when a file cannot be written.
    """
    folder = new_folder(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}")
    site = site or Site(live=False)
    paths = [*site.paths()]
    try:
        for path in paths:
            file = part / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(site.answer(path).body)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return len(paths)
