"""What systems ask of a model: texts, and how likely texts are. Any function of the same form does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clados.apply.decoding.constraint import Constraint
from clados.apply.generate import config_of
from clados.apply.logprobs import logprobs_of
from clados.apply.ready import ModelSource, load
from clados.apply.write import generate_all, prompt_ids
from clados.errors import InputError

_NEW = 64  # tokens of a text, where nobody says how many
_LEAST = 8  # tokens that stay free for a text, however long its prompt


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A text that is wanted.

    Attributes:
        prompt: what it follows.
        before: what stands in front of the prompt, and loses its end where there is no room (documents).
        n: how many texts; several are drawn.
        stop: what ends a text; it is no part of it.
        constraint: what the text may be.
        chosen: further arguments of ``clados.generate_all``: ``beams``, ``temperature``, ``top_k`` ...
    """

    prompt: str
    before: str = ""
    n: int = 1
    stop: tuple[str, ...] = ()
    constraint: Constraint | None = None
    max_new_tokens: int = _NEW
    chosen: Mapping[str, Any] = field(default_factory=dict)


TextWriter = Callable[[Wanted], Sequence[str]]  # ``n`` texts
Likelihood = Callable[[str, Sequence[str]], Sequence[float]]  # log p of each text behind a prompt


class ModelWriter:
    """Texts of a saved model.

    Args:
        chosen: what holds for all texts, such as ``temperature``; it goes before what a system chooses. ``seed`` is
            that of the first call, and one more with each that follows.
    """

    def __init__(self, source: ModelSource, **chosen: Any) -> None:
        self.ready = load(source, "generate")
        self.chosen = {name: value for name, value in chosen.items() if value is not None}
        self.calls = 0

    def __call__(self, wanted: Wanted) -> list[str]:
        """As many texts as are wanted; how they are drawn is said here alone, and not by the directory.

        Raises:
            InputError: the prompt leaves no room for an answer.
        """
        chosen = {**wanted.chosen, **self.chosen}
        if "seed" in chosen:
            chosen["seed"] += self.calls
        self.calls += 1
        if wanted.n > 1 and not chosen.get("temperature") and not chosen.get("beams"):
            chosen["temperature"] = 1.0
        if chosen.get("temperature"):
            chosen = {"top_p": 1.0, **chosen, "beams": 1}
        elif config_of(self.ready.model).do_sample:
            chosen["temperature"] = 0.0
        new = chosen.pop("max_new_tokens", wanted.max_new_tokens)
        prompt, free = self._fitting(wanted.before, wanted.prompt, new)
        if "min_new_tokens" in chosen:
            chosen["min_new_tokens"] = min(chosen["min_new_tokens"], free)
        found = generate_all(
            self.ready,
            prompt,
            n=wanted.n,
            stop=wanted.stop,
            constraint=wanted.constraint,
            max_new_tokens=free,
            on_note=lambda _: None,
            **chosen,
        )
        return [each.text for each in found]

    def _fitting(self, before: str, prompt: str, new: int) -> tuple[str, int]:
        """The prompt with as much in front of it as there is room for, and how many tokens may follow."""
        most = self.ready.positions
        if most is None:
            return before + prompt, new
        own = len(prompt_ids(self.ready, prompt))
        if own + _LEAST > most:
            raise InputError(
                f"the prompt is {own} tokens long; {self.ready.name} has {most}, of which {_LEAST} stay free"
            )
        answers = self.ready.spec.writes == "answers"
        room = most - own if answers else max(0, most - own - min(new, max(_LEAST, (most - own) // 2)))
        if before:
            ((_, places),) = self.ready.required_tokenizer.encode_placed([before])
            before = before if len(places) <= room else before[: places[room - 1][1] if room else 0]
        if answers:
            return before + prompt, new
        left = most - len(prompt_ids(self.ready, before + prompt))
        return (before + prompt, min(new, left)) if left >= _LEAST else (prompt, min(new, most - own))

    def log_p(self, prompt: str, texts: Sequence[str]) -> list[float]:
        """The log-probability of each text behind a prompt, the sum over its tokens.

        Raises:
            InputError: for an empty text.
        """
        if empty := [each for each in texts if not each]:
            raise InputError(f"a text is empty ({len(empty)} of {len(texts)}); it has no probability")
        tokenizer = self.ready.required_tokenizer
        prompts = self.ready.known([prompt_ids(self.ready, prompt)] * len(texts))
        rows = [tokenizer.encode(each, add_special_tokens=False) for each in texts]
        return [sum(each) for each in logprobs_of(self.ready, prompts, self.ready.known(rows))]


def one_text(writer: TextWriter, prompt: str, **more: Any) -> str:
    """One text, without the spaces around it."""
    return writer(Wanted(prompt=prompt, **more))[0].strip()
