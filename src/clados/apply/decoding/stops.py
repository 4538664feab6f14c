"""Stop strings: texts behind which nothing is written, wherever tokens begin and end."""

from collections.abc import Sequence

import torch
from torch import Tensor

from clados.data.tokenizer import Tokenizer
from clados.errors import InputError

UNFINISHED = "\ufffd"  # what decoding gives for the first bytes of a letter


class Stops:
    """Texts that end what is written, in the texts of one tokenizer."""

    def __init__(self, tokenizer: Tokenizer, texts: Sequence[str]) -> None:
        if not all(texts):
            raise InputError("a stop string is empty; it must have at least one character")
        self.tokenizer, self.texts = tokenizer, tuple(texts)

    def over(self, new: Tensor) -> Tensor:
        """Which texts have one in them: [rows, new] ids to [rows] bool."""
        found = [self.cut(self.tokenizer.decode(row))[1] for row in new.tolist()] if self.texts else [False] * len(new)
        return torch.tensor(found, dtype=torch.bool, device=new.device)

    def cut(self, text: str) -> tuple[str, bool]:
        """A text up to the first stop string, and whether there is one."""
        at = min((text.find(each) for each in self.texts if each in text), default=-1)
        return (text, False) if at < 0 else (text[:at], True)

    def known(self, text: str) -> str:
        """What of a text stays, however it goes on: without the first bytes of a letter, or of a stop string."""
        text = text.rstrip(UNFINISHED)
        most = max(map(len, self.texts), default=1) - 1
        for length in range(min(most, len(text)), 0, -1):
            if any(each.startswith(text[-length:]) for each in self.texts):
                return text[:-length]
        return text
