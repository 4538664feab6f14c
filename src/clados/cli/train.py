"""`clados pretrain` and `clados objective`."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clados.cli import output
from clados.cli.arguments import Json, Sized, complete_models
from clados.cli.draw import Svg, save_drawing
from clados.tables import escape_controls

if TYPE_CHECKING:
    from clados.train.choices import Choices
    from clados.train.log import Show
    from clados.train.plan import Plan

SAMPLES = 3


class Dtype(StrEnum):
    """Numbers in which is computed."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


def pretrain_command(
    model: Sized,
    params: Annotated[
        str | None, typer.Option(help="Number of parameters, in the proportions of the paper.", show_default="5M")
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Training data: your own folder or file, or an embedded set.")
    ] = None,
    mix: Annotated[
        str | None, typer.Option(help="Instead of --data, a TOML file of several sources with their weights.")
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out lines of data that cannot be used, and count them.")
    ] = False,
    cache: Annotated[
        Path | None,
        typer.Option(help="A folder for the tokens of texts.", show_default="the user's, for texts of more than 64 MB"),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Training steps.", show_default="300")] = None,
    minutes: Annotated[float | None, typer.Option(help="Minutes of training, instead of --steps.")] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", "--start", help="Train the model of a directory further, with its tokenizer."),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(help="Learn as another model does, or by an objective's name.", show_default="the recipe's"),
    ] = None,
    reward: Annotated[
        str | None, typer.Option(help="Who judges answers, for a stage that learns so: module:function, or a folder.")
    ] = None,
    teacher: Annotated[
        str | None, typer.Option(help="The directory of the teacher, for a model that learns from one.")
    ] = None,
    stage: Annotated[
        str | None,
        typer.Option(
            help="A stage of the recipe; those that it starts from come first.",
            show_default="the last that can be trained",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The folder for the model.", show_default="runs/MODEL")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the run in --out; --steps may be more than before.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and three examples; train nothing.")
    ] = False,
    batch: Annotated[int | None, typer.Option(help="Batch size.")] = None,
    micro: Annotated[int | None, typer.Option(help="Micro-batch size, to save memory.")] = None,
    length: Annotated[int | None, typer.Option(help="Sequence length in tokens.")] = None,
    lr: Annotated[
        float | None, typer.Option(help="Peak learning rate.", show_default="the paper's, scaled to the width")
    ] = None,
    dropout: Annotated[float | None, typer.Option(help="Dropout rate everywhere.", show_default="the paper's")] = None,
    vocab: Annotated[int | None, typer.Option(help="Vocabulary size of the tokenizer.", show_default="2048")] = None,
    seed: Annotated[int | None, typer.Option(help="Random seed.", show_default="0")] = None,
    dtype: Annotated[
        Dtype | None,
        typer.Option(help="Number type of the computation.", show_default="bfloat16 where the machine has it"),
    ] = None,
    sharded: Annotated[
        bool, typer.Option("--sharded", help="Under torchrun: each process holds a part of every tensor (FSDP2).")
    ] = False,
    threads: Annotated[int | None, typer.Option(min=1, max=4096, help="CPU threads.")] = None,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write TensorBoard event files too.")] = False,
    json: Json = False,
) -> int:
    """Train a small model of a card with its own objective, on your data.

    Example: clados pretrain gpt-2 --params 5M --data texts/ --minutes 2
    """
    import torch

    from clados.train.choices import Choices
    from clados.train.planned import planned
    from clados.train.pretrain import pretrain
    from clados.train.run_folder import resumed

    if threads:
        os.environ["RAYON_NUM_THREADS"] = str(threads)  # of the tokenizers
        torch.set_num_threads(threads)
    options: dict[str, Any] = {"params": params, "data": data, "steps": steps, "minutes": minutes, "batch": batch}
    options |= {
        "micro": micro,
        "length": length,
        "lr": lr,
        "dropout": dropout,
        "vocab": vocab,
        "seed": seed,
        "dtype": dtype and dtype.value,
        "start": start,
        "mix": mix,
        "skip_bad": skip_bad or None,
        "stage": stage,
        "objective": objective,
        "reward": reward,
        "teacher": teacher,
    }
    given = {name: value for name, value in options.items() if value is not None}
    choices = Choices(model=model, **({"dtype": device_type()} | given))
    folder = out or Path("runs") / model.replace(":", "-")
    if resume:
        choices = resumed(folder, choices, list(given))
    choices = replace(choices, sharded=sharded, cache=None if cache is None else str(cache))
    if dry_run:
        if not resume:
            choices.refuse_unread()
        _tell_plan(planned(choices), json=json)
        return 0
    with interruptible() as stop:
        result = pretrain(
            choices, folder, resume=resume, show=progress_shown(model, folder, tensorboard=tensorboard), stop=stop
        )
    if not prints():
        return 0 if result.finished else 130
    if not result.finished:
        output.print_note(
            f"stopped and saved after step {result.entries[-1]['step']}; to go on: {_again(choices, out)}"
        )
        return 130
    _tell_result(folder, *result.before_and_after, json=json)
    return 0


def objective_command(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL[:SIZE]", help="A model, or a directory that pretrain wrote.", autocompletion=complete_models
        ),
    ],
    text: Annotated[
        str,
        typer.Option(
            help="Your text; for translation 'source | target', for a dialogue 'turn | turn', for CTRL 'code text'."
        ),
    ],
    objective: Annotated[
        str | None,
        typer.Option(help="Learn as another model does, or by an objective's name.", show_default="the model's"),
    ] = None,
    stage: Annotated[
        str | None, typer.Option(help="A stage of the recipe.", show_default="the last that can be trained")
    ] = None,
    language: Annotated[str | None, typer.Option(help="The text's language, for models that mark it (mBART).")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    svg: Svg = None,
    json: Json = False,
) -> None:
    """Show what a model sees of a text when it is pretrained, what it has to predict, and who may look at whom.

    Example: clados objective t5 --text "Thank you for inviting me to your party last week"
    """
    from clados.train.objective import objective as shown

    found = shown(model, text, by=objective, stage=stage, seed=seed, language=language)
    if svg is not None:
        save_drawing(found.view.figure(found.title), svg)
    if json:
        output.print_json(found.as_dict())
    elif svg is None:
        output.print_shown(found)


def device_type() -> str:
    """bfloat16 where the processor multiplies it in hardware."""
    import torch

    able = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    capable: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return "bfloat16" if able or capable.get("avx512_bf16") or capable.get("amx_bf16") else "float32"


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Asked whether to stop: yes after Ctrl-C, a polite kill, or the terminal's end. A second Ctrl-C stops at once.

    Signals that are ignored, as under nohup, stay so.
    """
    signals: list[int] = []

    def ask(number: int, frame: object) -> None:
        signals.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows has no SIGHUP
    heard = [each for name in names if signal.getsignal(each := getattr(signal, name)) is not signal.SIG_IGN]
    before = {number: signal.signal(number, ask) for number in heard}
    try:
        yield lambda: bool(signals)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def progress_shown(name: str, folder: Path, *, tensorboard: bool) -> "Show":
    from clados.train.log import Bar, Show, TensorBoard

    if not prints():
        return Show()
    bar = Bar(name)
    return TensorBoard(folder / "tensorboard", bar) if tensorboard else bar


def prints() -> bool:
    """Whether this is the one of torchrun's processes that prints."""
    return os.environ.get("RANK", "0") == "0"


def _again(choices: "Choices", out: Path | None) -> str:
    return " ".join(["clados pretrain", choices.model, *(["--out", str(out)] if out else []), "--resume"])


def _tell_plan(plan: "Plan", *, json: bool) -> None:
    """The plan, and three examples."""
    from clados.objectives import task
    from clados.objectives.view import view

    number = min(SAMPLES, plan.run.batch)
    batch = replace(plan, run=replace(plan.run, batch=number, micro=None)).batch()
    texts = plan.tokenizer is not None and "labels" in batch.targets and "input_ids" in batch.inputs
    one = task(plan.stage.objective)
    views = [view(batch, plan.tokenizer, i, of=one) for i in range(number)] if texts and plan.tokenizer else []
    assumed = _assumed(plan.choices.model)
    if json:
        stages = {"stages": [each.stage_json() for each in plan.sequence], "not run": plan.not_run}
        told = {**plan.json(), **stages, "memory": plan.memory, "assumed": assumed}
        output.print_json({**told, "samples": [each.json() for each in views]})
        return
    for earlier in plan.sequence[:-1]:
        output.print_heading(f"First {earlier.card}, {earlier.published.name}")
        output.print_facts(_short(earlier))
        print()
    output.print_heading(f"Plan for {plan.card}, {plan.published.name}")
    output.print_facts(_plan(plan))
    for reason in plan.not_run:
        output.print_note(reason)
    output.print_assumed(assumed)
    for i, each in enumerate(views):
        output.print_heading(f"\nExample {i + 1}")
        output.print_shown(each)
    if not views:
        output.print_heading("\nA batch")
        shapes = {name: [plan.run.batch, *x.shape[1:]] for name, x in batch.inputs.items()}
        output.print_facts({name: f"{shapes[name]} {x.dtype}" for name, x in batch.inputs.items()})


def _assumed(model: str) -> tuple[str, ...]:
    """What the declaration that a plan is made from assumes, as far as it concerns the size."""
    from clados.catalog.assumed import concerning
    from clados.models.declared import declared

    name, _, size = model.partition(":")
    declaration = declared(name)
    return concerning(declaration.assumed, [*declaration.sizes], size or declaration.own_size)


def _short(plan: "Plan") -> dict[str, str]:
    """A stage in short: what it learns from which data, and what of its numbers is scaled from which."""
    from clados.data.templates import on_one_line, without_template

    learned = plan.published.objective
    facts = {"objective": without_template(learned)}
    facts |= {"reads and writes": template} if (template := on_one_line(learned)) else {}
    facts |= {"objective of": plan.choices.objective_of} if plan.choices.objective_of else {}
    facts["the paper's data"] = plan.published.data
    named = f"{plan.data.path}, " if plan.data.path else ""
    facts["data"] = f"{named}{len(plan.train):,} examples" + (
        f"; {plan.dropped:,} longer than a sequence are left out" if plan.dropped else ""
    )
    facts |= {"marks without data": ", ".join(plan.lacking)} if plan.lacking else {}
    facts |= {"starts from": str(plan.start.folder)} if plan.start else {}
    if plan.taught:
        first = f"{plan.teaching.card}, trained first and kept in " if plan.teaching else ""
        facts["teacher"] = f"{first}{plan.taught.folder}"
    facts |= {"size": repr(plan.model.size), "parameters": f"{plan.json()['parameters']:,}"}
    facts["recipe"] = plan.numbers_of
    facts |= {name: str(each) for name, each in plan.scaled.items()}
    return facts | ({"why this rate": plan.rate_reason} if plan.rate_reason else {})


def _plan(plan: "Plan") -> dict[str, str]:
    run, tokens, (kept, held) = plan.run, plan.tokens, plan.data.documents
    return {
        **_short(plan),
        "documents": f"{kept:,}, and {held:,} more held out",
        "tokenizer": repr(plan.tokenizer) if plan.tokenizer else "none: the model reads no text",
        "positions": f"{run.steps:,} of {run.batch} examples, about {tokens:,} each step, {run.steps * tokens:,} all",
        "passes": f"{run.steps * run.batch / len(plan.train):.2f} over the data",
        "schedule": f"{plan.stage.schedule!r} brought to this length",
        "optimiser": repr(plan.stage.optimiser),
        "numbers": run.dtype,
        "memory": f"about {plan.memory / 1e6:,.0f} MB for weights, optimiser and activations",
    }


def _tell_result(folder: Path, before: dict[str, float], after: dict[str, float], *, json: bool) -> None:
    from clados.files import JsonObject

    skipped = JsonObject.read(folder / "run.json").inside("skipped lines").take("number", int, None)
    if json:
        ends = {"start": before, "end": after} if before else {}
        lines = {} if skipped is None else {"skipped_lines": skipped}
        output.print_json({"out": str(folder), "held_out": ends, **lines})
        return
    if skipped is not None:
        output.print_facts({"skipped lines": f"{skipped:,}"})
    for name, value in after.items():
        was = f"{before[name]:.4f} at the start, " if name in before else ""
        output.print_facts({f"held-out {name}": f"{was}{value:.4f} at the end"})
    print(escape_controls(f"wrote {folder}"))
