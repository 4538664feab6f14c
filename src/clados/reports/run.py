"""A run as its folder tells of it, and its report: one page that needs nothing else."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

from clados.catalog.load import catalog
from clados.errors import CladosError, InputError
from clados.files import holds_model, read_json, write_json, write_text
from clados.html import Child, el
from clados.reports import curves
from clados.reports.commands import goes_on_by, learned_objective, made_by
from clados.reports.log import Entry, begun_and_kept, is_number, read_log
from clados.reports.page import duration, fact_list, number_tiles, whole_page
from clados.reports.samples import KeptSample, sample_of, shown_samples

RUN, LOG, KEPT_SAMPLES, METRICS, REPORT = "run.json", "log.jsonl", "samples.json", "metrics.json", "report.html"
KEPT_WEIGHTS = "The weights kept are those of step {step}."
STOPPED_EARLY = (
    "It stopped early, as no better held-out loss came (evaluations in a row: {number}); "
    "the weights kept are those of step {step}."
)
_DIGITS = 4  # that matter of a loss
_SLOW = 10  # a second, below which digits matter
_DRAWN = 3000  # steps that curves are made of, about


def _english(text: str, **values: str | int) -> str:
    return text.format(**values)


@dataclass(frozen=True)
class RunRecord:
    """What the files of a run say.

    Attributes:
        folder: of the run. said: its run.json; empty where there is none. entries: of its log.
        samples: what its model made of a few questions. metrics: what papers report of a task that it was tuned for.
        ended: whether a model has come of it.
    """

    folder: Path
    said: Mapping[str, Any]
    entries: Sequence[Entry]
    samples: tuple[KeptSample, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    ended: bool = False

    @property
    def chosen(self) -> Mapping[str, Any]:
        """What was chosen of it."""
        found = self.said.get("choices")
        return found if isinstance(found, Mapping) else {}

    @property
    def model(self) -> str:
        """The card whose model it trains; else the name of its folder."""
        return str(self.said.get("model") or self.folder.resolve().name)

    @property
    def title(self) -> str:
        """What people call the model."""
        card, _, size = self.model.partition(":")
        return " ".join(filter(None, (catalog()[card].name if card in catalog() else card, size)))

    @property
    def steps(self) -> int:
        """How many it is to take; 0 when not known."""
        found = self.chosen.get("steps")
        return found if isinstance(found, int) else 0

    @property
    def step(self) -> int:
        """How many it has taken."""
        return int(self.entries[-1]["step"]) if self.entries else 0

    @property
    def unit(self) -> str:
        """What its loss is a mean of."""
        return str(self._units.get("loss", ""))

    @property
    def counted(self) -> str:
        """What is counted of how fast it learns: tokens, images ..."""
        return str(self._units.get("examples", "tokens"))

    @property
    def _units(self) -> Mapping[str, Any]:
        found = self.said.get("units")
        return found if isinstance(found, Mapping) else {}

    @property
    def judged(self) -> bool:
        """Whether it learns from answers that somebody judges."""
        return bool(self.said.get("judges"))

    @property
    def batch(self) -> int:
        """Examples of a step; 0 when not known."""
        found = self.said.get("batch")
        return found if isinstance(found, int) and is_number(found) else 0

    @cached_property
    def _drawn(self) -> Sequence[Entry]:
        """All evaluations and, of very many steps, every few."""
        every = -(-len(self.entries) // _DRAWN)
        return [each for i, each in enumerate(self.entries) if i % every == 0 or "held_out" in each]

    @property
    def curve(self) -> curves.Curve:
        """What it is to make small, or great."""
        return curves.main_curve(self._drawn, self.unit, judged=self.judged)

    @property
    def others(self) -> list[curves.Curve]:
        """All other curves."""
        return curves.other_curves(self._drawn, self.unit, self.batch, self.counted, judged=self.judged)

    @property
    def pace(self) -> str:
        """The median of how much was learned in a second; empty where the log has no time."""
        found = [each for _, each in curves.learning_speed(self.entries, self.batch, self.counted)]
        return "" if not found else f"{middle:,.0f}" if (middle := median(found)) >= _SLOW else f"{middle:.2g}"

    @property
    def seconds(self) -> float:
        """Of all steps together."""
        return sum(float(each.get("seconds", 0.0)) for each in self.entries)

    def ending(self, say: Callable[..., str] = _english) -> str:
        """Which weights came of a run that keeps its best, and why it stopped early; empty where they are its last.

        Args:
            say: the sentence in the language of the page, its numbers put in.
        """
        held = [each for each in self.entries if "held_out" in each]
        kept = held[-1].get("best") if held and self.ended else None
        if not isinstance(kept, int) or kept == self.step:
            return ""
        if self.step >= self.steps:
            return say(KEPT_WEIGHTS, step=f"{kept:,}")
        number = sum(each["step"] > kept for each in held)
        return say(STOPPED_EARLY, number=number, step=f"{kept:,}")

    @property
    def again(self) -> str:
        """The command that makes it again; empty where it is not known."""
        return made_by(self.said, self.folder)

    @property
    def resumed_by(self) -> str:
        """The command that goes on with it; empty where it has ended, or none is known."""
        return "" if self.ended else goes_on_by(self.said, self.folder)


def run_record(folder: Path) -> RunRecord:
    """What the files of a run say; those that it lacks say nothing.

    Raises:
        InputError: the folder holds no log of a run.
        CladosError: a file is damaged.
        OSError: one cannot be read.
    """
    if not (folder / LOG).is_file():
        inside = sorted(each.parent.name for each in folder.glob(f"*/{LOG}"))
        hint = f"; folders in it do: {', '.join(inside)}" if inside else ""
        raise InputError(f"{folder}: holds no run, as it has no {LOG}{hint}")
    entries = read_log(folder / LOG)
    said, samples, measured = (
        read_json(folder / name, CladosError) if (folder / name).is_file() else empty
        for name, empty in ((RUN, {}), (KEPT_SAMPLES, []), (METRICS, {}))
    )
    if not isinstance(said, dict) or not isinstance(measured, dict) or not isinstance(samples, list):
        raise CladosError(f"{folder}: {RUN}, {KEPT_SAMPLES} or {METRICS} is none that a run has written")
    metrics = {name: float(value) for name, value in measured.items() if is_number(value)}
    try:
        kept = tuple(map(sample_of, samples))
    except CladosError as error:
        raise CladosError(f"{folder / KEPT_SAMPLES}: {error}") from error
    return RunRecord(folder, said, entries, kept, metrics, holds_model(folder))


def write_samples(folder: Path, samples: Sequence[KeptSample]) -> None:
    """Keep samples with a run.

    Raises:
        OSError: they cannot be written.
    """
    write_json(folder / KEPT_SAMPLES, [each.json() for each in samples])


def write_report(folder: Path) -> Path:
    """Draw a run as its files tell of it, and write the page whole or not at all; its path.

    Raises:
        CladosError: as ``run_record``.
        OSError: it cannot be written.
    """
    file = folder / REPORT
    write_text(file, run_report(run_record(folder)))
    return file


def run_report(run: RunRecord) -> str:
    """The page: how far it came, its curves, what its model makes, and how it is made again."""
    state = "has ended" if run.ended else f"stands at step {run.step:,}"
    learned = el("p", _learned(run), class_="lead")
    ending = el("p", told, class_="lead") if (told := run.ending()) else ""
    head = [
        el("h1", run.title, " ", el("span", state, class_="badge")),
        learned,
        ending,
        number_tiles(run_numbers(run)),
    ]
    return whole_page(f"{run.title}: report of a run", head, run_curves(run), shown_samples(run.samples), _made(run))


def run_curves(run: RunRecord, heading: str = "h2") -> list[Child]:
    """What it was to make small, or great, and below it all else that was measured.

    Args:
        heading: the element of the title.
    """
    return [el(heading, "How it learned"), curves.large_curve(run.curve), curves.small_curves(run.others)]


def _learned(run: RunRecord) -> str:
    """Which stage of what it is, by what it learns, and from what."""
    what = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", learned_objective(run.said)).lower()
    parts = [_named(run.said.get("stage")), what, f"on {data}" if (data := _data(run)) else ""]
    return " · ".join(filter(None, parts))


def _data(run: RunRecord) -> str:
    return str(run.chosen.get("data") or run.chosen.get("mix") or run.said.get("data") or "")


def run_numbers(run: RunRecord) -> list[tuple[str, str, str]]:
    """What is seen first: how far it came, how large it is, how long it took."""
    before, after = begun_and_kept(run.entries)
    found = [
        (f"held-out {name}", f"{after[name]:.{_DIGITS}g}", f"{before[name]:.{_DIGITS}g} before")
        for name in ("reward" if run.judged else "loss", "accuracy")
        if name in after and name in before
    ]
    found += [(name, f"{value:.3f}", "held out, at the end") for name, value in [*run.metrics.items()][:3]]
    found += [("parameters", f"{total:,}", "")] if isinstance(total := run.said.get("parameters"), int) else []
    found.append(("steps", f"{run.step:,}", f"of {run.steps:,}" if run.steps > run.step else ""))
    found.append(("time", duration(run.seconds), "of the steps alone"))
    if run.pace:
        found.append((f"{run.counted} a second", run.pace, "median of the steps"))
    return found


def _made(run: RunRecord) -> list[Child]:
    """How it is made again, and of what it was made."""
    documents, examples = (_pair(run.said.get(name)) for name in ("documents", "examples"))
    known: dict[str, Child] = {
        "model": run.said.get("model"),
        "stage": _named(run.said.get("stage")),
        "size": _size(run.said.get("declaration")),
        "data": _data(run),
        "documents": documents if documents != examples else "",
        "examples": examples,
        "batch": str(run.batch or ""),
        "length": str(run.said.get("length") or ""),
        "peak learning rate": f"{rate:.3g}" if isinstance(rate := run.chosen.get("lr"), float) else "",
        "number format": run.chosen.get("dtype"),
        "seed": str(run.chosen.get("seed", "")),
        "started from": run.chosen.get("start"),
        "Clados": run.said.get("clados"),
    }
    found: list[Child] = [el("h2", "How it was made"), fact_list({name: each for name, each in known.items() if each})]
    for name, command in (("It is made again by", run.again), ("It goes on with", run.resumed_by)):
        found += [el("h3", name), el("pre", command, tabindex=0)] if command else []
    return found


def _named(stage: Any) -> str:
    found = re.search(r"\bname='([^']*)'", str(stage or ""))
    return found[1] if found else ""


def _size(declaration: Any) -> str:
    """The numbers of the last size in a declaration."""
    found = re.findall(r"\bSize\(([^()]*)\)", str(declaration or ""))
    return found[-1].replace("=", " ") if found else ""


def _pair(numbers: Any) -> str:
    if not isinstance(numbers, Mapping):
        return ""
    return ", ".join(f"{number:,} {name}" for name, number in numbers.items() if isinstance(number, int))
