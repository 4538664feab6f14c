"""`clados choose`: the likeliest of several answers."""

from typing import Annotated

import typer

from clados.cli import output
from clados.cli.arguments import Directory, Json


def choose_command(
    directory: Directory,
    prompt: Annotated[str, typer.Option(help="What is asked.")],
    choice: Annotated[list[str], typer.Option(help="An answer to choose from; repeat for more.")],
    per_token: Annotated[
        bool, typer.Option("--per-token", help="Take the mean over an answer's tokens, and not their sum.")
    ] = False,
    json: Json = False,
) -> None:
    """Choose among answers by their log-probability, as T0 and Flan are measured (rank classification).

    Example: clados choose small/t5 --prompt "Is a cat an animal?" --choice yes --choice no
    """
    from clados.apply.choose import likeliest

    found = likeliest(directory, prompt, choice, per_token=per_token)
    if json:
        output.print_json({"prompt": prompt, "choices": [vars(each) for each in found]})
        return
    output.print_table(("log p", "choice"), [(f"{each.logprob:.3f}", each.text) for each in found], right=("log p",))
