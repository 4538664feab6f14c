"""The verbs that make images: paint, reconstruct."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clados.cli import output
from clados.cli.arguments import Directory, Json
from clados.cli.pictures import names_of_several, write_gif, write_png
from clados.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STEP_MILLISECONDS = 80  # for which a step stands in a GIF

Out = Annotated[Path, typer.Option(help="PNG file to write; of several images, with a number before its ending.")]


def paint_command(
    directory: Directory,
    texts: Annotated[list[str], typer.Argument(metavar="TEXT...", help="What is to be seen, an image each.")],
    out: Out = Path("painting.png"),
    steps: Annotated[int, typer.Option(min=1, help="Steps in which noise is taken away.")] = 50,
    guidance: Annotated[
        float | None,
        typer.Option(help="How far an image is led towards its text; 1 is not at all.", show_default="as declared"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    side: Annotated[
        int | None,
        typer.Option(min=1, help="Side of the images in pixels.", show_default="that of the images it learned from"),
    ] = None,
    from_: Annotated[
        Path | None, typer.Option("--from", help="An image that is painted anew, where --mask is white or all of it.")
    ] = None,
    mask: Annotated[Path | None, typer.Option(help="An image, black where --from stays as it is.")] = None,
    strength: Annotated[
        float | None,
        typer.Option(
            help="How far --from is painted anew: the share of the steps taken, above 0 and at most 1.",
            show_default="0.8; with --mask all of them",
        ),
    ] = None,
    gif: Annotated[
        Path | None, typer.Option(help="GIF file of the steps to write too; of several images, with a number.")
    ] = None,
    small: Annotated[
        Path | None, typer.Option("--enlarge", help="A small image that is enlarged, by a model that does so.")
    ] = None,
    json: Json = False,
) -> None:
    """Paint an image of each text.

    Example: clados paint runs/stable-diffusion "a red heart" --steps 25 --seed 3
    """
    from clados.apply.paint import paint
    from clados.apply.unclip import is_unclip_pipeline

    if gif and is_unclip_pipeline(directory):
        raise InputError(f"gif is {gif}, but {directory} is a pipeline of parts, which shows no steps")
    given: dict[str, Any] = {"side": side, "image": from_, "mask": mask, "strength": strength, "small": small}
    course: list[list[NDArray[np.uint8]]] = []
    if gif:
        given["watch"] = lambda step, images: course.append(images())
    images = paint(directory, texts, steps=steps, guidance=guidance, seed=seed, **given)
    films = names_of_several(gif, len(images)) if gif else []
    for file, frames in zip(films, zip(*course)):
        write_gif(file, frames, STEP_MILLISECONDS)
    _write(images, out, films, json=json)


def reconstruct_command(
    directory: Directory,
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="PNG or JPEG files.")],
    out: Out = Path("reconstruction.png"),
    json: Json = False,
) -> None:
    """Make images small by a model's codes, and large again.

    Example: clados reconstruct runs/stable-diffusion cat.png
    """
    from clados.apply.paint import reconstruct

    _write(reconstruct(directory, images), out, json=json)


def _write(images: "list[NDArray[np.uint8]]", out: Path, before: Sequence[Path] = (), *, json: bool) -> None:
    """Each image as PNG; their names are printed, behind those of files that were written before."""
    names = names_of_several(out, len(images))
    for image, name in zip(images, names, strict=True):
        write_png(name, image)
    names = [*before, *names]
    if json:
        output.print_json({"files": [str(name) for name in names]})
        return
    output.print_lines([f"wrote {name}" for name in names])
