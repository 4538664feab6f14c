"""LaMDA: candidates that it judges itself, then research with tools (Thoppilan et al. 2022, arXiv 2201.08239, §6)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from clados.apply.chat import Message
from clados.systems.system import Response, Spoken, System, best_of, last_said
from clados.systems.tools import ToolResult, Toolset
from clados.systems.writing import Likelihood, TextWriter, Wanted, one_text

SENTINEL = "RESPONSE"  # §6.1: "<context> <sentinel> <response> <attribute-name> <rating>"
QUALITY = {"SENSIBLE": 3.0, "SPECIFIC": 1.0, "INTERESTING": 1.0}  # §6.1: weights in the ranking
UNSAFE = "UNSAFE"
TOOLSET, USER = "TS", "User"  # §6.2: the first string of what research writes
QUERIES = 4  # at most (§6.2)
CANDIDATES, TOP_K = 16, 40


@dataclass
class LaMDA(System):
    """A draft that is the best of several, and a research loop that corrects it by what tools find.

    Attributes:
        likelihood: log p of ratings behind a candidate, by the same model.
        safe: the least 1 - P(UNSAFE 1) of a candidate that is kept.
    """

    write: TextWriter
    likelihood: Likelihood
    tools: Toolset
    candidates: int = CANDIDATES
    safe: float = 0.5
    queries: int = QUERIES

    name: ClassVar[str] = "lamda"
    cards: ClassVar[tuple[str, ...]] = ("lamda",)
    assumed: ClassVar[tuple[str, ...]] = (
        "the threshold of safety is not published: 0.5 stands here; where no candidate reaches it, the safest is taken",
        "how turns are joined is not published: a line each; a rating's probability is its share of 0 and 1",
        "how research reads draft, queries and findings is not published: a line each, queries as TS writes them",
        "where the last query is spent and nothing was said to the user, the draft stands",
        "16 candidates of the 40 likeliest tokens are from memory",
    )

    def respond(self, said: Sequence[Message]) -> Response:
        """Base, then research."""
        last_said(said)
        context = "\n".join(text for _, text in said)
        draws = {"temperature": 1.0, "top_k": TOP_K}
        wanted = Wanted(prompt=f"{context} {SENTINEL}", n=self.candidates, stop=("\n",), chosen=draws)
        drafts = list(dict.fromkeys(each.strip() for each in self.write(wanted) if each.strip())) or [""]
        judged = [self.judged(context, each) for each in drafts]
        kept = [number for number, each in enumerate(judged) if each["safety"] >= self.safe]
        if kept:
            draft = kept[best_of([drafts[n] for n in kept], [judged[n]["quality"] for n in kept])]
        else:
            draft = best_of(drafts, [each["safety"] for each in judged])
        steps = [Spoken("base", drafts[draft])]
        text = self._researched(context, drafts[draft], steps)
        report: dict[str, Any] = {**judged[draft], "candidates": len(drafts), "unsafe": len(drafts) - len(kept)}
        return Response(text, tuple(steps), report)

    def judged(self, context: str, response: str) -> dict[str, float]:
        """P of each rating, safety (1 - P(unsafe)) and quality: 3 P(sensible) + P(specific) + P(interesting)."""
        found = {name: self._rated(context, response, name) for name in (*QUALITY, UNSAFE)}
        quality = sum(weight * found[name] for name, weight in QUALITY.items())
        return {**found, "safety": 1 - found[UNSAFE], "quality": quality}

    def _rated(self, context: str, response: str, name: str) -> float:
        no, yes = self.likelihood(f"{context} {SENTINEL} {response} {name}", (" 0", " 1"))
        return 1 / (1 + math.exp(min(no - yes, 700.0)))

    def _researched(self, context: str, draft: str, steps: list[Spoken]) -> str:
        """What research says to the user; one that repeats a query is given its next finding (§6.2)."""
        seen, told, left = dict[str, list[ToolResult]](), f"{context}\n{draft}\n", self.queries
        while True:
            text = one_text(self.write, told, stop=("\n",))
            steps.append(Spoken("research", text))
            to, _, rest = (each.strip() for each in text.partition(","))
            if to == USER:
                return rest
            if to != TOOLSET or not left:
                return draft
            if rest not in seen:
                seen[rest] = self.tools.ask_all(rest)
            snippet = _snippet(seen[rest].pop(0)) if seen[rest] else ""
            steps.append(Spoken(TOOLSET, snippet))
            told, left = f"{told}{text}\n{snippet}\n", left - 1


def _snippet(found: ToolResult) -> str:
    """A finding in one line, its address last, as a snippet of the open web has it."""
    return " ".join(filter(None, (found.text.replace("\n", " "), found.where)))
