"""`clados prefer`: which of two answers a model finds better by principles, as data for a preference model."""

import json as plain
from pathlib import Path
from typing import Annotated

import typer

from clados.cli import output
from clados.cli.arguments import Directory, Json


def prefer_command(
    directory: Directory,
    out: Annotated[Path, typer.Option("--out", help="The JSONL file to write.")],
    answers: Annotated[
        str | None, typer.Option(help="Model that answers the prompts: DIR.", show_default="the one that chooses")
    ] = None,
    prompts: Annotated[str, typer.Option(help="Prompts: your file or folder, or an embedded set.")] = "instructions",
    principles: Annotated[
        Path | None, typer.Option(help="File with one principle a line.", show_default="four that come along")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="Prompts at most.")] = 256,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Tokens of an answer at most.")] = 24,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    json: Json = False,
) -> None:
    """Let a model say which of two answers follows a principle better: what a preference model learns from (RLAIF).

    Each row has a prompt, two answers and how likely each is the better one. No person judged them.

    Example: clados prefer small/gpt-2-instruct --out preferences.jsonl --most 32
    """
    from clados.data.examples import Pair
    from clados.data.readers import read_as
    from clados.errors import InputError, check_seed
    from clados.files import write_text
    from clados.systems.constitution import PRINCIPLES, constitution_of
    from clados.systems.making import rules_in

    check_seed(seed)
    asked = list(dict.fromkeys(each.source for each in read_as(Pair, prompts)))[:most]
    chosen = PRINCIPLES if principles is None else rules_in(principles, "principle")
    made = constitution_of(
        directory, directory if answers is None else answers, chosen, max_new_tokens=max_new_tokens, seed=seed
    )
    found = list(made.preferences(asked, seed))
    if not found:
        raise InputError(
            f"none of {len(asked)} prompts has two answers that fit into a question and are not liked alike"
        )
    rows = [{"prompt": each.prompt, "answers": each.answers, "probabilities": each.chances} for each in found]
    write_text(out, "".join(f"{plain.dumps(each, ensure_ascii=False)}\n" for each in rows))
    if json:
        output.print_json({"out": str(out), "preferences": len(found), "prompts": len(asked)})
        return
    for line in made.assumed:
        output.print_note(f"assumed: {line}")
    output.print_note(f"wrote {out}: {len(found)} preferences of {len(asked)} prompts; no person judged them")
