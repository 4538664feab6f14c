"""What objectives share whose texts a template writes, answers and all."""

from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

from clados import spec as s
from clados.data.templates import closed, end_of, jinja, marks_of
from clados.data.tokenizer import Tokenizer
from clados.spec.kinds.model import Writes


class WithTemplate(Protocol):
    """An objective that says how its texts are written."""

    @property
    def template(self) -> s.Template:
        """What stands around a prompt and its answer."""


Learned = TypeVar("Learned", bound=WithTemplate)


class Templated(Generic[Learned]):
    """Of a task whose objective has a template: what ends an answer, the chat template, the marks of its turns."""

    objective: Learned

    @property
    def end(self) -> str:
        return end_of(self.objective.template)

    def chat_template(self, tokenizer: Tokenizer, writes: Writes | None) -> str:
        return jinja(self.closed(tokenizer), bos="".join(tokenizer.tokens(tokenizer.frame[0])))

    def marks(self, examples: Sequence[Any]) -> tuple[str, ...]:
        return marks_of(self.objective.template)

    def closed(self, tokenizer: Tokenizer, *, continues: bool = True) -> s.Template:
        """The template, each answer ended as the tokenizer ends texts."""
        return closed(self.objective.template, tokenizer.roles.eos or "", continues=continues)
