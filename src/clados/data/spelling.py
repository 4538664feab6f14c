"""What each token of a vocabulary writes, in bytes: what constraints over characters are made of."""

from clados.data.tokenizer import Tokenizer
from clados.names import SPACE_SIGN, byte_letters


def token_bytes(tokenizer: Tokenizer, size: int) -> list[bytes | None]:
    """The bytes of each id below ``size``; None for special tokens, which write nothing, and ids without a token.

    Of word pieces, a word's first has its space before it.
    """
    kind = _kind(tokenizer)
    special = {*tokenizer.special.values()}
    found: list[bytes | None] = [None] * size
    for token, number in tokenizer.vocabulary.items():
        if number < size and number not in special:
            found[number] = _bytes(token, kind)
    return found


def _kind(tokenizer: Tokenizer) -> str:
    """``bytes``, ``marked`` by SentencePiece's space, or ``pieces`` whose later ones begin with ``##``."""
    kinds = tokenizer.decoders
    return "bytes" if "ByteLevel" in kinds else "pieces" if "WordPiece" in kinds else "marked"


def _bytes(token: str, kind: str) -> bytes:
    letters = byte_letters()
    if kind == "bytes":
        return bytes(letters[c] for c in token) if all(c in letters for c in token) else token.encode()
    if kind == "pieces":
        return token[2:].encode() if token.startswith("##") else f" {token}".encode()
    if len(token) == 6 and token.startswith("<0x") and token.endswith(">"):
        return bytes([int(token[3:5], 16)])
    return token.replace(SPACE_SIGN, " ").encode()
