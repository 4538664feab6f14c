"""Clados: the executable catalogue of Transformers."""

from importlib import import_module

from clados.version import __version__ as __version__

TYPE_CHECKING = False  # as in typing, whose import would be most of the time that this one takes
if TYPE_CHECKING:  # what OFFERED says, for type checkers and editors
    from clados.apply.act import act as act
    from clados.apply.answer import answer as answer
    from clados.apply.chat import chat as chat
    from clados.apply.classify import classify as classify
    from clados.apply.discriminate import discriminate as discriminate
    from clados.apply.embed import embed as embed, embed_images as embed_images
    from clados.apply.fill import fill as fill
    from clados.apply.match import match as match
    from clados.apply.rank import rank as rank
    from clados.apply.ready import load as load
    from clados.apply.summarize import summarize as summarize
    from clados.apply.tag import tag as tag
    from clados.apply.translate import translate as translate
    from clados.apply.write import (
        generate as generate,
        generate_all as generate_all,
        generate_stream as generate_stream,
    )
    from clados.catalog.bibtex import cite as cite
    from clados.catalog.compare import compare as compare
    from clados.catalog.counts import count as count
    from clados.catalog.differences import diff as diff
    from clados.catalog.export import export as export
    from clados.catalog.lineage import lineage as lineage
    from clados.catalog.load import card as card, cards as cards, declaration as declaration
    from clados.catalog.query import find as find
    from clados.checkpoints.load import from_pretrained as from_pretrained
    from clados.checkpoints.save import save_pretrained as save_pretrained, save_single_file as save_single_file
    from clados.drawing.drawings import draw as draw, poster as poster, timeline as timeline, tree as tree
    from clados.errors import CladosError as CladosError
    from clados.named import build as build
    from clados.nn.weight_layout import prepare_for_decoding as prepare_for_decoding
    from clados.proofs.proving import verify as verify
    from clados.train.choices import Choices as Choices
    from clados.train.finetune import Tuned as Tuned, finetune as finetune
    from clados.train.learns import learns as learns
    from clados.train.loop import Trainer as Trainer
    from clados.train.objective import objective as objective
    from clados.train.pretrain import pretrain as pretrain
    from clados.train.supervised import fit as fit
    from clados.train.unit import Run as Run

# What `import clados` offers, each imported when it is first used: its name and module.
OFFERED = {
    "act": "clados.apply.act",
    "answer": "clados.apply.answer",
    "build": "clados.named",
    "card": "clados.catalog.load",
    "cards": "clados.catalog.load",
    "Choices": "clados.train.choices",
    "CladosError": "clados.errors",
    "chat": "clados.apply.chat",
    "cite": "clados.catalog.bibtex",
    "classify": "clados.apply.classify",
    "compare": "clados.catalog.compare",
    "count": "clados.catalog.counts",
    "declaration": "clados.catalog.load",
    "diff": "clados.catalog.differences",
    "discriminate": "clados.apply.discriminate",
    "draw": "clados.drawing.drawings",
    "embed": "clados.apply.embed",
    "embed_images": "clados.apply.embed",
    "export": "clados.catalog.export",
    "fill": "clados.apply.fill",
    "find": "clados.catalog.query",
    "finetune": "clados.train.finetune",
    "fit": "clados.train.supervised",
    "from_pretrained": "clados.checkpoints.load",
    "generate": "clados.apply.write",
    "generate_all": "clados.apply.write",
    "generate_stream": "clados.apply.write",
    "learns": "clados.train.learns",
    "lineage": "clados.catalog.lineage",
    "load": "clados.apply.ready",
    "match": "clados.apply.match",
    "objective": "clados.train.objective",
    "pretrain": "clados.train.pretrain",
    "rank": "clados.apply.rank",
    "Run": "clados.train.unit",
    "save_pretrained": "clados.checkpoints.save",
    "save_single_file": "clados.checkpoints.save",
    "poster": "clados.drawing.drawings",
    "prepare_for_decoding": "clados.nn.weight_layout",
    "summarize": "clados.apply.summarize",
    "tag": "clados.apply.tag",
    "timeline": "clados.drawing.drawings",
    "Trainer": "clados.train.loop",
    "translate": "clados.apply.translate",
    "tree": "clados.drawing.drawings",
    "Tuned": "clados.train.finetune",
    "verify": "clados.proofs.proving",
}

__all__ = ["__version__", *OFFERED]

if not TYPE_CHECKING:  # so that a misspelt name is an error to them

    def __getattr__(name: str) -> object:
        if name not in OFFERED:
            raise AttributeError(f"module 'clados' has no attribute '{name}'")
        try:
            found = getattr(import_module(OFFERED[name]), name)
        except ModuleNotFoundError as error:
            from clados.errors import missing

            raise missing(error) from error
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *OFFERED})
