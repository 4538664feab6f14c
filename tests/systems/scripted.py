"""Writers that write by a script, so that every prompt and every step is exact."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from clados.systems.tools import ToolResult, Toolset
from clados.systems.writing import Wanted


@dataclass
class Script:
    """Writes what stands behind the end of a prompt; keeps what it was asked."""

    answers: dict[str, str | list[str]]
    asked: list[Wanted] = field(default_factory=list)

    def __call__(self, wanted: Wanted) -> Sequence[str]:
        self.asked.append(wanted)
        for end, found in self.answers.items():
            if wanted.prompt.endswith(end):
                texts = found if isinstance(found, list) else [found]
                return [texts[n % len(texts)] for n in range(wanted.n)]
        raise AssertionError(f"nothing is written behind {wanted.prompt[-60:]!r}")

    @property
    def prompts(self) -> list[str]:
        """With what stands in front of them."""
        return [each.before + each.prompt for each in self.asked]


PAGES = [
    ToolResult("Paris is the capital of France. It lies on the Seine.", "Paris", "http://x/paris"),
    ToolResult("The Seine is a river of northern France.", "Seine"),
]


def pages(query: str) -> list[ToolResult]:
    """Two pages for any query."""
    return PAGES


TOOLS = Toolset({"search": pages})
