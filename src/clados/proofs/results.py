"""Results of proofs, kept in a file a model: models can be proved one at a time, on different days."""

import hashlib
import platform
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from clados.catalog.load import catalog
from clados.files import JsonObject, locked, path_exists, write_json
from clados.proofs.proof import PROOFS, TRAINED, Proof, Subject
from clados.version import __version__

SOURCE = Path(__file__).parents[1]
CODE = {"card": "catalog"}  # the folder of the package that a proof depends on; all, of others
DETAILED = ("parity", *TRAINED, "adapts")  # proofs whose rows are shown too


@dataclass(frozen=True)
class KeptResult:
    """A proof, and what it is true of.

    Attributes:
        quick: whether it was trained with one seed.
        day: on which it was proved.
        commit: of the code that proved it, with a + where it had changed since; empty where it is in no repository.
        versions: of what it was proved with.
        checksum: of what it depends on, see ``proof_checksum``.
        cpu_seconds: of a processor's time that it took; little where trained models were kept already.
    """

    proof: Proof
    quick: bool
    day: str
    commit: str
    versions: str
    checksum: str
    cpu_seconds: float


def result_of(subject: Subject, proof: Proof, cpu_seconds: float) -> KeptResult:
    """The result of a proof that was found now."""
    day, sum_ = str(datetime.now(UTC).date()), proof_checksum(subject, proof.proof)
    return KeptResult(proof, subject.quick, day, commit(), versions(), sum_, round(cpu_seconds, 1))


class KeptResults:
    """A folder of results: for each model a file ``MODEL.json`` with an object a proof."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, model: str) -> dict[str, KeptResult]:
        """What is kept of a model, by proof.

        Raises:
            CladosError: for a damaged file.
        """
        if not path_exists(self._file(model)):
            return {}
        content = JsonObject.read(self._file(model))
        return {name: _read(model, name, content.inside(name)) for name in PROOFS if name in content}

    def up_to_date(self, subject: Subject, name: str) -> KeptResult | None:
        """The kept result of a proof, if that would find the same: it held, in no quicker run, of the same."""
        kept = self.of(subject.card.id).get(name)
        if kept is None or kept.proof.status not in ("holds", "not applicable") or kept.quick > subject.quick:
            return None
        return kept if kept.checksum == proof_checksum(subject, name) else None

    def all(self) -> list[KeptResult]:
        """All that is kept, by model.

        Raises:
            CladosError: for a damaged file.
        """
        return [each for file in sorted(self.folder.glob("*.json")) for each in self.of(file.stem).values()]

    def keep(self, result: KeptResult) -> None:
        """Write a result in its file, beside what is there of other proofs.

        Raises:
            OSError: when it cannot be written; then the file is as it was.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder / f".{result.proof.id}.lock", wait=True):
            every = self.of(result.proof.id) | {result.proof.proof: result}
            write_json(self._file(result.proof.id), {name: _plain(every[name]) for name in PROOFS if name in every})

    def _file(self, model: str) -> Path:
        return self.folder / f"{model}.json"


def _plain(result: KeptResult) -> dict[str, Any]:
    proof = result.proof
    named = {name: value for name, value in vars(result).items() if name != "proof"}
    found = {"status": proof.status, "evidence": proof.evidence, "seconds": proof.seconds}
    return {**found, **named, "details": proof.details if proof.proof in DETAILED else ()}


def _read(model: str, name: str, content: JsonObject) -> KeptResult:
    def text(key: str) -> str:
        return content.take(key, str, "")

    status: Any = text("status")
    details = tuple(content.take("details", list, []))
    proof = Proof(model, name, status, text("evidence"), content.take("seconds", float, 0.0), details)
    quick, cpu = content.take("quick", bool, False), content.take("cpu_seconds", float, 0.0)  # noqa: FBT003
    return KeptResult(proof, quick, text("day"), text("commit"), text("versions"), text("checksum"), cpu)


def forget_runs(subject: Subject) -> None:
    """Let all be trained anew that is kept of a model."""
    for kept in (subject.folder / subject.card.id).glob("*/verified.json"):
        kept.unlink()


# ---------------------------------------------------------------- what a result is true of


def proof_checksum(subject: Subject, name: str) -> str:
    """Of what a proof depends on.

    Of a trained model that is its declaration, the setting of its small run and the files of its objective's task: the
    training of all objectives alike is taken as given, since proofs of all models take hours. Of other proofs it is the
    card, the declaration and the code of ``CODE``.
    """
    if not subject.card.runnable:
        return ""
    if name in TRAINED:
        from clados.proofs.training import applied_by, learned_by  # with torch

        return _sum(repr(subject.declaration), *(applied_by if name == "applies" else learned_by)(subject))
    if name == "adapts":
        from clados.proofs.adapts import walked_by  # with torch

        return _sum(repr(subject.declaration), *walked_by(subject))
    return _sum(subject.card.text, repr(subject.declaration), _code(CODE.get(name, "")))


def has_changed(result: KeptResult) -> bool:
    """Whether what a trained model's result depends on is another today."""
    card = catalog()[result.proof.id]
    return result.proof.proof in (*TRAINED, "adapts") and result.checksum != proof_checksum(
        Subject(card), result.proof.proof
    )


def _sum(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


@cache
def _code(folder: str) -> str:
    files = sorted(each for each in (SOURCE / folder).rglob("*") if each.suffix in (".py", ".toml"))
    return _sum(*(f"{each.relative_to(SOURCE).as_posix()}\0{each.read_text(encoding='utf-8')}" for each in files))


@cache
def commit() -> str:
    """The last commit of the package's code, with a + where files differ from it; empty outside of a repository."""
    if not _git("ls-files", "version.py"):
        return ""
    return _git("log", "-1", "--format=%h", "--", ".") + "+" * bool(_git("status", "--porcelain", "--", "."))


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=SOURCE, capture_output=True, text=True, check=False)
    except OSError:  # there is no git
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


@cache
def versions() -> str:
    """Of the package and of what it computes with."""
    named = [f"Clados {__version__}"]
    for each in ("torch", "transformers"):
        with suppress(metadata.PackageNotFoundError):
            named.append(f"{each} {metadata.version(each)}")
    return ", ".join([*named, f"Python {platform.python_version()}", platform.machine()])
