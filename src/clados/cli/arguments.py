"""Arguments and options that several commands have, and how a shell completes them. Completing imports no torch."""

import os
from collections.abc import Callable, Iterable
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from clados.catalog.counts import NamedModel

Completions = list[tuple[str, str]]  # what may stand there, and what it is


def complete_models(incomplete: str) -> Completions:
    """Ids of models; behind a colon, the sizes of the one that stands in front of it."""
    from clados.catalog.load import catalog

    cards = catalog()
    name, colon, _ = incomplete.partition(":")
    if not colon:
        return _starting(incomplete, ((card.id, card.name) for card in cards.values()))
    sizes = cards[name].sizes if name in cards else ()
    return _starting(incomplete, ((f"{name}:{size.name}", size.basis) for size in sizes))


def complete_values(attribute: str) -> Callable[[str], Completions]:
    """Values that an attribute of the cards has, or may have."""

    def complete(incomplete: str) -> Completions:
        from clados.catalog.load import catalog
        from clados.catalog.schema import ATTRIBUTES

        known = ATTRIBUTES[attribute]
        if known.type in ("count", "counts", "date", "prose", "link"):
            return []
        items = [str(item) for card in catalog().values() for item in card.values[attribute].items]
        return _starting(incomplete, ((each, "") for each in sorted({*known.allowed, *items})))

    return complete


def complete_from(choices: Callable[[], Iterable[str]]) -> Callable[[str], Completions]:
    """Completion from a list that is made when it is needed."""
    return lambda incomplete: _starting(incomplete, ((word, "") for word in choices()))


def _starting(incomplete: str, known: Iterable[tuple[str, str]]) -> Completions:
    start = incomplete.casefold()
    return [(value, what) for value, what in known if value.casefold().startswith(start)]


def rejoin_colons() -> str:
    """Put the words together again that bash parts at colons; what stands in front of the last one's colon."""
    words, number = os.environ.get("COMP_WORDS", "").split(" "), os.environ.get("COMP_CWORD", "")
    if not number.isdigit() or ":" not in words:
        return ""
    joined, place = list[str](), 0
    for i, word in enumerate(words):
        if joined and ":" in (word, words[i - 1]):
            joined[-1] += word
        else:
            joined.append(word)
        place = len(joined) - 1 if i <= int(number) else place
    os.environ |= {"COMP_WORDS": " ".join(joined), "COMP_CWORD": str(place)}
    front, colon, _ = joined[place].rpartition(":")
    return front + colon


Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ModelName = Annotated[
    str, typer.Argument(help="A model's id or name.", metavar="MODEL", autocompletion=complete_models)
]
Models = Annotated[
    list[str], typer.Argument(help="Models' ids or names.", metavar="MODEL...", autocompletion=complete_models)
]
Sized = Annotated[
    str,
    typer.Argument(
        help="A model, or one of its sizes: gpt-2, bert:large.", metavar="MODEL[:SIZE]", autocompletion=complete_models
    ),
]
SizedModels = Annotated[
    list[str],
    typer.Argument(
        help="Models, or sizes of them: gpt-3 llama:7b.", metavar="MODEL[:SIZE]...", autocompletion=complete_models
    ),
]
SizedOrSaved = Annotated[
    str,
    typer.Argument(
        help="A model or one of its sizes, as gpt-2 or bert:large; or a directory that holds one.",
        metavar="MODEL[:SIZE]|DIR",
        autocompletion=complete_models,
    ),
]
Directory = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help="A directory that Clados or Hugging Face's transformers saved, or a model of `clados small`.",
    ),
]
AllowPickle = Annotated[
    bool,
    typer.Option("--allow-pickle", help="Read pickled files (.bin, .pt, .ckpt) too, as torch's weights_only does."),
]
Architecture = Annotated[
    str | None,
    typer.Option(
        help="Class of transformers to read DIR as, such as BertModel.",
        metavar="CLASS",
        show_default="the one that its config names",
    ),
]


def sized_or_saved(model: str) -> "str | NamedModel":
    """A name of the catalogue as it is; the declaration of what a directory or a file of weights holds."""
    from clados.catalog.counts import NamedModel
    from clados.catalog.load import catalog
    from clados.files import path_exists
    from clados.small import model_folder

    if model.endswith(".py") or not path_exists(model_folder(model)) or model.partition(":")[0] in catalog():
        return model
    from clados.checkpoints.load import saved_model

    return NamedModel(model, saved_model(model))


Base = Annotated[
    Path | None,
    typer.Option(
        help="Of an adapter: the directory of its model.", metavar="DIR", show_default="the one that it names"
    ),
]


def with_reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command that reads a model's directory, with the options that say how."""

    @wraps(command)
    def run(*, allow_pickle: bool, architecture: str | None, base: Path | None, **options: Any) -> Any:
        if not allow_pickle and architecture is None and base is None:
            return command(**options)
        from clados.checkpoints import reading

        with reading(allow_pickle=allow_pickle, architecture=architecture, base=base):
            return command(**options)

    kinds = {"allow_pickle": (AllowPickle, False), "architecture": (Architecture, None), "base": (Base, None)}
    own = signature(command)
    added = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in kinds.items()
    ]
    run.__signature__ = own.replace(parameters=[*own.parameters.values(), *added])  # type: ignore[attr-defined]
    run.__annotations__ = {**command.__annotations__, **{name: kind for name, (kind, _) in kinds.items()}}
    return run
