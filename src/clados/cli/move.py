"""The verb that moves particles."""

from pathlib import Path
from typing import Annotated

import typer

from clados.cli import output
from clados.cli.arguments import Directory, Json


def move_command(
    directory: Directory,
    particles: Annotated[Path, typer.Argument(help="JSON: positions and velocities, three numbers each, and charges.")],
    json: Json = False,
) -> None:
    """Predict where particles will be, as much later as in what the model learned from.

    Example: clados move runs/se3-transformer particles.json
    """
    from clados.apply.move import move, read_particles

    later = move(directory, read_particles(particles))
    places, velocities = later.positions.tolist(), later.velocities.tolist()
    if json:
        output.print_json({"positions": places, "velocities": velocities})
        return
    rows = zip(later.charges.tolist(), places, velocities, strict=True)
    output.print_lines(
        [f"charge {charge:g}: at {_said(place)}; velocity {_said(velocity)}" for charge, place, velocity in rows]
    )


def _said(vector: list[float]) -> str:
    return ", ".join(f"{each:.3f}" for each in vector)
