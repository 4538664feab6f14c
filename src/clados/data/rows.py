"""A row of a table as examples, its kind by the names of its columns."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.data.errors import DataError
from clados.data.examples import (
    AskedText,
    ClassifiedText,
    ComparedTexts,
    Dialogue,
    Episode,
    Example,
    Pair,
    RankedAnswers,
    RuledAnswer,
    TaggedWords,
    Text,
)
from clados.data.templates import ASSISTANT, SPEAKERS

RowData = Mapping[str, Any]
_TEXTS = ("text", "content", "sentence")
PAIRS = (
    ("prompt", "completion"),
    ("source", "target"),
    ("prompt", "response"),
    ("instruction", "output"),
    ("instruction", "response"),
    ("question", "answer"),
    ("document", "summary"),
    ("article", "highlights"),
    ("anchor", "positive"),
    ("query", "positive"),
)
MORE = ("input", "context")  # what an instruction is about, put below it (Taori et al. 2023, Alpaca; Dolly)
LABELS = ("label", "labels")
TEXT_PAIRS = (  # of two texts, in the names of GLUE's and SNLI's columns
    ("sentence1", "sentence2"),
    ("premise", "hypothesis"),
    ("question1", "question2"),
    ("question", "sentence"),
    ("text", "text_pair"),
)
TAGGED = (("tokens", "tags"), ("tokens", "ner_tags"), ("tokens", "pos_tags"), ("tokens", "labels"), ("words", "tags"))
_ROWS = "; ".join(
    (
        f"text (or {', '.join(_TEXTS[1:])}), alone or with label",
        f"pairs: {', '.join(map('/'.join, PAIRS))}, translation",
        "messages (or conversations)",
        f"with label: {', '.join(map('/'.join, TEXT_PAIRS))}",
        ", ".join(map("/".join, TAGGED)),
        "question, context and answers",
        "prompt, chosen and rejected",
        "prompt, answers and scores, ranks or probabilities",
        "rule, prompt, answer and broken",
        "observations, actions and rewards",
    )
)
PLACE_COLUMNS = ("id", "language", "source_language")  # columns that are no field of a template
EPISODE_ENDS = (  # D4RL's, Gymnasium's and older names of what ends an episode after a step
    "terminals", "timeouts", "terminations", "truncations", "terminated", "truncated", "dones",
)  # fmt: skip
MOST_CHOICES = 10_000  # of a discrete action or state: each is a number of the model's


def replace_surrogates(text: str) -> str:
    """A text that UTF-8 can hold: half of a surrogate pair, which JSON allows, becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def examples_of(row: object, document: str, where: str) -> Iterator[Example]:
    """The examples of a row; an `id` of the row that is not empty names the document.

    Raises:
        DataError: for a row of other columns, or values that cannot be used.
    """
    if not isinstance(row, Mapping):
        raise DataError(f"{where}: {_named(row)} where an object is needed, with {_ROWS}")
    columns = {str(key).strip().lower(): value for key, value in row.items()}
    for keys, make in MAKERS.items():
        if all(key in columns for key in keys):
            if columns.get("id") not in (None, ""):
                document = replace_surrogates(str(columns["id"]))
            try:
                yield from make(document, columns)
            except DataError as error:
                raise DataError(f"{where}: {error}") from error
            except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RecursionError) as error:
                raise DataError(f"{where}: unusable {', '.join(keys)} ({error})") from error
            return
    has = replace_surrogates(", ".join(map(str, row)))
    raise DataError(f"{where}: has {has or 'no keys'}; needed: {_ROWS}")


def _named(value: object) -> str:
    return "null" if value is None else type(value).__name__


def _string(row: RowData, key: str) -> str:
    if not isinstance(row[key], str):
        raise TypeError(f"{key} is {_named(row[key])}, not a string")
    return replace_surrogates(row[key])


def _said(row: RowData, key: str) -> str:
    """A text of which something is to be learned."""
    if not (text := _string(row, key)).strip():
        raise ValueError(f"the {key} is empty")
    return text


def _is_score(key: str, value: object) -> bool:
    """Whether a column holds how good a teacher finds a text: ``score``, ``negative_score``."""
    return key.endswith("score") and isinstance(value, int | float) and not isinstance(value, bool)


def _language(row: RowData, key: str = "language") -> str:
    return _string(row, key) if row.get(key) else ""


def _text(key: str) -> Callable[[str, RowData], Iterator[Example]]:
    def make(document: str, row: RowData) -> Iterator[Example]:
        yield Text(document, _string(row, key), _language(row))

    return make


def _label(row: RowData, key: str) -> str | tuple[str, ...]:
    """A class, a number, or several classes; empty where there is none."""
    found = row[key]
    if isinstance(found, list | tuple):
        return tuple(_name(each, key) for each in found)
    return "" if found is None else _name(found, key)


def _name(value: object, key: str) -> str:
    if not isinstance(value, str | int | float):
        raise TypeError(f"{key} is {_named(value)}, not a name or a number")
    return str(value).lower() if isinstance(value, bool) else replace_surrogates(str(value)).strip()


def _classified(text: str, label: str) -> Callable[[str, RowData], Iterator[Example]]:
    def make(document: str, row: RowData) -> Iterator[Example]:
        try:
            said = _label(row, label)
        except TypeError:
            said = ""  # a column that is ignored where texts alone are read
        yield ClassifiedText(document, _string(row, text), _language(row), label=said)

    return make


def _compared(first: str, second: str, label: str) -> Callable[[str, RowData], Iterator[Example]]:
    def make(document: str, row: RowData) -> Iterator[Example]:
        yield ComparedTexts(document, _string(row, first), _string(row, second), _label(row, label), _language(row))

    return make


def _tagged(words: str, tags: str) -> Callable[[str, RowData], Iterator[Example]]:
    """In tables of text alone words and tags are parted by spaces."""

    def listed(row: RowData, key: str) -> tuple[str, ...]:
        found = row[key]
        parts = found.split() if isinstance(found, str) else found
        if not isinstance(parts, list | tuple):
            raise TypeError(f"{key} is {_named(found)}, not a list")
        return tuple(_name(each, key) for each in parts)

    def make(document: str, row: RowData) -> Iterator[Example]:
        both = listed(row, words), listed(row, tags)
        if len(both[0]) != len(both[1]):
            raise ValueError(f"{len(both[0])} {words} and {len(both[1])} {tags}")
        yield TaggedWords(document, *both, _language(row))

    return make


def _asked(document: str, row: RowData) -> Iterator[Example]:
    """SQuAD's rows: ``answers`` holds lists of ``text`` and ``answer_start``, or is a list of both."""
    said = row["answers"]
    if isinstance(said, Mapping):
        starts, texts = list(said["answer_start"]), list(said["text"])
    elif isinstance(said, list | tuple):
        starts, texts = [each["answer_start"] for each in said], [each["text"] for each in said]
    else:
        raise TypeError(f"answers is {_named(said)}, not text and answer_start")
    if len(starts) != len(texts):
        raise ValueError(f"answers have {len(texts)} text and {len(starts)} answer_start")
    context, found = _string(row, "context"), list[tuple[int, str]]()
    for start, text in zip(starts, texts):
        if not isinstance(start, int) or not isinstance(text, str) or context[start : start + len(text)] != text:
            raise ValueError(f"the context does not have the answer {text!r} at {start!r}")
        found.append((start, text))
    yield AskedText(document, _string(row, "question"), context, tuple(found), _language(row))


def _articles(document: str, row: RowData) -> Iterator[Example]:
    """SQuAD's own file: articles of paragraphs of questions; the questions on a paragraph are one document."""
    for a, article in enumerate(row["data"], 1):
        for p, paragraph in enumerate(article["paragraphs"], 1):
            for each in paragraph["qas"]:
                yield from _asked(f"{document}:{a}.{p}", {**each, "context": paragraph["context"]})


def _pair(source: str, target: str) -> Callable[[str, RowData], Iterator[Example]]:
    def make(document: str, row: RowData) -> Iterator[Example]:
        parts = [_string(row, source)]
        if source == "instruction":
            parts += [_string(row, key) for key in MORE if row.get(key)]
        languages = _language(row, "source_language"), _language(row)
        others = {key for key, value in row.items() if (value and isinstance(value, str)) or _is_score(key, value)} - {
            source,
            target,
            *PLACE_COLUMNS,
        }
        named = [key for key in row if key in {source, target, *others}] if others else []
        fields = tuple((key, str(row[key]) if _is_score(key, row[key]) else _string(row, key)) for key in named)
        yield Pair(document, "\n\n".join(parts), _said(row, target), *languages, fields=fields)

    return make


def _preferred(document: str, row: RowData) -> Iterator[Example]:
    """TRL's rows of preferences: texts, or lists of messages of which the last are the answers."""
    answers = _spoken(row, "chosen"), _spoken(row, "rejected")
    if answers[0] == answers[1]:
        raise ValueError("chosen and rejected are the same answer, so there is no pair")
    yield _ranked_answers(document, row, answers, (1.0, 0.0))


def _ranked(by: str) -> Callable[[str, RowData], Iterator[Example]]:
    """Of ``scores`` the highest is the best, of ``ranks`` the lowest."""

    def make(document: str, row: RowData) -> Iterator[Example]:
        if not all(isinstance(row[key], list | tuple) for key in ("answers", by)):
            raise TypeError(f"answers and {by} must be lists")
        answers = tuple(_string({"answers": each}, "answers") for each in row["answers"])
        numbers = tuple(_score(each, by) for each in row[by])
        yield _ranked_answers(document, row, answers, tuple(-each if by == "ranks" else each for each in numbers))

    return make


def _likely(document: str, row: RowData) -> Iterator[Example]:
    """As a model finds them: how likely each answer is the best."""
    for each in _ranked("probabilities")(document, row):
        assert isinstance(each, RankedAnswers)
        if not all(0 <= chance <= 1 for chance in each.scores) or not sum(each.scores):
            raise ValueError(f"probabilities are {[*each.scores]}; each must be from 0 to 1, and one above 0")
        yield replace(each, chances=each.scores)


def _ranked_answers(document: str, row: RowData, answers: tuple[str, ...], scores: tuple[float, ...]) -> RankedAnswers:
    prompt, good = _spoken(row, "prompt"), tuple(row.get("good") or ())
    if len(answers) != len(scores):
        raise ValueError(f"{len(answers)} answers and {len(scores)} scores or ranks")
    if len(answers) < 2:
        raise ValueError(f"{len(answers)} answer(s); two or more are compared")
    if good and (len(good) != len(answers) or not all(isinstance(each, bool) for each in good)):
        raise ValueError("good must hold true or false for each answer")
    if not prompt.strip():
        raise ValueError("the prompt is empty")
    if empty := [number for number, each in enumerate(answers, 1) if not each.strip()]:
        raise ValueError(f"answer {empty[0]} is empty")
    return RankedAnswers(document, prompt, answers, scores, good, _language(row))


def _ruled(document: str, row: RowData) -> Iterator[Example]:
    rule, prompt, answer, broken = _string(row, "rule"), _spoken(row, "prompt"), _spoken(row, "answer"), row["broken"]
    for name, text in (("rule", rule), ("prompt", prompt), ("answer", answer)):
        if not text.strip():
            raise ValueError(f"the {name} is empty")
    if not isinstance(broken, bool):
        raise TypeError(f"broken is {broken!r}; it must be true or false")
    yield RuledAnswer(document, rule, prompt, answer, broken, _language(row))


def _score(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{key} hold {value!r}; finite numbers are needed")
    return float(value)


def _spoken(row: RowData, key: str) -> str:
    """A text, or what the last of some messages says."""
    found = row[key]
    if isinstance(found, list | tuple) and found and isinstance(found[-1], Mapping):
        return _string(found[-1], "content")
    return _string(row, key)


def _translation(document: str, row: RowData) -> Iterator[Example]:
    """Two texts by their languages, the source first."""
    sides: Mapping[str, Any] = row["translation"]
    if not isinstance(sides, Mapping) or len(sides) != 2:
        raise TypeError("translation must hold two texts by their languages")
    source, target = sides
    yield Pair(document, _string(sides, source), _said(sides, target), source, target)


def _dialogue(key: str, role: str, content: str) -> Callable[[str, RowData], Iterator[Example]]:
    """Conversations; an answer may be empty, absent or null where it calls a tool, as OpenAI's do."""

    def said(message: RowData) -> str:
        silent = message.get("tool_calls") and message.get(content) is None
        return "" if silent else _string(message, content)

    def make(document: str, row: RowData) -> Iterator[Example]:
        messages = tuple((_string(m, role), said(m)) for m in row[key])
        for number, (m, (speaker, text)) in enumerate(zip(row[key], messages), 1):
            if SPEAKERS.get(speaker.lower()) == ASSISTANT and not text.strip() and not m.get("tool_calls"):
                raise ValueError(f"message {number}, of the role '{speaker}', is empty")
        yield Dialogue(document, messages, _language(row))

    return make


# ---------------------------------------------------------------- episodes


def _trajectories(document: str, row: RowData) -> Iterator[Example]:
    """The episodes of a row, each ending after a step that one of `EPISODE_ENDS` marks, and with the row."""
    observations, actions, rewards = (_numbers(row, key) for key in ("observations", "actions", "rewards"))
    if rewards.shape[1:] == (1,):
        rewards = rewards[:, 0]
    if rewards.ndim != 1 or not observations.ndim or actions.ndim not in (1, 2):
        shapes = ", ".join(str(each.shape) for each in (observations, actions, rewards))
        raise ValueError(f"of shapes {shapes}; needed are [steps, ...], [steps] or [steps, numbers], and [steps]")
    steps = len(rewards)
    if not steps or not len(observations) == len(actions) == steps:
        raise ValueError(f"{len(observations)} observations, {len(actions)} actions, {steps} rewards")
    if not observations.size or not actions.size:
        raise ValueError("a step has no numbers")
    if actions.shape[1:] == (1,) and _whole_numbers(actions):
        actions = actions[:, 0]
    ends = np.zeros(steps, np.bool_)
    for key in EPISODE_ENDS:
        if row.get(key) is not None:
            marks = np.asarray(row[key])
            if marks.shape not in ((steps,), (steps, 1)) or marks.dtype.kind not in "biuf":
                raise ValueError(f"{key} is {marks.dtype} {marks.shape}; needed is a mark for each of {steps} steps")
            ends |= marks.reshape(steps) != 0
    ends[-1] = True
    bounds = [0, *(np.flatnonzero(ends) + 1).tolist()]
    for number, each in enumerate(map(slice, bounds, bounds[1:]), 1):
        name = f"{document}:{number}" if len(bounds) > 2 else document
        yield Episode(name, observations[each], actions[each], rewards[each].astype(np.float32))


def _whole_numbers(array: NDArray[Any]) -> bool:
    return np.issubdtype(array.dtype, np.integer)


def _numbers(row: RowData, key: str) -> NDArray[Any]:
    """An array of a row: int64 where it holds one integer a step, or float32 that is finite."""
    array = np.asarray(row[key])
    if array.dtype.kind == "O":  # integers beyond 64 bits
        array = array.astype(np.float64)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{key} holds {array.dtype}, not numbers")
    one_a_step = array.ndim == 1 or array.shape[1:] == (1,)
    if one_a_step and array.dtype.kind in "biu" and (array.dtype.kind != "u" or not array.size or array.max() < 2**62):
        return array.astype(np.int64)
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    if not np.isfinite(array).all():
        raise ValueError(f"{key} holds a number that is not finite, or beyond what 32 bits hold")
    return array


def alike(episodes: list[Episode]) -> list[Episode]:
    """Episodes of one kind: actions that are choices, or numbers; states that are one of several, or numbers.

    Actions are choices, and states one of several, where all episodes have one integer from 0 a step.

    Raises:
        DataError: for episodes of different shapes, or more choices than a model can have numbers for.
    """
    columns = {}
    for key in ("actions", "observations"):
        each = [getattr(episode, key) for episode in episodes]
        discrete = all(array.ndim == 1 and _whole_numbers(array) and array.min() >= 0 for array in each)
        if discrete and (most := max(int(array.max()) for array in each)) >= MOST_CHOICES:
            allowed = f"below {MOST_CHOICES:,} where they stand for choices; else write them with a decimal point"
            raise DataError(f"{key} are integers up to {most}; allowed: {allowed}")
        columns[key] = each if discrete else [_as_numbers(array) for array in each]
        shape = columns[key][0].shape[1:]
        for episode, array in zip(episodes, columns[key]):
            if array.shape[1:] != shape:
                raise DataError(
                    f"{episode.document}: {key} of shape {array.shape[1:]}; those of {episodes[0].document} are {shape}"
                )
    return [
        Episode(episode.document, states, actions, episode.rewards, episode.held_out)
        for episode, states, actions in zip(episodes, columns["observations"], columns["actions"])
    ]


def _as_numbers(array: NDArray[Any]) -> NDArray[np.float32]:
    return (array[:, None] if array.ndim == 1 else array).astype(np.float32)


MAKERS: dict[tuple[str, ...], Callable[[str, RowData], Iterator[Example]]] = {
    ("prompt", "chosen", "rejected"): _preferred,
    ("prompt", "answers", "scores"): _ranked("scores"),
    ("prompt", "answers", "ranks"): _ranked("ranks"),
    ("prompt", "answers", "probabilities"): _likely,
    ("rule", "prompt", "answer", "broken"): _ruled,
    **{(*both, label): _compared(*both, label) for both in TEXT_PAIRS for label in (*LABELS, "score")},
    **{(text, label): _classified(text, label) for text in _TEXTS for label in LABELS},
    **{(key,): _text(key) for key in _TEXTS[:1]},
    **{(source, target): _pair(source, target) for source, target in PAIRS},
    TEXT_PAIRS[0]: _pair(*TEXT_PAIRS[0]),
    **{both: _tagged(*both) for both in TAGGED},
    ("question", "context", "answers"): _asked,
    ("data",): _articles,
    ("translation",): _translation,
    ("messages",): _dialogue("messages", "role", "content"),
    ("conversations",): _dialogue("conversations", "from", "value"),
    ("observations", "actions", "rewards"): _trajectories,
    **{(key,): _text(key) for key in _TEXTS[1:]},
}
