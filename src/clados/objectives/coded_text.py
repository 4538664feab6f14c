"""Text that follows the control code of its domain (Keskar et al. 2019, CTRL)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from clados import spec as s
from clados.data.examples import DataError, Text
from clados.data.packing import Packed, TokenBlocks, generator
from clados.objectives.next_token import NextTokenTask
from clados.objectives.tasks import Small, Source, SourceConfig, of_kind

# The paper's codes (table 7) of what is nearest to the embedded sets; other domains are called what their folders are.
CODES = {"wordnet": "Wikipedia", "shakespeare": "Books", "html": "Links"}


class CodedTextTask(NextTokenTask, objective=s.CodedText):
    """Blocks of the texts of one domain, each with the domain's code before it.

    A text's domain is what its name begins with: the folder that it stands in. The code is seen and never predicted.
    """

    data = "domains"
    # Adagrad, whose steps shrink from the first on, goes nowhere in so few at the published 0.05.
    small = Small(params="600K", steps=160, length=64, batch=16, lr=0.3, dropout=0.0)
    longer = None

    def marks(self, examples: Sequence[Any]) -> tuple[str, ...]:
        return tuple(_domains(of_kind(examples, Text)))

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        texts, special = of_kind(examples, Text), config.required_tokenizer.special
        if config.shuffled:  # a text's code is another's
            codes = list(map(_code, texts))
            order = generator(config.seed, 10).permutation(len(texts))
            texts = [replace(each, document=f"{codes[i]}/") for each, i in zip(texts, order)]
        groups = _domains(texts)
        if missing := [name for name in groups if name not in special]:
            raise DataError(f"the tokenizer has no control code '{missing[0]}': train one on these data")
        shorter = replace(config, length=config.length - 1)
        blocks = [super(CodedTextTask, self).source(each, shorter) for each in groups.values()]
        return CodedBlocks([special[name] for name in groups], blocks)  # type: ignore[arg-type]


class CodedBlocks:
    """The blocks of several domains, the code before each."""

    def __init__(self, codes: Sequence[int], sources: Sequence[TokenBlocks]) -> None:
        self.codes, self.sources = codes, sources
        self.ends = np.cumsum([len(each) for each in sources])

    def __len__(self) -> int:
        return int(self.ends[-1])

    def at(self, index: int, epoch: int = 0) -> Packed:
        """The block of that number; the same in every epoch."""
        which = int(np.searchsorted(self.ends, index, side="right"))
        block = self.sources[which].at(index - int(self.ends[which] - len(self.sources[which])), epoch)
        return Packed(np.append(self.codes[which], block.ids), np.append(0, block.documents))


def _domains(texts: Sequence[Text]) -> dict[str, list[Text]]:
    """The texts of each code, in the order of their names."""
    groups: dict[str, list[Text]] = {}
    for each in texts:
        groups.setdefault(_code(each), []).append(each)
    return dict(sorted(groups.items()))


def _code(text: Text) -> str:
    """The control code of a text.

    Raises:
        DataError: its name says no domain.
    """
    domain, slash, _ = text.document.partition("/")
    if not slash or not domain.strip():
        raise DataError(f"'{text.document}' is of no domain: put texts in a folder for each, such as Books or Reviews")
    return CODES.get(domain, domain)
