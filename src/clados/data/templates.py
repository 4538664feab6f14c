"""Templates: how an example becomes a text, which parts of it are answers, and the same as a chat template in Jinja."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from string import Formatter

from clados.data.errors import DataError
from clados.data.examples import Dialogue, Pair
from clados.spec.learning.objectives.base import Objective
from clados.spec.learning.tuning import Template

USER, ASSISTANT, SYSTEM = "user", "assistant", "system"
SPEAKERS = {  # of OpenAI's and ShareGPT's conversations, oasst's and Anthropic's
    **dict.fromkeys(("user", "human", "prompter", "question"), USER),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "bard", "bot", "model", "answer"), ASSISTANT),
    **dict.fromkeys(("system", "developer"), SYSTEM),
}
PROMPT_FIELDS = ("prompt", "instruction", "question", "dialogue")  # names of what is asked
ANSWER_FIELDS = ("answer", "output", "response", "completion")  # names of what is to be said
USUAL_MARK = r"<\|\w+\|>"
TEXT_ENDS = ("<|endoftext|>", "</s>")  # tokens that play a role in the vocabularies that have them
CONTEXT_FIELDS = ("input", "facts", "documents", "pages", "control", SYSTEM)  # what may be absent, and is then empty


@dataclass(frozen=True)
class Turn:
    """A prompt and its answer, as fields by name; an answer that is still to come is None."""

    prompt: Mapping[str, str]
    answer: Mapping[str, str] | None


@dataclass(frozen=True)
class Conversation:
    """An example in turns; ``system`` is said before the first."""

    turns: tuple[Turn, ...]
    system: str = ""


@dataclass(frozen=True)
class WrittenText:
    """A text, and where in it the answers stand: first character and the one after the last."""

    text: str
    answers: tuple[tuple[int, int], ...]


def conversation(example: Pair | Dialogue) -> Conversation:
    """A pair is one turn. A dialogue begins with its first user's turn; what one speaker says twice is joined.

    Raises:
        DataError: a dialogue has a speaker who is not known, or no answer.
    """
    if isinstance(example, Pair):
        own = dict(example.fields)
        own["input"] = own.get("input") or own.get("context", "")
        answer = {**_asked(example.source), **dict.fromkeys(ANSWER_FIELDS, example.target), **own}
        prompt = {name: value for name, value in answer.items() if name not in ANSWER_FIELDS}
        return Conversation((Turn(prompt, answer),), own.get(SYSTEM, ""))
    return messages(example.messages, example.document)


def messages(said: Sequence[tuple[str, str]], where: str = "the conversation") -> Conversation:
    """Messages, each a role and a text, as turns; a prompt at the end is a turn whose answer is still to come.

    Raises:
        DataError: for a role that is not known, or nothing that a user says.
    """
    system, joined = "", list[list[str]]()  # who speaks, and what
    for role, text in said:
        speaker = SPEAKERS.get(role.lower())
        if speaker is None:
            raise DataError(f"{where}: a message is of the role '{role}'; known are {', '.join(SPEAKERS)}")
        if speaker == SYSTEM:
            system = f"{system}\n{text}" if system else text
        elif joined and joined[-1][0] == speaker:
            joined[-1][1] += f"\n{text}"
        elif joined or speaker == USER:
            joined.append([speaker, text])
    if not joined:
        raise DataError(f"{where}: no message is a user's")
    texts = [text for _, text in joined] + [None] * (len(joined) % 2)
    return Conversation(tuple(_turn(a, b, system) for a, b in zip(texts[::2], texts[1::2])), system)


def _asked(prompt: str, **more: str) -> dict[str, str]:
    return {**dict.fromkeys(CONTEXT_FIELDS, ""), **dict.fromkeys(PROMPT_FIELDS, prompt), **more}


def _turn(prompt: str | None, answer: str | None, system: str) -> Turn:
    asked = _asked(prompt or "", system=system)
    return Turn(asked, None if answer is None else {**asked, **dict.fromkeys(ANSWER_FIELDS, answer)})


def without_template(learned: Objective) -> str:
    """An objective as it is written, without its template."""
    return repr(learned.but(template=Template()) if _template(learned) else learned)


def on_one_line(learned: Objective) -> str:
    """The template of an objective, its line breaks spelled out; empty where it adds nothing, or there is none."""
    if (found := _template(learned)) in (None, Template()):
        return ""
    assert found is not None
    whole = f"{found.opening}{found.prompt}{found.answer}"
    bare = "" if found.bare is None else f"; without input {found.opening}{found.bare}{found.answer}"
    return f"{whole}{bare}".replace("\n", "\\n")


def _template(learned: Objective) -> Template | None:
    found = getattr(learned, "template", None)
    return found if isinstance(found, Template) else None


def written(template: Template, said: Conversation) -> WrittenText:
    """A conversation as a text; where its last answer is still to come, the text ends where that would begin.

    What every answer begins with is given to the model when it is used, and is no part of what is learned as an answer.

    Raises:
        DataError: the template names a field that the example lacks.
    """
    text, answers = filled_in(template.opening, {SYSTEM: said.system}), []
    for turn in said.turns:
        text += prompt_of(template, turn)
        if turn.answer is None:
            text += begun(template)
        else:
            start = len(text) + len(begun(template))
            text += filled_in(template.answer, turn.answer)
            answers.append((start, len(text)))
    return WrittenText(text, tuple(answers))


def begun(template: Template) -> str:
    """What an answer begins with in any case; a space at its end is part of the answer's first word."""
    return _literal(template.answer, 0).rstrip(" ")


def closings(template: Template) -> tuple[str, ...]:
    """Texts behind which an answer is over: what closes it, and what the next prompt begins with."""
    found = _literal(template.answer, -1).strip(), _literal(template.prompt, 0).strip()
    return tuple(dict.fromkeys(each for each in found if each))


def prompt_of(template: Template, turn: Turn) -> str:
    """The prompt of one turn, as the template puts it."""
    bare = template.bare is not None and not turn.prompt["input"]
    return filled_in(str(template.bare) if bare else template.prompt, turn.prompt)


def filled_in(pattern: str, fields: Mapping[str, str]) -> str:
    """A pattern with the names in its braces replaced by these fields.

    Raises:
        DataError: naming the field that is unknown, and those that there are.
    """
    return "".join(part if name is None else _field(name, fields) for part, name in pieces(pattern))


@lru_cache(64)
def pieces(pattern: str) -> tuple[tuple[str, str | None], ...]:
    """A pattern's parts in order: text (and None), or nothing and the name of a field.

    Raises:
        DataError: for braces that do not close, or hold more than a name.
    """
    found = list[tuple[str, str | None]]()
    try:
        for text, name, form, conversion in Formatter().parse(pattern):
            found += [(text, None)] if text else []
            if name is not None:
                if not name.isidentifier() or form or conversion:
                    raise ValueError(f"'{{{name}}}' is no field's name")
                found.append(("", name))
        return tuple(found)
    except ValueError as error:
        raise DataError(f"the template {pattern[:60]!r} cannot be read: {error}") from error


def _field(name: str, fields: Mapping[str, str]) -> str:
    if name not in fields:
        known = ", ".join(name for name, value in fields.items() if value) or "none"
        raise DataError(f"the template names the field '{name}', which the examples lack; they have {known}")
    return fields[name]


def parted(said: Conversation, fits: Sequence[int], room: int, opening: int) -> Iterator[Conversation]:
    """A long conversation in parts of whole turns, as many in each as there is room for; turns too long are left out.

    (``split_long_conversation`` of lm-sys/FastChat cuts in the same places.)

    Args:
        fits: about how many tokens each turn takes; opening: what stands before the first.
    """
    at = 0
    while at < len(said.turns):
        end, used = at, opening
        while end < len(said.turns) and used + fits[end] <= room:
            used, end = used + fits[end], end + 1
        if end > at:
            yield replace(said, turns=said.turns[at:end])
        at = max(end, at + 1)


def closed(template: Template, eos: str, *, continues: bool) -> Template:
    """The template as it is trained: nothing runs into the next.

    Where nothing stands behind an answer, the end token does. A model that continues one text sees by it, too, where a
    prompt ends that nothing else parts from its answer (Chung et al. 2022, §2.2).
    """
    if not eos:
        return template
    changes = {}
    if not _literal(template.answer, -1):
        changes["answer"] = template.answer + eos
    if continues and not _literal(template.answer, 0):
        changes |= {
            name: pattern + eos
            for name in ("prompt", "bare")
            if (pattern := getattr(template, name)) is not None and not _literal(pattern, -1)
        }
    return template.but(**changes)


def end_of(template: Template) -> str:
    """The token that ends an answer; empty where the template does not say."""
    _, _, behind = template.answer.rpartition("}")
    marks = [each for each in TEXT_ENDS if each in behind] or _marks_in(behind, template)
    return marks[-1] if marks else ""


def marks_of(template: Template) -> tuple[str, ...]:
    """Tokens of a template's own, such as ``<|im_start|>``; the end of a text is none of them."""
    marks = dict.fromkeys(mark for text in template.texts for mark in _marks_in(text, template))
    return tuple(mark for mark in marks if mark not in TEXT_ENDS)


def _marks_in(text: str, template: Template) -> list[str]:
    """Tokens of a template's own in a text, in order; of two that begin alike the longer."""
    named = map(re.escape, sorted(template.marks, key=len, reverse=True))
    return re.findall("|".join((*named, USUAL_MARK)), text)


def _literal(pattern: str, at: int) -> str:
    """The text with which a pattern begins (0) or ends (-1); empty where a field does."""
    text, name = [("", None), *pieces(pattern)][at or 1] if pattern else ("", None)
    return text if name is None else ""


# ---------------------------------------------------------------- the same in Jinja, as transformers reads it


def jinja(template: Template, *, bos: str = "", eos: str = "", read: str = "") -> str:
    """The template as a chat template, for messages of the roles system, user and assistant.

    Args:
        bos: what a text begins with; eos: what closes a text whose last answer does not end so.
        read: what closes a text that an encoder reads.
    """
    prompt = template.prompt if template.bare is None else template.bare
    start = _jinja(bos, {})
    opening = _jinja(template.opening, dict.fromkeys((SYSTEM,), "system"))
    asked = _jinja(prompt, dict.fromkeys(PROMPT_FIELDS, "message['content']"))
    told = _jinja(template.answer, dict.fromkeys((*PROMPT_FIELDS, *ANSWER_FIELDS), "message['content']"))
    if "message" not in told:  # of parts that no message has, such as a claim and its quote: it is the whole answer
        told = "{{ message['content'] }}"
    end = f"{{% if loop.last %}}{{{{ {json.dumps(eos)} }}}}{{% endif %}}" if eos and eos not in template.answer else ""
    return (
        "{% if messages[0]['role'] == 'system' %}{% set system = messages[0]['content'] %}"
        "{% else %}{% set system = '' %}{% endif %}"
        f"{start}{opening}{{% for message in messages %}}"
        f"{{% if message['role'] == 'user' %}}{asked}"
        f"{{% elif message['role'] == 'assistant' %}}{told}{end}{{% endif %}}{{% endfor %}}"
        f"{{% if add_generation_prompt %}}{_jinja(_escaped(begun(template)) + read, {})}{{% endif %}}"
    )


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _jinja(pattern: str, known: Mapping[str, str]) -> str:
    """A pattern in Jinja: texts as strings, so that no space or brace of theirs is Jinja's; other fields are empty."""
    parts = ((json.dumps(text, ensure_ascii=False), name) for text, name in pieces(pattern))
    return "".join(f"{{{{ {text if name is None else known.get(name, chr(39) * 2)} }}}}" for text, name in parts)
