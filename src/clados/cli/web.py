"""``clados web``: the catalogue as pages, served on this machine or written as files."""

from pathlib import Path
from typing import Annotated

import typer

from clados.cli.output import print_note
from clados.errors import InputError
from clados.small import model_folder


def web_command(
    port: Annotated[int, typer.Option("--port", help="The port; 0 for any that is free.")] = 8765,
    host: Annotated[
        str, typer.Option("--host", help="The address; others than this machine's are asked for.")
    ] = "127.0.0.1",
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="DIR",
            help="A directory that the playground has beside the small models; repeat for more.",
        ),
    ] = None,
    runs: Annotated[
        Path | None, typer.Option("--runs", metavar="FOLDER", help="Show the runs under a folder as they go on.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="DIR", help="Write all pages into a folder, and serve nothing.")
    ] = None,
    pyodide: Annotated[
        Path | None,
        typer.Option(
            "--pyodide",
            metavar="FOLDER",
            help="With --export: the unpacked npm package that answers designer and comparisons.",
        ),
    ] = None,
) -> None:
    """Show the catalogue as pages in a browser: facets, cards, tree, comparisons, designer, playground, runs.

    Nothing leaves this machine. Ctrl-C ends it.

    Example: clados web --port 8765
    """
    from clados.web.request import Given

    if export is not None:
        from clados.catalog.load import catalog
        from clados.web.browser_python import browser_python
        from clados.web.configs import config_files
        from clados.web.export import export_site, new_folder
        from clados.web.site import Site

        new_folder(export)
        python = browser_python(pyodide) if pyodide is not None else None
        site = Site(live=False, given=Given(python=python, configs=config_files(catalog().values())))
        print_note(f"wrote {export_site(export, site)} files to {export}; open {export / 'index.html'}")
        return
    if pyodide is not None:
        raise InputError(f"--pyodide {pyodide}: it goes with --export, whose pages have no server to answer them")
    from clados.web.server import serve

    given = Given(_directories(model or []), _folder(runs))
    serve(host, port, lambda address: print(f"Clados at {address} (Ctrl-C ends it)", flush=True), given)


def _directories(models: list[str]) -> tuple[str, ...]:
    """The directories of models.

    Raises:
        InputError: for one that is not there.
    """
    for each in models:
        if not model_folder(each).is_dir():
            raise InputError(f"--model {each}: there is no such directory")
    return tuple(models)


def _folder(runs: Path | None) -> Path | None:
    if runs is not None and not runs.is_dir():
        raise InputError(f"--runs {runs}: there is no such folder")
    return runs
