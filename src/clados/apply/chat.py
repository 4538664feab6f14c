"""Answers of a model that was tuned to give them, in its own template."""

from collections.abc import Sequence
from typing import Any

import torch

from clados import spec as s
from clados.apply.generate import generate as generate_ids, room
from clados.apply.ready import ModelSource, Ready, load
from clados.data.templates import SPEAKERS, USER, Conversation, closed, closings, messages, pieces, written
from clados.errors import InputError

Message = tuple[str, str]  # who says it ("user", "assistant", "system"), and what


def chat(
    source: ModelSource,
    said: str | Sequence[Message],
    *,
    system: str = "",
    max_new_tokens: int | None = None,
    device: str | torch.device = "cpu",
    **chosen: Any,
) -> str:
    """A tuned model's answer to a prompt, or to a conversation whose last message is a user's.

    Args:
        said: the prompt, or messages of the roles "user" and "assistant" in turn.
        system: what the template's opening says; where it has a place for it.
        max_new_tokens: the most new tokens; as ``generate`` has it when None.
        chosen: as for ``generate``: ``temperature``, ``top_p``, ``seed`` ...

    Raises:
        InputError: for a model that was not tuned by a template, a system message that its template has no place for,
            and a conversation that does not end with a user's message or leaves no room.
        DataError: for a last message of the user's of which the vocabulary knows nothing.
    """
    ready = load(source, "generate", device=device)
    template = template_of(ready)
    if system and not any(name == "system" for _, name in pieces(template.opening)):
        raise InputError(f"system is given, but the template of {ready.name} has no place for it")
    turns = [("user", said)] if isinstance(said, str) else list(said)
    found = messages([("system", system), *turns] if system else turns)
    if found.turns[-1].answer is not None:
        raise InputError("the last message is an assistant's; there is nothing to answer")
    ready.check_words([text for role, text in turns if SPEAKERS.get(role.lower()) == USER][-1:], "message")
    return reply(ready, found, max_new_tokens=max_new_tokens, **chosen)


def reply(ready: Ready, said: Conversation, *, max_new_tokens: int | None = None, **chosen: Any) -> str:
    """A tuned model's answer to a conversation whose last turn has none yet, in its own template."""
    template = template_of(ready)
    text, tokenizer = written(template, said).text, ready.required_tokenizer
    before, after = tokenizer.frame
    ((ids, _),) = tokenizer.encode_placed([text])
    given = [*before, *ids, *(after if ready.spec.writes == "answers" else [])]
    (row,) = ready.known([given])
    rows = torch.tensor([row], device=ready.device)
    free = room(ready.model, rows)
    if max_new_tokens is not None and free is not None:
        max_new_tokens = min(max_new_tokens, free) if free >= 1 else max_new_tokens
    new = list[int]()
    generate_ids(
        ready.model,
        rows,
        max_new_tokens=max_new_tokens,
        eos=tokenizer.ids.get("eos"),
        on_token=lambda column: new.append(int(column)),
        **chosen,
    )
    answer = tokenizer.decode(new)
    for stop in closings(template):
        answer = answer.partition(stop)[0]
    return answer.strip()


def template_of(ready: Ready) -> s.Template:
    """The template by which a model was tuned, as it was trained.

    Raises:
        InputError: it was not tuned by one.
    """
    template = getattr(ready.objective, "template", None)
    if not isinstance(template, s.Template):
        known = type(ready.objective).__name__ if ready.objective else "what is not known"
        raise InputError(f"{ready.name} was trained on {known}, and not to answer by a template: it cannot chat")
    return closed(template, ready.required_tokenizer.roles.eos or "", continues=ready.spec.writes != "answers")
