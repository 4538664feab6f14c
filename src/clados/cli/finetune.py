"""``clados finetune``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from clados.cli import output
from clados.cli.arguments import Directory, Json
from clados.cli.train import Dtype, device_type, interruptible, prints, progress_shown
from clados.errors import InputError
from clados.names import parted_names
from clados.tables import escape_controls


class TaskName(StrEnum):
    """What a model is tuned for."""

    CLASSIFY = "classify"
    PAIRS = "pairs"
    TAG = "tag"
    SPAN = "span"
    GENERATE = "generate"
    EMBED = "embed"


def finetune_command(
    directory: Directory,
    task: Annotated[TaskName, typer.Option(help="What it is tuned for.")],
    data: Annotated[str, typer.Option(help="Training data: your own file or folder.")],
    out: Annotated[Path | None, typer.Option(help="The folder for the model.", show_default="runs/NAME-TASK")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run in --out, with the same options.")] = False,
    epochs: Annotated[float | None, typer.Option(help="Passes over the data.", show_default="3")] = None,
    steps: Annotated[int | None, typer.Option(help="Training steps, instead of --epochs.")] = None,
    batch: Annotated[int, typer.Option(help="Batch size.")] = 16,
    micro: Annotated[int | None, typer.Option(help="Micro-batch size, to save memory.")] = None,
    length: Annotated[int | None, typer.Option(help="Tokens of a text at most.", show_default="DIR's, or 512")] = None,
    lr: Annotated[
        float | None, typer.Option(help="Peak learning rate.", show_default="5e-5, scaled to the width")
    ] = None,
    head_lr: Annotated[float, typer.Option(help="Rate of new heads, as a multiple of it.")] = 1.0,
    layer_decay: Annotated[float, typer.Option(help="Rate of a layer as a share of that of the one above.")] = 1.0,
    patience: Annotated[
        int, typer.Option(min=0, help="Evaluations without a better one that end the run; 0: it goes to its end.")
    ] = 5,
    problem: Annotated[
        str | None,
        typer.Option(help="transformers' problem_type of classes.", show_default="as the labels look"),
    ] = None,
    class_weights: Annotated[
        str | None, typer.Option(help="balanced, or CLASS=WEIGHT,...", show_default="all count once")
    ] = None,
    lora: Annotated[
        int | None, typer.Option(help="Learn low-rank updates of this rank, written as PEFT's adapter.")
    ] = None,
    alpha: Annotated[float | None, typer.Option(help="LoRA's alpha.", show_default="twice its rank")] = None,
    on: Annotated[str, typer.Option(help="Outputs and products that get low-rank updates.")] = "q,v",
    lora_dropout: Annotated[float, typer.Option(help="Dropout before low-rank updates.")] = 0.0,
    merge: Annotated[bool, typer.Option("--merge", help="Write the whole model, its low-rank updates added.")] = False,
    upper: Annotated[int | None, typer.Option(help="Learn the last so many layers alone.")] = None,
    freeze: Annotated[
        list[str] | None, typer.Option(help="Tensors that stay, such as inputs.tokens.*; repeat for more.")
    ] = None,
    dropout: Annotated[float | None, typer.Option(help="Dropout rate everywhere.", show_default="DIR's")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    dtype: Annotated[
        Dtype | None,
        typer.Option(help="Number type of the computation.", show_default="bfloat16 where the machine has it"),
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out lines of data that cannot be used, and count them.")
    ] = False,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write TensorBoard event files too.")] = False,
    json: Json = False,
) -> int:
    """Tune a saved model for a task, on your data.

    Example: clados finetune runs/bert --task classify --data reviews.csv
    """
    from clados.train.finetune import Tuned, finetune

    choices = Tuned(
        start=str(directory),
        task=task.value,
        data=data,
        problem=problem,
        epochs=epochs,
        steps=steps,
        batch=batch,
        micro=micro,
        length=length,
        lr=lr,
        dropout=dropout,
        seed=seed,
        dtype=dtype.value if dtype else device_type(),  # type: ignore[arg-type]
        patience=patience,
        class_weights=_weights(class_weights),
        layer_decay=layer_decay,
        head_lr=head_lr,
        lora=lora,
        alpha=alpha,
        on=parted_names(on, "on"),
        lora_dropout=lora_dropout,
        upper=upper,
        freeze=tuple(freeze or ()),
        merge=merge,
        skip_bad=skip_bad,
    )
    folder = out or Path("runs") / f"{directory.resolve().name}-{task.value}"
    show = progress_shown(folder.name, folder, tensorboard=tensorboard)
    with interruptible() as stop:
        result = finetune(choices, folder, resume=resume, show=show, stop=stop)
    if not prints():
        return 0 if result.finished else 130
    if not result.finished:
        output.print_note(
            f"stopped and saved after step {result.entries[-1]['step']}; the same command with --resume goes on"
        )
        return 130
    _tell(folder, *result.before_and_after, json=json)
    return 0


def _weights(said: str | None) -> Literal["balanced"] | dict[str, float] | None:
    """The weights of classes as they are written."""
    if said is None or said == "balanced":
        return said  # type: ignore[return-value]
    found = {}
    for each in said.split(","):
        name, _, number = each.rpartition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            name = ""
        if not name:
            raise InputError(f"class weights are '{said}'; allowed: balanced, or CLASS=WEIGHT,... with numbers above 0")
    return found


def _tell(folder: Path, before: dict[str, float], after: dict[str, float], *, json: bool) -> None:
    from clados.errors import CladosError
    from clados.files import read_json
    from clados.reports.run import METRICS, run_record

    content: Any = read_json(folder / METRICS, CladosError)
    ending = run_record(folder).ending()
    if json:
        ends = {"start": before, "end": after} if before else {}
        output.print_json({"out": str(folder), "held_out": ends, "metrics": content})
        return
    output.print_facts({f"held-out {name}": f"{value:.4f}" for name, value in content.items()})
    if ending:
        print(ending)
    print(escape_controls(f"wrote {folder}"))


def merge_command(
    directory: Directory,
    out: Annotated[Path, typer.Option(help="The folder for the model.")],
    json: Json = False,
) -> None:
    """Write an adapter and the model that it was learned on as one model, as PEFT's merge_and_unload does.

    Example: clados merge runs/bert-classify --out merged
    """
    from clados.checkpoints import from_pretrained, save_pretrained
    from clados.checkpoints.formats.peft import is_adapter

    if not is_adapter(directory):
        raise InputError(f"{directory}: it holds no adapter (adapter_config.json); there is nothing to merge")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: it is not empty; name another folder for the model")
    module = from_pretrained(directory)
    save_pretrained(module, out)
    if json:
        output.print_json({"out": str(out), "verdict": module.report.verdict})
        return
    print(escape_controls(f"wrote {out}"))
