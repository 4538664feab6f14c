"""``clados report``."""

from pathlib import Path
from typing import Annotated

import typer

from clados.cli import output
from clados.cli.arguments import Json
from clados.tables import escape_controls


def report_command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run, or of one of a walk's stages.")],
    json: Json = False,
) -> None:
    """Draw the report of a run anew from the files in its folder, also of one that goes on or was killed.

    What its model makes is asked when a run is over, and kept in samples.json.

    Example: clados report runs/bert
    """
    from clados.reports.run import write_report

    file = write_report(run)
    if json:
        output.print_json({"report": str(file)})
    else:
        print(escape_controls(f"wrote {file}"))
