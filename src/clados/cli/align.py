"""``clados align``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from clados.cli import output
from clados.cli.arguments import Json, complete_models
from clados.cli.train import Dtype, device_type, interruptible, prints, progress_shown


class MethodName(StrEnum):
    """By what the last stages learn from judgements."""

    AS_DECLARED = "ppo"
    OF_GROUPS = "grpo"
    OF_PAIRS = "dpo"


def align_command(
    model: Annotated[str, typer.Argument(metavar="MODEL[:SIZE]", help="A model.", autocompletion=complete_models)],
    stages: Annotated[
        str | None, typer.Option(help="Stages to train, parted by commas.", show_default="all that can be")
    ] = None,
    params: Annotated[
        str | None,
        typer.Option(
            help="Budget of what it starts from, trained first.", show_default="a small model that comes along"
        ),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            help="Prompts and answers: your file or folder, or STAGE=PATH for one stage; repeat for more.",
            metavar="[STAGE=]PATH",
            show_default="embedded ones",
        ),
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out lines of data that cannot be used, and count them.")
    ] = False,
    reward: Annotated[
        str | None, typer.Option(help="Who judges answers: module:function, or a folder.", show_default="the recipe's")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--start", help="An earlier walk's folder, for stages that are not walked here.", show_default="none"
        ),
    ] = None,
    method: Annotated[
        MethodName, typer.Option(help="ppo: what the recipe says; grpo or dpo instead. Dpo needs no judge.")
    ] = MethodName.AS_DECLARED,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Steps of each stage.", show_default="300; 400 of judges, 80 of the judged"),
    ] = None,
    length: Annotated[
        int | None,
        typer.Option(
            min=1, help="Sequence length in tokens, of each stage.", show_default="what the objective is tried with"
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder for the models.", show_default="runs/MODEL-aligned")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the walk in --out, with the same options.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    dtype: Annotated[
        Dtype | None,
        typer.Option(help="Number type of the computation.", show_default="bfloat16 where the machine has it"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and train nothing.")] = False,
    json: Json = False,
) -> int:
    """Train the later stages of a model's recipe, each from what came before it, with a report of all.

    Example: clados align instructgpt --reward rewards:short --dry-run
    """
    from clados.data.templates import on_one_line, without_template
    from clados.names import parted_names
    from clados.reports.run import REPORT
    from clados.train.align import align, first_trained, legs
    from clados.train.align_told import told_differs
    from clados.train.walk import Walk, parted_data

    every, own = parted_data(data or ())
    asked = Walk(
        model=model,
        stages=parted_names(stages, "stages"),
        params=params,
        data=every,
        own_data=own,
        skip_bad=skip_bad,
        reward=reward,
        start=start,
        method=method.value,
        steps=steps,
        length=length,
        seed=seed,
        dtype=dtype.value if dtype else device_type(),  # type: ignore[arg-type]
    )
    folder = out or Path("runs") / f"{asked.model.replace(':', '-')}-aligned"
    if dry_run:
        plan = legs(asked)
        new = first_trained(asked, plan, folder)
        differs = {each.stage.name: told_differs(each, plan, asked.length) for each in plan if not each.without}
        if json:
            more = ({"trained first": each.start in new, "differs": differs.get(each.stage.name, ())} for each in plan)
            output.print_json([{**each.json(), **told} for each, told in zip(plan, more)])
            return 0
        for each in plan:
            print(f"{each.stage.name}: {without_template(each.learned)}")
            if each.without:
                print(f"  not trained: it {each.without}")
                continue
            first = ", which is trained small first: none comes along or is kept" if each.start in new else ""
            print(f"  starts from {each.start}{first}; the paper learned from: {each.stage.data}")
            if template := on_one_line(each.learned):
                print(f"  reads and writes: {template}")
            if each.judges:
                print(f"  is judged by {', '.join(each.judges)}")
            for line in differs[each.stage.name]:
                print(f"  {line}")
        return 0
    with interruptible() as stop:
        done = align(asked, folder, resume=resume, show=progress_shown(model, folder, tensorboard=False), stop=stop)
    if not prints():
        return 0 if done else 130
    if not done:
        output.print_note("stopped and saved; the same command with --resume goes on")
        return 130
    if json:
        output.print_json({"folder": str(folder), "report": str(folder / REPORT)})
    else:
        output.print_note(f"wrote {folder}; {folder / REPORT} tells of it")
    return 0
