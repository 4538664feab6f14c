"""SeeKeR: one model that writes a query, picks out knowledge, and answers (Shuster et al. 2022, arXiv 2203.13224).

Tokens and order are those of facebookresearch/ParlAI projects/seeker (agents/seeker.py, utils.py and the preset
gen/seeker_dialogue).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from clados.apply.chat import Message
from clados.systems.system import Response, Spoken, System, last_said
from clados.systems.tools import ToolResult, Toolset
from clados.systems.writing import TextWriter, one_text

SEARCH_DECISION, QUERY = "__is-search-required__", "__generate-query__"
DO_SEARCH, DO_NOT_SEARCH = "__do-search__", "__do-not-search__"
KNOWLEDGE = "__knowledge__", "__endknowledge__"
DOCUMENTS = 5  # ParlAI's n_docs
When = Literal["always", "never", "compute"]

KNOWLEDGE_BEAMS: dict[str, Any] = {"beams": 3, "no_repeat_ngram_size": 3}  # of knowledge
TALK: dict[str, Any] = {"beams": 10, "no_repeat_ngram_size": 3, "min_new_tokens": 20}  # of responses


@dataclass
class Seeker(System):
    """Search query, knowledge and response, each written by the same model behind a control token.

    Attributes:
        search: whether it searches always (as published for dialogue), never, or as the model decides.
    """

    write: TextWriter
    tools: Toolset
    search: When = "always"
    documents: int = DOCUMENTS

    name: ClassVar[str] = "seeker"
    cards: ClassVar[tuple[str, ...]] = ("seeker",)
    assumed: ClassVar[tuple[str, ...]] = (
        "documents stand before the dialogue in one text, cut where there is no room; R2C2 reads each of them apart "
        "and fuses them in its decoder",
        "three-grams of the dialogue are not kept out of what is written, as ParlAI's beams do",
    )

    def respond(self, said: Sequence[Message]) -> Response:
        """One query, one piece of knowledge, one response."""
        asked, history, steps = last_said(said), "\n".join(text for _, text in said), list[Spoken]()
        pages = list[ToolResult]()
        if self._searches(asked, steps):
            query = one_text(self.write, f"{history} {QUERY}")
            steps.append(Spoken("query", query))
            pages = self.tools.pages(query, self.documents)
            steps += [Spoken("page", page.title) for page in pages]
        knowledge = one_text(self.write, history, before=documents_of(pages), chosen=KNOWLEDGE_BEAMS)
        steps.append(Spoken("knowledge", knowledge))
        return Response(one_text(self.write, f"{history}\n{marked(KNOWLEDGE, knowledge)}", chosen=TALK), tuple(steps))

    def _searches(self, asked: str, steps: list[Spoken]) -> bool:
        if self.search != "compute":
            return self.search == "always"
        decided = one_text(self.write, f"{asked} {SEARCH_DECISION}")
        steps.append(Spoken("search decision", decided))
        return decided.startswith(DO_SEARCH)


def documents_of(pages: Sequence[ToolResult]) -> str:
    """Pages as ParlAI puts them before a dialogue (agents/rag/retrievers.py, Document.get_passage_str)."""
    return "".join(f"{page.title.strip()} / {page.text.strip()} // " for page in pages)


def marked(marks: tuple[str, str], text: str) -> str:
    """A text between two tokens."""
    return f"{marks[0]} {text} {marks[1]}"
