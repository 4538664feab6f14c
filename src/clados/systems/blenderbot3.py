"""BlenderBot 3: decides when to search and to remember, and keeps what it learns of both sides (arXiv 2208.03188).

Tokens, order and the life of memories are those of the 3B model in facebookresearch/ParlAI projects/bb3 (constants.py,
agents/r2c2_bb3_agent.py, agents/utils.py and the preset gen/r2c2_bb3), which conditions on all knowledge together.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from clados.apply.chat import Message
from clados.systems.seeker import (
    DO_SEARCH,
    DOCUMENTS,
    KNOWLEDGE,
    KNOWLEDGE_BEAMS,
    QUERY,
    SEARCH_DECISION,
    TALK,
    When,
    documents_of,
    marked,
)
from clados.systems.system import Response, Spoken, System, last_said
from clados.systems.tools import ToolResult, Toolset
from clados.systems.writing import TextWriter, one_text

MEMORY_DECISION, DO_REMEMBER = "__is-memory-required__", "__do-access-memory__"
NEW_MEMORY, OLD_MEMORY = "__generate-memory__", "__access-memory__"
ENTITY, FROM_PAGES = "__extract-entity__", "__generate-knowledge__"
NO_MEMORY = ("", "__NO__PERSONA__BEAM__MIN__LEN__20__", "no persona")  # parlai/tasks/msc/agents.py; bb3/prompts.py
OWN, PARTNERS = "your persona", "partner's persona"
REMEMBERED, ABOUT = ("__memory__", "__endmemory__"), ("__entity__", "__endentity__")
MEMORIES = 32  # that are read at once: 512 tokens of 16
LITTLE = re.compile(r"a|an|the|am|are|is|as|really|actually|up|so|just|now|how|then|also|very|too|most|but")


@dataclass
class BlenderBot3(System):
    """Decisions, query, memories, knowledge and response, each by the same model behind a control token.

    Attributes:
        memories: what it knows of itself and of its partner, and for how many turns each has not been used.
    """

    write: TextWriter
    tools: Toolset
    search: When = "compute"
    documents: int = DOCUMENTS
    memories: dict[str, int] = field(default_factory=dict)

    name: ClassVar[str] = "blenderbot3"
    cards: ClassVar[tuple[str, ...]] = ("blenderbot3",)
    assumed: ClassVar[tuple[str, ...]] = (
        "pages and memories stand before the dialogue in one text; the published model reads each apart",
        "memories are compared by their words without stemming; of more than 32 those that share most words are read",
        "the larger models' other prompts (Person 1, Search Decision ...) are not written here",
    )

    def respond(self, said: Sequence[Message]) -> Response:
        """What it decides, looks up, remembers and says; new memories of both sides are kept."""
        asked, history, steps = last_said(said), "\n".join(text for _, text in said), list[Spoken]()
        known = self._available(asked)

        def step(who: str, prompt: str, **more: Any) -> str:
            steps.append(Spoken(who, one_text(self.write, prompt, **more)))
            return steps[-1].text

        searches = self.search == "always" or (
            self.search == "compute" and step("search decision", f"{asked} {SEARCH_DECISION}").startswith(DO_SEARCH)
        )
        decides = f"{self._remembered()}{asked} {MEMORY_DECISION}"
        remembers = step("memory decision", decides).startswith(DO_REMEMBER) and bool(known)
        pages = list[ToolResult]()
        if searches:
            pages = self.tools.pages(step("query", f"{history} {QUERY}"), self.documents)
            steps += [Spoken("page", page.title) for page in pages]
        learned = step("partner's memory", f"{asked} {NEW_MEMORY}", chosen=KNOWLEDGE_BEAMS)
        facts, used = "", ""
        if not (searches or remembers):
            facts += marked(ABOUT, step("entity", f"{history} {ENTITY}", chosen=KNOWLEDGE_BEAMS))
        if remembers:
            used = step(
                "memory",
                f"{history} {OLD_MEMORY}",
                before="".join(f"{each}\n" for each in known),
                chosen=KNOWLEDGE_BEAMS,
            )
            facts += marked(REMEMBERED, used)
        if searches:
            found = step("knowledge", f"{history} {FROM_PAGES}", before=documents_of(pages), chosen=KNOWLEDGE_BEAMS)
            facts += marked(KNOWLEDGE, found)
        text = one_text(self.write, f"{history}\n{facts}", chosen=TALK)
        own = step("own memory", f"{text} {NEW_MEMORY}", chosen=KNOWLEDGE_BEAMS)
        self._keep(OWN, own)
        self._keep(PARTNERS, learned)
        self.memories = {each: 0 if each == used else turns + 1 for each, turns in self.memories.items()}
        return Response(text, tuple(steps), {"memories": list(self.memories)})

    def state(self) -> dict[str, Any]:
        return {"memories": dict(self.memories)}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.memories = {str(each): int(turns) for each, turns in dict(state.get("memories", {})).items()}

    # ------------------------------------------------------------ memories

    def _remembered(self) -> str:
        """What the decision whether to remember reads: all of both sides, one line each."""
        if not self.memories:
            return ""
        lines = (
            f"{whose}: {' '.join(each.partition(': ')[2] for each in self.memories if each.startswith(whose))}\n"
            for whose in (OWN, PARTNERS)
        )
        return "".join(lines)

    def _available(self, asked: str) -> list[str]:
        """Memories that are read: all, or of many those that share most words with what was said."""
        every, words = list(self.memories), _words(asked)
        return sorted(every, key=lambda each: -len(words & _words(each)))[:MEMORIES] if len(every) > MEMORIES else every

    def _keep(self, whose: str, memory: str) -> None:
        """A new memory, unless one of the same side holds no word that it lacks."""
        same = [each.partition(": ")[2] for each in self.memories if each.startswith(whose)]
        if memory in NO_MEMORY or any(not _words(each) - _words(memory) for each in same):
            return
        self.memories[memory if memory.startswith(whose) else f"{whose}: {memory}"] = 0


def _words(text: str) -> set[str]:
    return {each for each in re.findall(r"\w+", text.lower()) if not LITTLE.fullmatch(each)}
