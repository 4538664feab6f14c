"""Clados: the executable catalogue of Transformers."""

from importlib import import_module

TYPE_CHECKING = False  # as in typing, whose import would be most of the time that this one takes
if TYPE_CHECKING:
    from typing import Any

__version__ = "0.1.0"

# What `import clados` offers, each imported when it is first used: name -> "module:name".
_OFFERED = {
    "act": "clados.apply.act:act",
    "build": "clados.nn.make:build",
    "card": "clados.catalog.load:card",
    "cards": "clados.catalog.load:catalog",
    "Choices": "clados.train.pretrain:Choices",
    "CladosError": "clados.errors:CladosError",
    "cite": "clados.catalog.publications:cite",
    "classify": "clados.apply.classify:classify",
    "count": "clados.catalog.counts:count_of",
    "declaration": "clados.catalog.load:declaration",
    "embed": "clados.apply.embed:embed",
    "fill": "clados.apply.fill:fill",
    "find": "clados.catalog.query:ask",
    "fit": "clados.train.loop:fit",
    "from_pretrained": "clados.checkpoints:from_pretrained",
    "generate": "clados.apply.write:write",
    "learns": "clados.train.learns:learns",
    "match": "clados.apply.match:match",
    "pretrain": "clados.train.pretrain:pretrain",
    "Run": "clados.train.loop:Run",
    "save_pretrained": "clados.checkpoints:save_pretrained",
    "settle": "clados.nn.settle:settle",
    "Trainer": "clados.train.loop:Trainer",
    "translate": "clados.apply.translate:translate",
}

__all__ = ["__version__", *_OFFERED]


def __getattr__(name: str) -> "Any":
    if name not in _OFFERED:
        raise AttributeError(f"module 'clados' has no attribute '{name}'")
    module, _, attribute = _OFFERED[name].partition(":")
    found = getattr(import_module(module), attribute)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_OFFERED})
