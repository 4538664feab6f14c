"""The frame around every command: finding it, and turning errors into one line and an exit code."""

import importlib
import io
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from functools import partial
from typing import Any

from clados.cli.commands import COMMANDS
from clados.cli.progress import progress_bar
from clados.errors import CladosError, CladosWarning, InputError, missing
from clados.names import CARDS_PATH, did_you_mean
from clados.progress import showing
from clados.tables import escape_controls


class UsageError(InputError):
    """A command line that cannot be understood."""


def run_command_line(argv: Sequence[str]) -> int:
    """Run a command line and return its exit code: 0, 2 for a mistake that is explained on stderr, 130 for Ctrl-C,
    1 when the reader of the output left before its end; or what the command returned.

    Errors that are not meant for users are bugs, and are raised.
    """
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="replace")
    shown = set[str]()
    warnings.showwarning = partial(_show_warning, shown)
    try:
        with showing(progress_bar):
            code = _dispatch([*argv])
        sys.stdout.flush()
        return code
    except CladosError as error:
        return fail(str(error))
    except ModuleNotFoundError as error:
        return fail(str(missing(error)))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # the reader has gone (as in `clados list | head`); what is left goes nowhere, silently
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return fail(f"{where}{error.strerror or error}")


def _show_warning(
    shown: set[str],
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: object = None,
    line: str | None = None,
) -> None:
    """Print a warning of Clados as one line on stderr, the same one once; other warnings as Python shows them.

    Args:
        shown: what was printed so far: each stage of a walk reads its data, and finds the same bad lines.
    """
    if issubclass(category, CladosWarning):
        if str(message) not in shown:
            print(f"clados: {escape_controls(' '.join(str(message).split()))}", file=sys.stderr)
        shown.add(str(message))
    else:
        print(warnings.formatwarning(message, category, filename, lineno, line), file=sys.stderr, end="")


def fail(message: str) -> int:
    """Print one line on stderr; the exit code of a mistake."""
    print(f"clados: {escape_controls(' '.join(message.split()))}", file=sys.stderr)
    return 2


def _dispatch(argv: list[str]) -> int:
    argv = _everywhere(argv)
    if "_CLADOS_COMPLETE" in os.environ or argv[:1] in (["--install-completion"], ["--show-completion"]):
        return _complete(argv)
    if not argv:
        return _about("welcome")
    name, *rest = argv
    if name in ("--help", "-h", "help") and not rest:
        return _about("overview")
    if name == "help":
        name, rest = rest[0], ["--help"]
    if name in ("--version", "-V"):
        return _about("version")
    if name not in COMMANDS:
        what = "option" if name.startswith("-") else "command"
        known = [*COMMANDS, "--help", "--version", "--cards", "--no-color"]
        raise UsageError(f"no such {what} '{name}'{did_you_mean(name, known) or '; see: clados --help'}")
    parser = parser_of(name)
    _refuse_empty_paths(parser, rest)
    return _call(parser, rest, f"clados {name}")


def _complete(argv: list[str]) -> int:
    """Answer a shell that completes a line; bash wants of a word with a colon what stands behind it alone."""
    from clados.cli.arguments import rejoin_colons

    front = rejoin_colons()
    captured = io.StringIO()
    try:
        with redirect_stdout(captured):
            return _call(_whole(), argv, "clados")
    finally:
        print("".join(line.removeprefix(front) for line in captured.getvalue().splitlines(keepends=True)), end="")


def _refuse_empty_paths(parser: Any, argv: Sequence[str]) -> None:
    """Refuse options, and a first argument, whose path is empty: it would mean the current directory.

    Raises:
        UsageError: for one of these.
    """
    names = {name for each in parser.params if each.type.name == "path" for name in each.opts}
    for word, value in zip(argv, [*argv[1:], "-"]):
        if (word in names and not value) or (word.endswith("=") and word[:-1] in names):
            raise UsageError(f"{word.removesuffix('=')} is empty; a path is needed")
    first = next((each for each in parser.params if each.param_type_name == "argument"), None)
    if first is not None and first.type.name == "path" and argv[:1] == [""]:
        raise UsageError(f"{first.metavar or first.name} is empty; a path is needed")


def _everywhere(argv: list[str]) -> list[str]:
    """Take out the options that every command has: ``--cards DIR`` and ``--no-color``."""
    left: list[str] = []
    waiting = iter(argv)
    for word in waiting:
        if word == "--":
            left += [word, *waiting]
        elif word == "--no-color":
            os.environ["NO_COLOR"] = "1"
        elif word == "--cards" or word.startswith("--cards="):
            folder = word.partition("=")[2] or next(waiting, "")
            if not folder:
                raise UsageError("--cards needs a folder")
            os.environ[CARDS_PATH] = os.pathsep.join(filter(None, (os.environ.get(CARDS_PATH), folder)))
        else:
            left.append(word)
    return left


def _about(name: str) -> int:
    from clados.cli import about

    getattr(about, name)()
    return 0


def function(name: str) -> Callable[..., Any]:
    """The function of a command."""
    found: Callable[..., Any] = getattr(importlib.import_module(COMMANDS[name].module), f"{name}_command")
    return found


def parser_of(name: str) -> Any:
    """The parser of one command; no other command is imported."""
    import typer

    app = typer.Typer(add_completion=False)
    app.command(name, context_settings=_HELP)(_command(name))
    return typer.main.get_command(app)


def _command(name: str) -> Callable[..., Any]:
    """The function of a command, with the options that all of its kind have."""
    from clados.cli.arguments import with_reading_options

    return with_reading_options(function(name)) if COMMANDS[name].reads else function(name)


def _whole() -> Any:
    """The parser of all commands together, for completion in the shell."""
    import typer

    app = typer.Typer()
    for name in COMMANDS:
        app.command(name, context_settings=_HELP)(_command(name))
    return typer.main.get_command(app)


_HELP = {"help_option_names": ["-h", "--help"]}


def _call(parser: Any, argv: list[str], prog: str) -> int:
    """Run Typer's parser; its complaints become ours.

    Raises:
        UsageError: for an option or an argument that is wrong.
    """
    import typer

    try:
        code = parser.main(argv, prog_name=prog, standalone_mode=False)
    except typer.Abort:
        return 130
    except typer.TyperException as error:
        raise UsageError(f"{prog.removeprefix('clados ')}: {_complaint(error)}") from error
    return code if isinstance(code, int) else 0


_FILES = ("--out", "--output", "-o")  # where other commands, or other programs, write a file


def _complaint(error: Any) -> str:
    """What is wrong with the command line, with the nearest option."""
    if option := getattr(error, "option_name", None):
        if hint := did_you_mean(option, getattr(error, "possibilities", None) or ()):
            return f"no such option '{option}'{hint}"
        if not error.message.startswith("No such"):
            return str(error.message)
        if option in _FILES and any("--svg" in each.opts for each in error.ctx.command.params):
            return f"no such option '{option}'; drawings are written with --svg, as in --svg FILE"
        return f"no such option '{option}'; see --help"
    message = str(error.format_message())
    return message[:1].lower() + message[1:].rstrip(".")
