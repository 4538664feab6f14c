"""``clados web``: the catalogue as pages, served on this machine or written as files."""

from pathlib import Path
from typing import Annotated

import typer

from clados.cli.output import print_note


def web_command(
    port: Annotated[int, typer.Option("--port", help="The port; 0 for any that is free.")] = 8765,
    host: Annotated[
        str, typer.Option("--host", help="The address; others than this machine's are asked for.")
    ] = "127.0.0.1",
    export: Annotated[
        Path | None, typer.Option("--export", metavar="DIR", help="Write all pages into a folder, and serve nothing.")
    ] = None,
) -> None:
    """Show the catalogue as pages in a browser: facets, cards, tree, timelines, comparisons.

    Nothing leaves this machine. Ctrl-C ends it.

    Example: clados web --port 8765
    """
    if export is not None:
        from clados.web.export import export_site

        print_note(f"wrote {export_site(export)} files to {export}; open {export / 'index.html'}")
        return
    from clados.web.server import serve

    serve(host, port, lambda address: print(f"Clados at {address} (Ctrl-C ends it)", flush=True))
