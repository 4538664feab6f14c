"""A tuned model in its own template, which reads what tools find before it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from clados.apply.chat import Message, chat, reply, template_of
from clados.apply.ready import Ready
from clados.data.templates import Conversation, messages, pieces, written
from clados.systems.system import Response, Spoken, System, last_said
from clados.systems.tools import Toolset

FREE = 16  # tokens that an answer keeps, whatever was found


@dataclass
class TunedModel(System):
    """Every tool is tried on what the user says; what they find stands in the template's input, or before the prompt.

    Before the prompt, as togethercomputer/OpenChatKit's retrieval has it (inference/bot.py): a line of the user's own.

    Attributes:
        opening: what the template's opening says, where it has a place for it.
        chosen: further arguments of ``clados.apply.chat.chat``.
    """

    ready: Ready
    tools: Toolset = field(default_factory=Toolset)
    opening: str = ""
    chosen: Mapping[str, Any] = field(default_factory=dict)

    name: ClassVar[str] = "template"
    assumed: ClassVar[tuple[str, ...]] = ("the model has not learned to read what tools find, nor when to ask them",)

    def respond(self, said: Sequence[Message]) -> Response:
        """The model's answer; findings that leave no room for one are left out, the last first."""
        found = [each.text for each in self.tools.ask_all(last_said(said))]
        while found and not self._fits(self._with(said, found)):
            found.pop()
        steps = tuple(Spoken("tool", text) for text in found)
        if not found:
            return Response(chat(self.ready, said, system=self.opening, **self.chosen))
        return Response(reply(self.ready, self._with(said, found), **self.chosen), steps)

    def _with(self, said: Sequence[Message], found: Sequence[str]) -> Conversation:
        told, template = "\n".join(found), template_of(self.ready)
        opened = [("system", self.opening)] if self.opening else []
        if not any(name == "input" for _, name in pieces(template.prompt)):
            return messages([*opened, *said[:-1], ("user", told), said[-1]])
        plain = messages([*opened, *said])
        last = replace(plain.turns[-1], prompt={**plain.turns[-1].prompt, "input": told})
        return replace(plain, turns=(*plain.turns[:-1], last))

    def _fits(self, said: Conversation) -> bool:
        if self.ready.positions is None:
            return True
        text = written(template_of(self.ready), said).text
        return len(self.ready.required_tokenizer.encode(text)) + FREE <= self.ready.positions
