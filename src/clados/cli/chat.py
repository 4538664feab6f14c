"""`clados chat`: a tuned model's answers, in its own template."""

import sys
from typing import Annotated

import typer

from clados.cli import output
from clados.cli.arguments import Directory, Json


def chat_command(
    directory: Directory,
    prompt: Annotated[
        str | None, typer.Option(help="One prompt.", show_default="a conversation, a line of the input for each turn")
    ] = None,
    system: Annotated[
        str | None, typer.Option(help="What the template's opening says, where it has a place for it.")
    ] = None,
    max_new_tokens: Annotated[
        int | None, typer.Option(help="New tokens of an answer at most.", show_default="as DIR says, or 100")
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(help="0 takes the likeliest token; 1 samples from the model's probabilities.", show_default="0"),
    ] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Sample from the likeliest tokens that sum to this probability.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Random seed.")] = None,
    json: Json = False,
) -> None:
    """Ask a tuned model: one prompt, or a conversation whose turns are lines of the input.

    Example: clados chat runs/alpaca --prompt "What is the meaning of 'house'?"
    """
    from clados.apply.chat import chat
    from clados.apply.ready import load

    ready = load(directory, "chat")
    told: list[tuple[str, str]] = []
    waiting = iter([prompt]) if prompt is not None else (line.strip() for line in iter(sys.stdin.readline, ""))
    for line in filter(None, waiting):
        told.append(("user", line))
        answer = chat(
            ready,
            told,
            system=system or "",
            max_new_tokens=max_new_tokens,
            temperature=temperature,
            top_p=top_p,
            seed=seed,
        )
        told.append(("assistant", answer))
        if json:
            output.print_json({"model": ready.name, "prompt": line, "answer": answer})
        else:
            print(output.for_terminal(answer), flush=True)
