"""What a walk through a recipe came to, as one HTML file that needs nothing else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Protocol

import torch

from clados import spec as s
from clados.apply.generate import generate
from clados.apply.ready import load
from clados.data.examples import Dialogue, Pair
from clados.data.templates import Conversation, Turn, closed, conversation, written
from clados.drawing.curve import curves
from clados.errors import InputError
from clados.objectives import Task, task
from clados.train.log import begun_and_kept
from clados.train.sources import run_data

ANSWERS_SHOWN = 6  # prompts whose answers are shown
TOKENS_SHOWN = 40  # tokens of each at most
WATCHED = {  # names in the log of a stage, and what they are a mean of
    "reward": "of an answer",
    "kl": "nats of an answer from the stage's start",
    "length": "tokens of an answer",
    "entropy": "nats of a token",
}
UNJUDGED = {name: of for name, of in WATCHED.items() if name != "reward"}
JUDGING = {"loss": "nats of a pair", "accuracy": "pairs in order"}  # the same of a model that judges
PAGE_STYLE = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,'DejaVu Sans',sans-serif;max-width:960px;margin:0 auto;
padding:24px}table{border-collapse:collapse;width:100%;font-size:14px}th,td{text-align:left;vertical-align:top;
padding:5px 10px 5px 0;border-bottom:1px solid #8886}svg{max-width:100%;height:auto}pre{white-space:pre-wrap;margin:0}
"""


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
    """The page: for each stage its curves, and answers before and after it side by side."""
    title = f"{model}: {', '.join(each.name for each in walked)}"
    body = [f"<h1>{escape(title)}</h1>"]
    body += [f"<p>Not trained: stage '{escape(each.stage.name)}' {escape(each.without)}.</p>" for each in left]
    for each in walked:
        body += _stage(each)
    head = f'<meta charset="utf-8"><title>Clados: {escape(title)}</title><style>{PAGE_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en">\n<head>{head}</head>\n<body>\n' + "\n".join(
        [*body, "</body>\n</html>\n"]
    )


def _stage(one: Walked) -> list[str]:
    entries = [json.loads(line) for line in (one.folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    found = [f"<h2>{escape(one.name)}</h2><p>{escape(one.objective)}, from {escape(one.start)}</p>"]
    found.append("<ul>" + "".join(f"<li>{escape(each)}</li>" for each in one.differs) + "</ul>")
    shown = watched(task(one.learned), entries)
    found.append("<ul>" + "".join(f"<li>{escape(each)}</li>" for each in before_and_after(entries, shown)) + "</ul>")
    for name, of in shown.items():
        found.append(f"<figure>{_figure(entries, name, of)}</figure>")
    if not (rows := [*zip(*answers_of(one))]):
        return found
    cells = "".join("<tr>" + "".join(f"<td><pre>{escape(each)}</pre></td>" for each in row) + "</tr>" for row in rows)
    heads = "<tr><th>prompt</th><th>before</th><th>after</th></tr>"
    return [*found, f"<table><thead>{heads}</thead><tbody>{cells}</tbody></table>"]


def watched(one: Task[Any, Any], entries: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Names in a stage's log that say whether it does its work, and what each is a mean of."""
    named = {name for entry in entries for name in (*entry, *entry.get("held_out", ()))}
    loss = {"loss": one.loss_unit}
    if "reward" in named:
        return WATCHED if one.judged else loss | UNJUDGED
    return JUDGING if "accuracy" in named else loss


def before_and_after(entries: Sequence[dict[str, Any]], shown: Mapping[str, str]) -> list[str]:
    """What was measured on held-out data of the weights that a stage starts from, and of those that it ends with."""
    before, after = begun_and_kept(entries)
    return [
        f"held-out {name} {before[name]:.3f} before, {after[name]:.3f} after: {of}"
        for name, of in shown.items()
        if name in before and name in after
    ]


def _figure(entries: Sequence[dict[str, Any]], name: str, of: str) -> str:
    own = [(float(each["step"]), float(each[name])) for each in entries if name in each]
    held = [
        (float(each["step"]), float(each["held_out"][name])) for each in entries if name in each.get("held_out", {})
    ]
    series = {title: points for title, points in (("training", own), ("held out", held)) if points}
    return curves(series, name=name, x_name="step", y_name=of, height=260).svg


def answers_of(one: Walked) -> tuple[list[str], list[str], list[str]]:
    """Prompts that are held out, and the likeliest answers to them before and after a stage."""
    after = load(one.folder)
    template = getattr(after.objective, "template", None)
    if not isinstance(template, s.Template) or not after.spec.writes:
        return [], [], []
    chosen = json.loads((one.folder / "run.json").read_text(encoding="utf-8"))["choices"]
    learned: s.Objective = after.objective  # type: ignore[assignment]
    held = run_data(task(learned), chosen.get("data"), skip_bad=chosen.get("skip_bad", False)).held
    if not isinstance(held[0], Pair | Dialogue):  # judged, not answered
        return [], [], []
    asked = [
        conversation(each).turns[-1].prompt for each in held[:: max(1, len(held) // ANSWERS_SHOWN)][:ANSWERS_SHOWN]
    ]
    found = [[str(each["instruction"]) + (f"\n{each['input']}" if each.get("input") else "") for each in asked]]
    for ready in (load(one.begun), after):
        tokenizer = ready.required_tokenizer
        whole = closed(template, tokenizer.roles.eos or "", continues=True)
        said_by = list[str]()
        for prompt in asked:
            ((ids, _),) = tokenizer.encode_placed([written(whole, Conversation((Turn(prompt, None),))).text])
            row = [*tokenizer.frame[0], *ids]
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
    return found[0], found[1], found[2]
