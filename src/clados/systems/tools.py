"""Tools: any function of a text that gives what it found, called with a limit of time; one that fails is one line."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Thread
from typing import NamedTuple
from warnings import warn

from clados.errors import InputError
from clados.names import did_you_mean, function_named

SECONDS = 30.0  # that a tool has for an answer
LONGEST_WAIT = 86_400.0  # seconds: a day


class ToolResult(NamedTuple):
    """What a tool found: a text, and for a page its title and where it stands."""

    text: str
    title: str = ""
    where: str = ""


# A user's own tool may give a text, several, or findings; nothing where it cannot read what it is given.
Tool = Callable[[str], str | Iterable[str | ToolResult] | None]


class ToolError(InputError):
    """A tool failed, or has not answered in time."""


def called(tool: Tool, name: str, text: str, seconds: float = SECONDS) -> list[ToolResult]:
    """What a tool finds; of several the best first.

    A tool that hangs is left to itself, in a thread that ends with the program.

    Args:
        name: of the tool.

    Raises:
        ToolError: it raises, takes more than so many seconds, or gives what is no text.
    """
    found: list[list[ToolResult]] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(_results(tool(text), name))
        except (Exception, SystemExit) as error:  # noqa: BLE001 (a user's own code may raise anything)
            failed.append(error)

    thread = Thread(target=run, daemon=True, name=f"tool {name}")
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise ToolError(f"tool {name} has not answered within {seconds:g} seconds; it is left out here")
    if failed:
        error = failed[0]
        said = " ".join(str(error).split())[:200]
        own = isinstance(error, ToolError)
        raise ToolError(said if own else f"tool {name} failed with {type(error).__name__}: {said}") from error
    return found[0] if found else []


def _results(given: object, name: str) -> list[ToolResult]:
    if given is None:
        return []
    given = [given] if isinstance(given, str | ToolResult) else given
    if not isinstance(given, Iterable):
        raise ToolError(f"tool {name} gave {type(given).__name__}; it must give a text, or several")
    found = [ToolResult(each) if isinstance(each, str) else each for each in given]
    if wrong := next((each for each in found if not isinstance(each, ToolResult)), None):
        raise ToolError(f"tool {name} gave {type(wrong).__name__} among its texts; they must be str or ToolResult")
    return [each for each in found if each.text.strip()]


def tool_of(name: str) -> Tool:
    """A user's own tool, named as ``module:function``.

    Raises:
        InputError: there is no such module or function.
    """
    return function_named(name, "tool", "a function of a text")


@dataclass(frozen=True)
class Toolset:
    """Tools by name, in the order in which they are tried (Thoppilan et al. 2022, §6.2: TS).

    Attributes:
        on_note: called with one line where a tool fails; what it would have found is then missing.
        search: the name of the one that finds pages.

    Raises:
        InputError: the time is none.
    """

    tools: Mapping[str, Tool] = field(default_factory=dict)
    seconds: float = SECONDS
    on_note: Callable[[str], object] = warn
    search: str = "search"

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= LONGEST_WAIT:
            raise InputError(f"tool-seconds is {self.seconds:g}; it must be above 0 and at most {LONGEST_WAIT:,.0f}")

    def ask(self, name: str, text: str) -> list[ToolResult]:
        """What one tool finds; nothing where it fails.

        Raises:
            InputError: there is no such tool.
        """
        if name not in self.tools:
            known = ", ".join(self.tools) or "none"
            raise InputError(f"tool is '{name}'{did_you_mean(name, self.tools)}; there are: {known}")
        try:
            return called(self.tools[name], name, text, self.seconds)
        except ToolError as error:
            self.on_note(str(error))
            return []

    def ask_all(self, text: str) -> list[ToolResult]:
        """What every tool makes of a text, one after the other."""
        return [each for name in self.tools for each in self.ask(name, text)]

    def pages(self, query: str, most: int) -> list[ToolResult]:
        """Pages that the search finds, so many at most.

        Raises:
            InputError: there is no search among the tools.
        """
        if self.search not in self.tools:
            raise InputError("this needs a search: give a folder of documents (--docs) or an address (--search-url)")
        return self.ask(self.search, query)[:most]

    @property
    def searches(self) -> bool:
        """Whether there is a search."""
        return self.search in self.tools
