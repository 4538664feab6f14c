"""A conversation with a system, kept in a file after every turn, so that it goes on from there."""

from pathlib import Path
from typing import Any

from clados.apply.chat import Message
from clados.errors import InputError
from clados.files import path_exists, read_json, write_json
from clados.systems.system import Response, System

TURNS = "user", "assistant"


class KeptConversation:
    """Messages in turn, and what the system keeps; in a file where one is named.

    Args:
        file: JSON of ``messages`` (role and content, as chat templates read them), ``system`` and ``state``.

    Raises:
        InputError: the file is there and holds no conversation, or one with another system.
    """

    def __init__(self, system: System, file: Path | None = None) -> None:
        self.system, self.file, self.messages = system, file, list[Message]()
        if file is not None and path_exists(file):
            self._read(file)

    def answer(self, text: str) -> Response:
        """What the system says to a user's message; then both are kept.

        Raises:
            InputError: the message is empty, and as the system.
        """
        if not text.strip():
            raise InputError("the message is empty; there is nothing to answer")
        response = self.system.respond([*self.messages, ("user", text)])
        self.messages += [("user", text), ("assistant", response.text)]
        if self.file is not None:
            told = [{"role": role, "content": content} for role, content in self.messages]
            write_json(self.file, {"system": self.system.name, "messages": told, "state": self.system.state()})
        return response

    def _read(self, file: Path) -> None:
        found: Any = read_json(file, InputError)
        try:
            told = [(str(each["role"]), str(each["content"])) for each in found["messages"]]
            name, state = str(found["system"]), dict(found["state"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{file}: it holds no conversation with its system, messages and state") from error
        if name != self.system.name:
            raise InputError(f"{file}: its conversation is with {name}, and not with {self.system.name}")
        if len(told) % 2 or any(role != TURNS[i % 2] for i, (role, _) in enumerate(told)):
            raise InputError(f"{file}: its messages are not a user's and an assistant's in turn")
        self.messages = told
        try:
            self.system.restore(state)
        except (TypeError, ValueError) as error:
            raise InputError(f"{file}: its state cannot be read: {error}") from error
