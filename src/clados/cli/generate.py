"""`clados generate`: what a model writes, as it writes it."""

from enum import StrEnum
from typing import Annotated

import typer

from clados.cli import output
from clados.cli.arguments import Directory, Json


class Early(StrEnum):
    """When a search with beams stops."""

    FALSE = "false"
    TRUE = "true"
    NEVER = "never"


def generate_command(
    directory: Directory,
    prompt: Annotated[str, typer.Option(help="The text to continue, or to answer.")],
    max_new_tokens: Annotated[
        int | None, typer.Option(help="New tokens at most.", show_default="as DIR says, or 100")
    ] = None,
    min_new_tokens: Annotated[int | None, typer.Option(help="New tokens at least.")] = None,
    temperature: Annotated[
        float | None,
        typer.Option(help="0 takes the likeliest token; 1 samples from the model's probabilities.", show_default="0"),
    ] = None,
    top_k: Annotated[int | None, typer.Option(help="Sample from this many of the likeliest tokens.")] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Sample from the likeliest tokens that sum to this probability.")
    ] = None,
    beams: Annotated[int | None, typer.Option(help="Number of beams.", show_default="1")] = None,
    length_penalty: Annotated[
        float | None,
        typer.Option(help="Length penalty of beam search: above 0 favours longer texts.", show_default="1"),
    ] = None,
    early_stopping: Annotated[
        Early | None,
        typer.Option(
            help="Beams stop when enough texts have ended (true), or when no better one is likely.",
            show_default="false",
        ),
    ] = None,
    repetition_penalty: Annotated[
        float | None,
        typer.Option(help="Repetition penalty: above 1 makes tokens that occur already less likely.", show_default="1"),
    ] = None,
    no_repeat_ngram_size: Annotated[
        int | None, typer.Option(help="N-grams of this length occur once at most.", show_default="0: any may repeat")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Random seed.")] = None,
    json: Json = False,
) -> None:
    """Generate text: a decoder continues the prompt, an encoder-decoder answers it.

    What is not given is as DIR's generation_config.json says. --top-k and --top-p draw tokens, at temperature 1
    unless --temperature says otherwise.

    Example: clados generate runs/gpt-2 --prompt "Once upon a time" --temperature 0.8 --top-p 0.9
    """
    from clados.apply.ready import load
    from clados.apply.write import generate

    ready = load(directory, "generate", beams=beams)

    blank = ""  # at the end so far

    def show(piece: str) -> None:
        nonlocal blank
        text = blank + piece
        blank = text[len(text.rstrip()) :]
        print(output.for_terminal(text.rstrip()), end="", flush=True)

    text = generate(
        ready,
        prompt,
        max_new_tokens=max_new_tokens,
        min_new_tokens=min_new_tokens,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        beams=beams,
        length_penalty=length_penalty,
        early_stopping=None if early_stopping is None else _EARLY[early_stopping],
        repetition_penalty=repetition_penalty,
        no_repeat_ngram_size=no_repeat_ngram_size,
        seed=seed,
        on_text=None if json else show,
        on_note=output.print_note,
    )
    if json:
        output.print_json({"model": ready.name, "prompt": prompt, "text": text})
        return
    lines = blank.count("\n")
    print("" if lines > 1 else output.for_terminal(blank))
    if lines > 1:
        output.print_note(f"{lines} line breaks at the end are not shown{_LOOP if lines > LOOP else ''}")


LOOP = 8  # line breaks in a row that no text has
_LOOP = ": the model repeats itself, as small ones do; --repetition-penalty 1.3 or --temperature 0.8 make it go on"
_EARLY = {Early.FALSE: False, Early.TRUE: True, Early.NEVER: "never"}
