"""The verb that writes what is to be seen in images."""

from pathlib import Path
from typing import Annotated

import typer

from clados.cli import output
from clados.cli.arguments import Directory, Json
from clados.errors import InputError


def caption_command(
    directory: Directory,
    images: Annotated[list[Path], typer.Option("--image", help="PNG or JPEG file; once for each image.")],
    example: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE=TEXT", help="An image and its text that are read first; any number of times."),
    ] = None,
    prompt: Annotated[str | None, typer.Option(help="What the text begins with, such as a question.")] = None,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Tokens at most.")] = 20,
    temperature: Annotated[float, typer.Option(min=0.0, help="0 takes the likeliest token each time.")] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    json: Json = False,
) -> None:
    """Write a text for each image, perhaps after examples.

    Example: clados caption runs/flamingo --image cat.png --example "dog.png=a dog"
    """
    from clados.apply.caption import caption

    examples = [_example(each) for each in example or ()]
    found = caption(
        directory,
        images,
        examples=examples,
        prompt=prompt or "",
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        seed=seed,
    )
    if json:
        output.print_json([{"image": str(image), "caption": text} for image, text in zip(images, found, strict=True)])
        return
    output.print_table(("image", "caption"), [(str(image), text) for image, text in zip(images, found, strict=True)])


def _example(given: str) -> tuple[Path, str]:
    """A file and a text, apart at the first equals sign.

    Raises:
        InputError: where there is none, or nothing on a side of it.
    """
    file, _, text = given.partition("=")
    if not file or not text:
        raise InputError(f"example is '{given}'; needed is FILE=TEXT, an image and its text")
    return Path(file), text
