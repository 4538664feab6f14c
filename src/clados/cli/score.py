"""``clados score``: the rewards of answers."""

from pathlib import Path
from typing import Annotated

import typer

from clados.cli import output
from clados.cli.arguments import Directory, Json
from clados.errors import InputError

ABOUT_REWARDS = (
    "A reward says how good DIR finds an answer, by the preferences that it learned; only differences mean anything."
)


def score_command(
    directory: Directory,
    prompt: Annotated[str | None, typer.Option(help="What the answers answer.", show_default="none")] = None,
    answer: Annotated[list[str] | None, typer.Option(help="An answer; repeat for more.", show_default="none")] = None,
    file: Annotated[
        Path | None, typer.Option(help="JSONL file of prompt and completion instead.", show_default="none")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Batch size.")] = 32,
    json: Json = False,
) -> None:
    """Score answers to prompts: the higher, the better by what DIR learned.

    Example: clados score runs/reward --prompt "What is a cat?" --answer "An animal." --answer "A verb."
    """
    from clados.apply.score import score
    from clados.data.examples import Pair
    from clados.data.readers import read_as

    if (file is None) == (prompt is None) or bool(answer) != (prompt is not None):
        raise InputError("give a --prompt and each --answer, or a --file of them: one of the two")
    pairs = [(prompt or "", each) for each in answer or ()]
    if file is not None:
        pairs = [(each.source, each.target) for each in read_as(Pair, str(file))]
    prompts, answers = [each for each, _ in pairs], [each for _, each in pairs]
    found = score(directory, prompts, answers, batch=batch)
    if json:
        output.print_json([{"prompt": a, "answer": b, "reward": each} for (a, b), each in zip(pairs, found)])
        return
    cells = [(f"{each:.3f}", a, b) for (a, b), each in zip(pairs, found)]
    output.print_table(("reward", "prompt", "answer"), cells, right=("reward",))
    output.print_note(ABOUT_REWARDS)
