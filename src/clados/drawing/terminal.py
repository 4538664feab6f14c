"""Pieces of the drawings for a terminal: one line of text, and a bar, each as wide as there is room."""

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

from clados.tables import shortened


class OneLine:
    """A text on one line, shortened with an ellipsis where it does not fit; no number is cut."""

    def __init__(self, text: Text | str) -> None:
        self.text = Text(text) if isinstance(text, str) else text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        kept = shortened(self.text.plain, options.max_width)
        yield self.text if kept == self.text.plain else self.text[: len(kept) - 1].append("…")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(1, max(1, self.text.cell_len))


class TerminalBar:
    """A line over a share of the room, or of ``full`` columns where there is more."""

    def __init__(self, share: float, style: str, full: int) -> None:
        self.share, self.style, self.full = share, style, full

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text("━" * max(1, round(self.share * min(self.full, options.max_width))), style=self.style)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(4, self.full)
