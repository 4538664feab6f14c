"""`clados summarize` and `clados answer`: what a text says, which is given whole."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from clados.cli import output
from clados.cli.apply import BatchSize, Texts
from clados.cli.arguments import Directory, Json
from clados.errors import InputError

NewTokens = Annotated[int | None, typer.Option(help="New tokens at most.", show_default="as DIR says, or 100")]


def summarize_command(
    directory: Directory,
    texts: Texts = None,
    file: Annotated[
        list[Path] | None,
        typer.Option(help="File with one text; repeat for more.", show_default="the input, where no text is given"),
    ] = None,
    prefix: Annotated[str | None, typer.Option(help="The task, put before each text.", show_default="T5's")] = None,
    max_new_tokens: NewTokens = None,
    min_new_tokens: Annotated[int | None, typer.Option(help="New tokens at least.", show_default="as DIR says")] = None,
    beams: Annotated[int | None, typer.Option(min=1, help="Number of beams.", show_default="as DIR says, or 4")] = None,
    length_penalty: Annotated[
        float | None,
        typer.Option(
            help="Length penalty of beam search: above 0 favours longer texts.", show_default="as DIR says, or 0.6"
        ),
    ] = None,
    no_repeat_ngram_size: Annotated[
        int | None, typer.Option(help="N-grams of this length occur once at most.", show_default="as DIR says")
    ] = None,
    batch: BatchSize = 8,
    json: Json = False,
) -> None:
    """Summarise texts, each given as an argument, a file or the input.

    Example: clados summarize runs/pegasus --file story.txt
    """
    from clados.apply.summarize import summarize

    given = [*(texts or []), *map(_read, file or [])] or [sys.stdin.read()]
    found = summarize(
        directory,
        given,
        prefix=prefix,
        max_new_tokens=max_new_tokens,
        min_new_tokens=min_new_tokens,
        beams=beams,
        length_penalty=length_penalty,
        no_repeat_ngram_size=no_repeat_ngram_size,
        batch=batch,
        on_note=output.print_note,
    )
    if json:
        output.print_json([{"text": text, "summary": each} for text, each in zip(given, found)])
    else:
        print("\n".join(map(output.for_terminal, found)))


def answer_command(
    directory: Directory,
    question: Annotated[str, typer.Option(help="The question.")],
    context: Annotated[
        str | None, typer.Option(help="The text that it is about.", show_default="the --file, or the input")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="File with the text that it is about.")] = None,
    template: Annotated[
        str | None,
        typer.Option(help="How a model that writes is asked, with {question} and {context}.", show_default="its own"),
    ] = None,
    max_new_tokens: NewTokens = None,
    json: Json = False,
) -> None:
    """Answer a question about a text: quoted from it, or in the model's own words.

    Example: clados answer runs/t5 --question "Who sat?" --context "The king sat on the throne."
    """
    from clados.apply.answer import answer

    if context is not None and file is not None:
        raise InputError("give a --context or a --file: one of the two")
    if context is None:
        context = sys.stdin.read() if file is None else _read(file)
    found = answer(directory, question, context, template=template, max_new_tokens=max_new_tokens)
    if json:
        output.print_json({"question": question, **vars(found)})
        return
    print(output.for_terminal(found.text))
    if found.probability is not None:
        output.print_note(f"{100 * found.probability:.1f} %, characters {found.start} to {found.end} of the text")


def _read(file: Path) -> str:
    """A file's text.

    Raises:
        InputError: when it is no text in UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not text in UTF-8 ({error})") from error
