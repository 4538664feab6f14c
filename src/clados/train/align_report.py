"""What a walk through a recipe came to, as one HTML file that needs nothing else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import torch

from clados import spec as s
from clados.apply.generate import generate
from clados.apply.ready import Ready, load
from clados.data.examples import Dialogue, Pair
from clados.data.templates import Conversation, Turn, closed, conversation, written
from clados.errors import InputError
from clados.html import Child, el
from clados.objectives import task
from clados.reports.page import number_tiles, whole_page
from clados.reports.run import RUN, run_curves, run_numbers, run_record, write_report, write_samples
from clados.reports.samples import AnsweredPrompt, shown_samples
from clados.train.sources import run_data

T = TypeVar("T")
PROMPTS_TRIED = 300  # for whether they leave room for an answer
ANSWERS_SHOWN = 6  # prompts whose answers are shown
TOKENS_SHOWN = 40  # tokens of each at most


@dataclass(frozen=True)
class Walked:
    """A stage that was trained: what it learned, from where, in what it is not the paper's, and its folders.

    ``objective`` says for a reader what it learned.
    """

    name: str
    learned: s.Objective
    objective: str
    start: str
    differs: tuple[str, ...]
    begun: Path
    folder: Path


class Left(Protocol):
    """A stage that was not trained, and why."""

    @property
    def stage(self) -> s.Tuning: ...
    @property
    def without(self) -> str: ...


def alignment_report(model: str, walked: Sequence[Walked], left: Sequence[Left]) -> str:
    """The page: for each stage what it learned, its curves, and what its model makes, as its own report has them.

    Raises:
        CladosError: what a stage has written is damaged.
    """
    title = f"{model}: {', '.join(each.name for each in walked)}"
    unable = [el("p", f"Not trained: stage '{each.stage.name}' {each.without}.", class_="faint") for each in left]
    links = el("nav", (el("a", each.name, href=f"#{each.name}") for each in walked), aria_label="Stages")
    return whole_page(title, el("h1", title), unable, links, map(_stage, walked))


def _stage(one: Walked) -> list[Child]:
    run = run_record(one.folder)
    return [
        el("h2", one.name, id=one.name),
        el("p", f"{one.objective}, from {one.start}"),
        number_tiles(run_numbers(run)),
        el("ul", (el("li", each) for each in one.differs), class_="faint"),
        run_curves(run, "h3"),
        shown_samples(run.samples, "h3"),
    ]


def keep_answers(one: Walked) -> None:
    """Keep answers before and after a stage with its other samples, and draw its own report with them.

    Raises:
        CladosError: what the stage has written is damaged, or a model cannot be read.
        OSError: they cannot be written.
    """
    run = run_record(one.folder)
    if any(isinstance(each, AnsweredPrompt) for each in run.samples):
        return
    write_samples(one.folder, [AnsweredPrompt(*each) for each in zip(*answers_of(one))] + [*run.samples])
    write_report(one.folder)


def answers_of(one: Walked) -> tuple[list[str], list[str], list[str]]:
    """Prompts that are held out, and the likeliest answers to them before and after a stage.

    They are some of those that leave room for an answer in the stage's sequences.
    """
    after = load(one.folder)
    template = getattr(after.objective, "template", None)
    if not isinstance(template, s.Template) or not after.spec.writes:
        return [], [], []
    recorded = json.loads((one.folder / RUN).read_text(encoding="utf-8"))
    chosen, length = recorded["choices"], recorded["length"]
    learned: s.Objective = after.objective  # type: ignore[assignment]
    held = run_data(task(learned), chosen.get("data"), skip_bad=chosen.get("skip_bad", False)).held
    if not isinstance(held[0], Pair | Dialogue):  # judged, not answered
        return [], [], []
    prompts = [conversation(each).turns[-1].prompt for each in _spread(held, PROMPTS_TRIED)]
    room = length - min(TOKENS_SHOWN, length // 2)
    asked = _spread([each for each in prompts if len(_tokens(template, each, after)) <= room], ANSWERS_SHOWN)
    found = [[str(each["instruction"]) + (f"\n{each['input']}" if each.get("input") else "") for each in asked]]
    for ready in (load(one.begun), after) if asked else ():
        tokenizer, said_by = ready.required_tokenizer, list[str]()
        for prompt in asked:
            row = _tokens(template, prompt, ready)
            try:
                new = generate(
                    ready.model,
                    torch.tensor([row]),
                    max_new_tokens=TOKENS_SHOWN,
                    temperature=0,
                    eos=tokenizer.ids.get("eos"),
                )
            except InputError as error:  # a prompt that leaves no room
                said_by.append(f"({error})")
                continue
            said_by.append(tokenizer.decode(new[0, len(row) :].tolist()).strip())
        found.append(said_by)
    return (found[0], found[1], found[2]) if asked else ([], [], [])


def _spread(every: Sequence[T], number: int) -> Sequence[T]:
    """So many of them at most, evenly from the first on."""
    return every[:: max(1, len(every) // number)][:number]


def _tokens(template: s.Template, prompt: Mapping[str, str], ready: Ready) -> list[int]:
    """A prompt as a model reads it."""
    tokenizer = ready.required_tokenizer
    whole = closed(template, tokenizer.roles.eos or "", continues=True)
    ((ids, _),) = tokenizer.encode_placed([written(whole, Conversation((Turn(prompt, None),))).text])
    return [*tokenizer.frame[0], *ids]
