"""The two files that a new model starts from."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from clados import models
from clados.catalog.card import Card, CardError, declaration_of
from clados.catalog.check import stem
from clados.catalog.schema import ATTRIBUTES
from clados.files import write_text
from clados.spec.core.part import Part, part_fields
from clados.spec.kinds.model import Model


def new(name: str, like: str, cards: Mapping[str, Card], folder: Path) -> list[Path]:
    """Write ``<id>.toml``, and ``<id>.py`` when the parent is declared: a child that is its parent, but ...

    Args:
        name: the id of the new model.
        like: the id of its parent by architecture.
        cards: the catalogue.
        folder: where the files go.

    Returns:
        The files that were written.

    Raises:
        CardError: for an id that is malformed or taken, or when a file is already there.
        NoModelError: when there is no such parent.
    """
    parent = cards[like]
    if not re.fullmatch(r"[a-z][a-z0-9]*([-.][a-z0-9]+)*", name):
        raise CardError(f"'{name}' is no id; write lower-case letters, digits, '-' and '.', a letter first")
    if name in cards:
        raise CardError(f"'{name}' is already in the catalogue: {cards[name].path}")
    paths = [folder / f"{stem(name)}{suffix}" for suffix in (".toml", ".py") if suffix != ".py" or parent.runnable]
    for path in paths:
        if path.exists():
            raise CardError(f"{path} is already there; nothing was written")
    texts = dict(zip(paths, (card_text(name, parent), declaration_text(name, parent, folder) if paths[1:] else "")))
    try:
        for path, text in texts.items():
            write_text(path, text)
    except OSError:
        for path in texts:
            path.unlink(missing_ok=True)
        raise
    return [*texts]


def card_text(name: str, parent: Card, change: str = "") -> str:
    """A card with all that is inherited filled in; each other value is unknown and asks for its reason.

    Args:
        change: what differs from the parent, in words.
    """
    lines = [
        f'id = "{name}"',
        f'name = "{name}"',
        "",
        "# kind: reported | computed | derived | estimated | disputed | unknown. What is unknown says why in its note.",
    ]
    width = max(map(len, ATTRIBUTES))
    for attribute in ATTRIBUTES.values():
        inherited = attribute.name in ("family", "architecture") and parent.values[attribute.name].known
        allowed = f": {' | '.join(attribute.allowed)}" if attribute.allowed else ""
        if inherited:
            names = ", ".join(f'"{word}"' for word in parent.values[attribute.name].items)
            value = f'{{ value = [{names}], kind = "derived", source = "card {parent.id}" }}'
        else:
            value = '{ value = "unknown", kind = "unknown", source = "", note = "" }'
        lines.append(f"{attribute.name:{width}} = {value}  # {attribute.meaning}{allowed}")
    lines += [
        "",
        "[[lineage]]",
        f'parent = "{parent.id}"',
        'kind = "architecture"',
        f"change = {json.dumps(change)}",
        'source = ""',
    ]
    lines += ["", "[[sizes]]", f'name = "{_size(parent)}"', "headline = true"]
    lines += ['label = { value = "unknown", kind = "unknown", note = "" }', 'basis = "model"', ""]
    return "\n".join(lines)


def _size(parent: Card) -> str:
    """The size of the parent that the child starts from: that at which it is declared."""
    if parent.runnable:
        return declaration_of(parent).own_size
    size = parent.headline_size
    return size.name if size else "base"


def declaration_text(name: str, parent: Card, folder: Path, model: Model | None = None, size: str = "") -> str:
    """A declaration that says: the parent, but nothing changed yet; or what makes the parent's ``size`` this model."""
    ours, theirs = stem(name), stem(parent.id)
    if parent.path.is_relative_to(models.FOLDER):
        module = f"clados.models.{parent.path.parent.name}.{theirs}"
        bring = f"from {module} import declaration as {theirs}\nfrom clados.spec import *"
    else:
        where = os.path.relpath(parent.path.with_suffix(".py"), folder)
        bring = (
            "from pathlib import Path\n\nfrom clados.models.declared import declared_in\nfrom clados.spec import *\n\n"
            f'{theirs} = declared_in(Path(__file__).parent / "{Path(where).as_posix()}")'
        )
    size = size or _size(parent)
    if model is None:
        made = f"{theirs}.model.but()  # what differs goes here, as in but(stack=but(norm=RMSNorm()))"
    else:
        made = f'{theirs}.at("{size}"){_changed(declaration_of(parent).at(size), model)}'
    sizes = f'{{"{size}": {ours}.size}}'
    return f'''"""{name}: {parent.name}, but ..."""

{bring}

{ours} = {made}

declaration = {theirs}.but(model={ours}, sizes={sizes}, recipes={{}}, layouts=(), assumed=())
'''


def _changed(old: Model, new: Model) -> str:
    """``.but(...)``, a line for each slot in which two models of a kind differ; nothing where they do not."""
    lines = [f"    {name}={change},\n" for name, change in _changes(old, new)]
    return f".but(\n{''.join(lines)})" if lines else ""


def _changes(old: Part, new: Part) -> Iterator[tuple[str, str]]:
    """The words in which two parts of a kind differ, as they are written."""
    for name, value in part_fields(new).items():
        if value != (was := getattr(old, name)):
            yield name, _written(was, value)


def _written(old: object, new: object) -> str:
    if isinstance(new, Part) and isinstance(old, Part) and type(new) is type(old):
        return f"but({', '.join(f'{name}={change}' for name, change in _changes(old, new))})"
    return repr(new)
