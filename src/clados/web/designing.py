"""A declared model with other words: the fields that its parts' types give, what is said of them, what comes of it."""

import ast
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal

from clados import spec as s
from clados.errors import InputError
from clados.names import did_you_mean
from clados.spec.core.part import Part, part_fields
from clados.spec.core.reading import is_read
from clados.spec.core.registry import KINDS
from clados.spec.kinds.model import Model

UNSAID = ""  # how None is written
_YES = {"yes": True, "no": False}
_LONGEST = 200  # letters of a word that is read


@dataclass(frozen=True)
class Field:
    """A word of a part that may be changed.

    Attributes:
        path: where it stands, as in ``stack.block.attn.scale``.
        kind: ``choice`` of ``choices``, a ``part`` of one of these kinds, a ``number``, a ``whole`` one, ``numbers``.
        value: as it is written now; usual: as the model that one starts from has it; both "" for None.
        optional: whether it may be None.
    """

    path: str
    kind: Literal["choice", "part", "number", "whole", "numbers"]
    value: str
    usual: str
    choices: tuple[str, ...] = ()
    optional: bool = False

    @property
    def name(self) -> str:
        """The word itself."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class Section:
    """A part: its path, its kind and what that is, its own words, and the parts inside it."""

    path: str
    kind: str
    meaning: str
    fields: tuple[Field, ...]
    inside: tuple["Section", ...]


@dataclass
class Design:
    """What comes of a model and of what is said of its words.

    Attributes:
        old: the model that one starts from; new: with those changes that hold.
        errors: by path, why a change does not hold; it is left out.
    """

    old: Model
    new: Model
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The form: the model's words, part by part."""
        return _section(self.new, self.old, "").inside

    @property
    def fields(self) -> list[Field]:
        """Every word of the form."""
        return [each for section in self.sections for each in _every(section)]


def designed(old: Model, said: Mapping[str, str]) -> Design:
    """A model with other words.

    Args:
        said: words by their paths, as a form sends them; those that are as they were change nothing.
    """
    found = Design(old, old)
    wanted = dict(said)
    new = _rebuilt(old, "", wanted, found.errors)
    assert isinstance(new, Model)
    found.new = new
    known = {each.path for design in (found, Design(old, old)) for each in design.fields}
    for path in wanted:
        if path not in known and not any(path.startswith(f"{each}.") for each in said):  # else of a part that went
            found.errors[path] = f"there is no '{path}'{did_you_mean(path, known)}"
    try:
        s.count_parameters(new)
    except s.SpecError as error:
        found.errors[""], found.new = str(error), old
        return found
    unread = {each.path: each.value for each in found.fields if each.path in said and _is_unread(new, each)}
    if not unread:
        return found
    errors = {path: f"{path} is '{value}'; no part of this model reads it" for path, value in unread.items()}
    rest = designed(old, {path: text for path, text in said.items() if path not in unread})
    return Design(old, rest.new, rest.errors | errors)


def _is_unread(model: Model, word: Field) -> bool:
    """Whether a word of a size was changed that makes no difference to the model."""
    return word.value != word.usual and word.path.startswith("size.") and not is_read(model, word.path)


def _every(section: Section) -> Iterator[Field]:
    yield from section.fields
    for each in section.inside:
        yield from _every(each)


# ---------------------------------------------------------------- changes


def _rebuilt(part: Part, path: str, said: dict[str, str], errors: dict[str, str]) -> Part:
    """A part with what is said of it and of all inside it; words that are read are taken out of ``said``."""
    changes: dict[str, Any] = {}
    for name, hint in hints(type(part)).items():
        where, old = f"{path}.{name}".lstrip("."), getattr(part, name)
        try:
            new = _chosen(old, hint, where, said)
        except (InputError, s.SpecError) as error:
            errors[where], new = str(error), old
        new = _inside(new, where, said, errors)
        if new != old:
            changes[name] = new
    return _together(part, changes, path, errors)


def _inside(value: Any, where: str, said: dict[str, str], errors: dict[str, str]) -> Any:
    if isinstance(value, Part):
        return _rebuilt(value, where, said, errors)
    if isinstance(value, tuple):
        return tuple(_inside(each, f"{where}[{i}]", said, errors) for i, each in enumerate(value))
    return value


def _together(part: Part, changes: dict[str, Any], path: str, errors: dict[str, str]) -> Part:
    """All changes at once where they hold; else those that hold one after the other, and why the others do not."""
    try:
        return part.but(**changes) if changes else part
    except s.SpecError as error:
        first = error
    for name, value in changes.items():
        where = f"{path}.{name}".lstrip(".")
        try:
            part = part.but(**{name: value})
        except s.SpecError:
            errors.setdefault(where, str(first))
    return part


def _chosen(old: Any, hint: Any, where: str, said: dict[str, str]) -> Any:
    """The value that is said of a field; the one that it has where nothing is said, or the same.

    Raises:
        InputError: for what is no value of its type.
        SpecError: for a part that cannot be made of what is there.
    """
    text = said.pop(where, None)
    if text is None or (text := text.strip()) == form_text(old):
        return old
    if len(text) > _LONGEST:
        raise InputError(f"{where} has {len(text)} letters; up to {_LONGEST} are read")
    kinds = _options(hint)
    if text == UNSAID and type(None) in kinds:
        return None
    if literals := [each for each in kinds if not isinstance(each, type)]:
        allowed = {form_text(each): each for each in literals}
        if text not in allowed:
            raise InputError(f"{where} is '{text}'; it may be {', '.join(allowed)}{did_you_mean(text, allowed)}")
        return allowed[text]
    if parts := part_kinds(hint):
        return _made(text, parts, old, where)
    return _number(text, kinds, where)


def _made(text: str, parts: Mapping[str, type[Part]], old: Any, where: str) -> Part:
    """A part of another kind: with the words that both have, else as its kind is usually, else a small example."""
    if text not in parts:
        raise InputError(f"{where} is '{text}'; it may be {', '.join(parts)}{did_you_mean(text, parts)}")
    kind = parts[text]
    refused: s.SpecError | None = None
    for make in ((lambda: kind.like(old)) if isinstance(old, Part) else kind, kind, kind.example):
        try:
            if (made := make()) is not None:
                return made
        except s.SpecError as error:
            refused = refused or error
    raise refused or InputError(f"{where}: a {text} needs words that are said in a declaration")


def _number(text: str, kinds: list[Any], where: str) -> Any:
    """A number, or several."""
    if bool in kinds:
        if text not in _YES:
            raise InputError(f"{where} is '{text}'; it may be yes or no")
        return _YES[text]
    several = next((each for each in kinds if each is tuple), None)
    whole = float not in kinds
    try:
        value = ast.literal_eval(f"({text},)" if several else text.replace(",", "").replace(" ", ""))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        value = None
    numbers = value if isinstance(value, tuple) else (value,)
    allowed = int if whole and not several else int | float
    if any(isinstance(each, bool) or not isinstance(each, allowed) for each in numbers):
        takes = "numbers, with commas between" if several else "a whole number" if whole else "a number"
        raise InputError(f"{where} is '{text}'; it takes {takes}")
    return value


# ---------------------------------------------------------------- types


def hints(kind: type[Part]) -> dict[str, Any]:
    known = typing.get_type_hints(kind)
    return {each.name: known[each.name] for each in fields(kind)}  # type: ignore[arg-type]


def _options(hint: Any) -> list[Any]:
    """What a type allows: types, values of a Literal, and ``tuple`` for several numbers."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return [each for one in typing.get_args(hint) for each in _options(one)]
    if typing.get_origin(hint) is Literal:
        return [*typing.get_args(hint)]
    return [typing.get_origin(hint) or hint]


def part_kinds(hint: Any) -> dict[str, type[Part]]:
    """The kinds of part that a slot takes, by name; those that only others are kinds of are left out."""
    bases = tuple(each for each in _options(hint) if isinstance(each, type) and issubclass(each, Part))
    kinds = [each for each in KINDS.values() if issubclass(each, bases) and not _is_base(each)] if bases else []
    return {each.__name__: each for each in sorted(kinds, key=lambda kind: kind.__name__)}


def _is_base(kind: type[Part]) -> bool:
    """Whether it is only what several others have in common: nothing says its tensors."""
    own = any("pieces" in each.__dict__ for each in kind.__mro__ if each not in (Part, object))
    return kind.__name__.startswith("_") or (len(kind.__subclasses__()) > 1 and not own)


def form_text(value: Any) -> str:
    """A value as a form shows it; "" for None.

    >>> form_text(None), form_text(True), form_text(0.1), form_text((2, 2)), form_text("gelu")
    ('', 'yes', '0.1', '2, 2', 'gelu')
    """
    if value is None:
        return UNSAID
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return type(value).__name__ if isinstance(value, Part) else str(value)


def _section(part: Part, old: Any, path: str) -> Section:
    """The words of a part, and the parts inside it, beside what stood there."""
    words, inside = list[Field](), list[Section]()
    olds = _usual(type(part)) | (part_fields(old) if isinstance(old, Part) else {})
    for name, hint in hints(type(part)).items():
        where, value, was = f"{path}.{name}".lstrip("."), getattr(part, name), olds.get(name)
        if (one := _field(where, value, was, hint)) is not None:
            words.append(one)
        if isinstance(value, Part):
            inside.append(_section(value, was, where))
        elif isinstance(value, tuple) and all(isinstance(each, Part) for each in value):
            before = was if isinstance(was, tuple) else ()
            for i, each in enumerate(value):
                inside.append(_section(each, before[i] if i < len(before) else None, f"{where}[{i}]"))
    return Section(path, type(part).__name__, meaning_of(type(part)), tuple(words), tuple(inside))


def meaning_of(kind: type[Part]) -> str:
    """What a kind of part is: the first line of what is written on it."""
    return (kind.__doc__ or "").partition("\n")[0].replace("``", "")


def _usual(kind: type[Part]) -> dict[str, Any]:
    """What the words of a kind are where nothing is said."""
    return {each.name: each.default for each in fields(kind) if each.default is not MISSING}  # type: ignore[arg-type]


def _field(path: str, value: Any, was: Any, hint: Any) -> Field | None:
    """The field of a word; None for what no form says, such as several parts in turn."""
    kinds = _options(hint)
    optional = type(None) in kinds
    now, usual = form_text(value), form_text(was)
    literals = [each for each in kinds if not isinstance(each, type)]
    if literals or bool in kinds:
        choices = tuple(map(form_text, literals)) or ("yes", "no")
        return Field(path, "choice", now, usual, choices, optional)
    if isinstance(value, tuple) and any(isinstance(each, Part) for each in value):
        return None
    if parts := part_kinds(hint):
        choices = tuple(parts) if now in parts or not now else (now, *parts)
        return Field(path, "part", now, usual, choices, optional) if len(choices) + optional > 1 else None
    if tuple in kinds:
        flat = isinstance(value, tuple) and all(isinstance(each, int | float) for each in value)
        return Field(path, "numbers", now, usual, (), optional) if flat else None
    if int in kinds or float in kinds:
        return Field(path, "number" if float in kinds else "whole", now, usual, (), optional)
    return None


# ---------------------------------------------------------------- memory

_BYTES = {"weights in float32": 4, "weights in bfloat16": 2}
_ADAM = 4 * 4  # bytes a parameter: weights, gradients and two moments in float32


def memory(model: Model) -> dict[str, int]:
    """Bytes of the weights as they are kept, of all that AdamW keeps of them, and of keys and values of a token.

    What a batch's activations take comes on top; attention that sees less than all keeps fewer keys and values.
    """
    total = s.count_parameters(model).total
    found = {name: total * each for name, each in _BYTES.items()}
    found["training by AdamW in float32"] = total * _ADAM
    size = model.size.decoder if isinstance(model.size, s.Sides) else model.size
    if model.writes is not None and isinstance(size, s.Size):
        dims = size.dims
        found["keys and values of a token in bfloat16, at most"] = 2 * dims.layers * dims.kv_heads * dims.head_dim * 2
    return found
