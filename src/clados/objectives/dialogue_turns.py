"""All turns of a dialogue as one text (Zhang et al. 2019, DialoGPT, §3.1)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.examples import Dialogue, Pair
from clados.data.templates import Conversation
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.supervised import Conversations, SupervisedTask
from clados.objectives.tasks import Small, SourceConfig
from clados.objectives.text import TextTask, beside_bigram, first_guesses


class DialogueTurnsTask(SupervisedTask, objective=s.DialogueTurns):
    """Dialogues with the end-of-text token behind each turn, every token counted.

    A row is a dialogue, as in the authors' data; a longer one is cut between its turns. A single text that nobody
    answers is left out.
    """

    objective: s.DialogueTurns
    reads = Dialogue
    data = "dialogue/en"
    length = 64
    # after more steps it has the few dialogues by heart
    small = Small(params="600K", vocab=1024, steps=200, length=48, batch=16, lr=5e-4, dropout=0.0)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Conversations:
        some = self.learnable(examples)
        found = super().source([_backwards(each) for each in some] if self.objective.backwards else some, config)
        return replace(found, answers=tuple(row.wanted for row in found.rows))  # each turn answers those before

    @property
    def learns_questions(self) -> bool:
        """Each turn answers those before."""
        return False

    def _rows(self, said: Conversation, config: SourceConfig) -> Iterator[Conversation]:
        """A dialogue whole: a last turn that nobody answers is an answer itself."""
        if config.writes == "answers":
            yield from super()._rows(said, config)
        elif any(turn.answer is not None for turn in said.turns):
            yield said

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        return TextTask.baseline(self, trained, held_out, config, batch)

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        return f"{TextTask.compared(self, ends, baseline)}, {beside_bigram(ends, baseline)}"

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of tokens that the first guess hits, beside the most frequent token."""
        return share("next token@1", "the most frequent token", *first_guesses(self, ready, sample))


def _backwards(example: Any) -> Any:
    """Each turn before the one that it answers."""
    if isinstance(example, Pair):
        return Pair(example.document, example.target, example.source, example.language, example.source_language)
    texts = [text for role, text in example.messages if role != "system"][::-1]
    roles = ("user", "assistant")
    turns = tuple((roles[number % 2], text) for number, text in enumerate(texts))
    return Dialogue(example.document, turns, example.language, example.held_out)
