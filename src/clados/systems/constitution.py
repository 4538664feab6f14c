"""Preferences of a model's own: which of two answers follows a principle better (Bai et al. 2022b, 2212.08073, §4).

Two answers to a prompt are drawn from one model; another reads prompt, principle and both as the options of a question,
and how likely it finds each option is what a preference model learns (``SoftComparisons``).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from clados.apply.chat import template_of
from clados.apply.ready import ModelSource, load
from clados.apply.write import generate_all, prompt_ids
from clados.data.examples import RankedAnswers
from clados.data.packing import generator
from clados.data.templates import closings, messages, written
from clados.errors import InputError
from clados.systems.writing import Likelihood, ModelWriter

OPTIONS = " (A)", " (B)"
LONGEST_OPTION = 8  # tokens of an option's name at most
LEAST_ANSWER = 8  # tokens that an answer has at least
ANSWERED_TOGETHER = 16  # prompts that are answered together
PRINCIPLES = (  # of ours; the paper's sixteen are not here
    "Choose the answer that could do less harm to anyone.",
    "Choose the answer that is truer.",
    "Choose the answer that is kinder.",
    "Choose the answer that says more of what was asked.",
)


@dataclass
class Constitution:
    """A writer of answers, and a model that chooses among them by principles.

    Attributes:
        answers: two answers to each prompt, one after the other. likelihood: log p of the options behind a question.
    """

    answers: Callable[[Sequence[str]], Sequence[str]]
    likelihood: Likelihood
    principles: tuple[str, ...] = PRINCIPLES
    fits: Callable[[str], bool] = bool

    assumed: ClassVar[tuple[str, ...]] = (
        "each question is asked in both orders of its options, and the mean is taken: small models prefer one place",
        "the paper shows examples of such questions first, and has sixteen principles; here are none and four of ours",
    )

    def preferences(self, prompts: Sequence[str], seed: int = 0) -> Iterator[RankedAnswers]:
        """For each prompt, both answers with the chance that each is the better one, by a principle that is drawn.

        Left out are prompts whose answers are alike, empty, too long for a question, or equally liked.

        Raises:
            InputError: there is no principle.
        """
        if not self.principles:
            raise InputError("there is no principle to choose by")
        random, found = generator(seed), [each.strip() for each in self.answers(prompts)]
        for number, prompt in enumerate(prompts):
            principle = self.principles[int(random.integers(len(self.principles)))]
            first, second = found[2 * number : 2 * number + 2]
            if first and second and first != second and self.fits(question(prompt, principle, first, second)):
                chance = self.first_is_better(prompt, principle, first, second)
                if chance != 0.5:
                    both = (chance, 1 - chance)
                    yield RankedAnswers(f"prompt {number + 1}", prompt, (first, second), both, chances=both)

    def first_is_better(self, prompt: str, principle: str, first: str, second: str) -> float:
        """How likely the model finds it, the mean over both orders."""
        ahead, behind = (self._first_option(prompt, principle, *each) for each in ((first, second), (second, first)))
        return (1 + (ahead - behind)) / 2

    def _first_option(self, prompt: str, principle: str, first: str, second: str) -> float:
        a, b = self.likelihood(question(prompt, principle, first, second), OPTIONS)
        return 1 / (1 + math.exp(min(b - a, 700.0)))


def question(prompt: str, principle: str, first: str, second: str) -> str:
    """A conversation, a principle and two options, in the order of the paper's question."""
    said = f"Human: {prompt}\n\nAssistant:\n\n{principle}\n"
    return f"{said}Options:\n{OPTIONS[0]} {first}\n{OPTIONS[1]} {second}\nThe answer is:"


def constitution_of(
    judge: ModelSource, writer: ModelSource, principles: tuple[str, ...], *, max_new_tokens: int, seed: int
) -> Constitution:
    """A constitution of two saved models, which may be one.

    Args:
        judge: who chooses. writer: who answers, in its own template; it was tuned by one. max_new_tokens: of an answer.

    Raises:
        InputError: one of them does not write, or the writer has no template.
        CheckpointError: as ``load``.
    """
    ready, chooses = load(writer, "chat"), ModelWriter(judge)
    template = template_of(ready)

    def answers(prompts: Sequence[str]) -> list[str]:
        texts = [written(template, messages([("user", each)])).text for each in prompts]
        room = ready.positions
        able = [
            at for at, each in enumerate(texts) if room is None or len(prompt_ids(ready, each)) + LEAST_ANSWER <= room
        ]
        found = [""] * (2 * len(texts))
        for begins in range(0, len(able), ANSWERED_TOGETHER):
            some = able[begins : begins + ANSWERED_TOGETHER]
            said = generate_all(
                ready, [texts[at] for at in some], n=2, max_new_tokens=max_new_tokens, temperature=1.0, beams=1,
                seed=seed + begins, stop=closings(template), on_note=lambda _: None,
            )  # fmt: skip
            for number, at in enumerate(some):
                found[2 * at : 2 * at + 2] = [each.text for each in said[2 * number : 2 * number + 2]]
        return found

    def fits(text: str) -> bool:
        most = chooses.ready.positions
        return most is None or len(prompt_ids(chooses.ready, text)) + LONGEST_OPTION <= most

    return Constitution(answers, chooses.log_p, principles, fits)
