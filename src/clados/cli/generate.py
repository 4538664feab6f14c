"""`clados generate`: what a model writes, as it writes it."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clados.cli import output
from clados.cli.arguments import Directory, Json
from clados.errors import InputError
from clados.files import read_json
from clados.names import shown_token

if TYPE_CHECKING:
    from clados.apply.decoding.constraint import Constraint
    from clados.apply.write import Written


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
    n: Annotated[int, typer.Option("--n", min=1, help="Texts; more than one are drawn, or those of beams.")] = 1,
    stop: Annotated[list[str] | None, typer.Option(help="Text to stop at; may be given several times.")] = None,
    regex: Annotated[str | None, typer.Option(help="Regular expression that the text matches.")] = None,
    json_schema: Annotated[Path | None, typer.Option(help="File with the JSON schema of the text.")] = None,
    logprobs: Annotated[bool, typer.Option("--logprobs", help="Show the log-probability of each token.")] = False,
    echo: Annotated[bool, typer.Option("--echo", help="Show those of the prompt, too.")] = False,
    seed: Annotated[int | None, typer.Option(help="Random seed.")] = None,
    json: Json = False,
) -> None:
    """Generate text: a decoder continues the prompt, an encoder-decoder answers it.

    What is not given is as DIR's generation_config.json says. --top-k and --top-p draw tokens, at temperature 1
    unless --temperature says otherwise. --regex and --json-schema need the extra "constrain".

    Example: clados generate runs/gpt-2 --prompt "Once upon a time" --temperature 0.8 --top-p 0.9
    """
    from clados.apply.ready import load
    from clados.apply.write import generate_all, generate_stream

    ready = load(directory, "generate", texts=n, beams=beams)
    chosen: dict[str, Any] = {
        "max_new_tokens": max_new_tokens,
        "min_new_tokens": min_new_tokens,
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
        "beams": beams,
        "length_penalty": length_penalty,
        "early_stopping": None if early_stopping is None else _EARLY[early_stopping],
        "repetition_penalty": repetition_penalty,
        "no_repeat_ngram_size": no_repeat_ngram_size,
        "seed": seed,
        "stop": stop or (),
        "constraint": _constraint(regex, json_schema),
        "on_note": output.print_note,
    }
    if n == 1 and not (json or logprobs or echo):
        _stream(generate_stream(ready, prompt, **chosen))
        return
    found = generate_all(ready, prompt, n=n, logprobs=logprobs, echo=echo, **chosen)
    if json:
        more = {"texts": [_said(each) for each in found]} if n > 1 or logprobs or echo else {}
        output.print_json({"model": ready.name, "prompt": prompt, "text": found[0].text, **more})
        return
    for number, each in enumerate(found, 1):
        if n > 1:
            output.print_heading(f"{number} of {n}")
        print(output.for_terminal(each.text))
        if not each.text.strip():
            output.print_note(EMPTY)
        if each.logprobs is not None:
            tokens = (*(each.prompt_tokens or ()), *each.tokens)
            logs = (*(each.prompt_logprobs or ()), *each.logprobs)
            cells = [(shown_token(token), "-" if log is None else f"{log:.3f}") for token, log in zip(tokens, logs)]
            output.print_table(("token", "log p"), cells, right=("log p",))


def _constraint(regex: str | None, schema: Path | None) -> "Constraint | None":
    """Raises InputError: for both, and a file that holds no schema."""
    from clados.apply.decoding.constraint import JSONSchema, Regex

    if regex is not None and schema is not None:
        raise InputError("--regex and --json-schema are both given; one of them goes")
    if schema is None:
        return None if regex is None else Regex(regex)
    found = read_json(schema, InputError)
    if not isinstance(found, dict):
        raise InputError(f"{schema}: it holds {type(found).__name__}; a JSON schema is an object")
    return JSONSchema(found)


def _said(written: "Written") -> dict[str, Any]:
    return {name: value for name, value in vars(written).items() if name != "prompt" and value is not None}


def _stream(pieces: Iterable[str]) -> None:
    """Print pieces as they come; many line breaks at the end are told instead, and that there is nothing else."""
    blank, written = "", False  # at the end so far; whether there is more than that
    for piece in pieces:
        text = blank + piece
        blank = text[len(text.rstrip()) :]
        written = written or len(text) > len(blank)
        print(output.for_terminal(text.rstrip()), end="", flush=True)
    lines = blank.count("\n")
    print()
    if not written:
        output.print_note(EMPTY)
    if lines > 1:
        output.print_note(f"{lines} line breaks at the end are not shown{_LOOP if lines > LOOP else ''}")


EMPTY = "the model wrote no words"
LOOP = 8  # line breaks in a row that no text has
_LOOP = ": the model repeats itself, as small ones do; --repetition-penalty 1.3 or --temperature 0.8 make it go on"
_EARLY = {Early.FALSE: False, Early.TRUE: True, Early.NEVER: "never"}
