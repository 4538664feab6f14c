"""Which texts a vocabulary knows nothing of, and how much of them is read to see that."""

from collections.abc import Sequence
from typing import Any

import pytest
from tokenizers import Tokenizer as Backend, decoders, models, pre_tokenizers

from clados.data import train_tokenizer
from clados.data.roles import Roles
from clados.data.spelling import token_bytes
from clados.data.tokenizer import Tokenizer
from clados.data.unknown import unknown_texts
from clados.models.declared import declared
from clados.names import shown_token
from tests.apply.little import SENTENCES


def roles(card: str) -> Roles:
    return Roles.of(declared(card).at("base").vocab)


def test_a_text_is_known_by_any_of_its_words() -> None:
    read = train_tokenizer(SENTENCES, "wordpiece", 420, roles("bert"))
    late = "龍 " * 9 + "king"
    assert [*unknown_texts(read, ["The king", "龍 龍", late, "", "[MASK]", "龍 " * 9, "[MASK] 龍"])] == [1, 5, 6]


def test_of_a_long_text_the_first_words_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read, seen = train_tokenizer(SENTENCES, "wordpiece", 420, roles("bert")), list[str]()
    encode = read.encode_batch

    def watched(texts: Sequence[str], **more: Any) -> list[list[int]]:
        seen.extend(texts)
        return encode(texts, **more)

    monkeypatch.setattr(read, "encode_batch", watched)
    assert not [*unknown_texts(read, ["the king " * 1000])]
    assert max(map(len, seen)) < 30


@pytest.mark.parametrize("kind", ["bytes", "bpe"])
def test_of_bytes_none_is_unknown_and_none_is_read(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = train_tokenizer(SENTENCES, kind, 420, roles("roberta"))
    assert read.ids["unk"] not in (read.ids["bos"], read.ids["eos"])
    assert read.knows_all_bytes
    monkeypatch.setattr(read, "encode_batch", None)
    assert not [*unknown_texts(read, ["龍"])]


def test_letters_that_stand_for_bytes_elsewhere_are_themselves_in_word_pieces() -> None:
    """Esperanto's ĉ and Maltese's ġ."""
    backend = Backend(models.WordPiece({"[UNK]": 0, "ĉi": 1, "##ĉ": 2, "Ġ": 3}, unk_token="[UNK]"))
    backend.pre_tokenizer, backend.decoder = pre_tokenizers.Whitespace(), decoders.WordPiece()
    pieces = Tokenizer(backend, Roles(unk="[UNK]"))
    assert [*map(shown_token, pieces.tokens(pieces.encode("ĉiĉ Ġ")))] == ["ĉi", "##ĉ", "Ġ"]
    assert token_bytes(pieces, 4)[1:] == [" ĉi".encode(), "ĉ".encode(), " Ġ".encode()]
    spelt = train_tokenizer(["ĉi ĉi Ġurnata " * 50], "bytes", 420)
    assert [*map(shown_token, spelt.tokens(spelt.encode("ĉi ĉi")))] == ["ĉi", "▁ĉi"]
