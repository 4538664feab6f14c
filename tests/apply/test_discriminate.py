"""Encoders fill, discriminate or embed by the same verbs, whatever is inside."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from clados import spec as s
from clados.apply.discriminate import discriminate
from clados.apply.embed import embed
from clados.apply.fill import fill
from clados.apply.ready import Ready, load
from clados.apply.verbs import verbs
from clados.errors import InputError
from clados.models.declared import declared, package_models
from tests.apply.little import SENTENCES

ENCODERS = {
    name: can
    for name in package_models()
    if "generate" not in (can := verbs(declared(name).model)) and {"fill", "discriminate", "embed"} & {*can}
    if declared(name).model.reads(s.Tokens)
}


@pytest.mark.parametrize("card", sorted(ENCODERS.keys() - {"clip"}))
def test_every_encoder_does_what_its_heads_allow(card: str, ready: Callable[[str], Ready]) -> None:
    model = ready(card)
    alone, twice = embed(model, SENTENCES[0]), embed(model, SENTENCES[:2])
    torch.testing.assert_close(twice[0], alone[0], atol=1e-5, rtol=1e-4)
    if "fill" in ENCODERS[card]:
        (filled,) = fill(model, "The [MASK] sat on the throne.", top=2)
        assert len(filled.blanks[0]) == 2
    if "discriminate" in ENCODERS[card]:
        (judged,) = discriminate(model, SENTENCES[0])
        assert all(0 < each.probability < 1 for each in judged)


def test_the_shares_are_those_of_the_head_and_padding_changes_none(ready: Callable[[str], Ready]) -> None:
    electra = ready("electra")
    together = discriminate(electra, SENTENCES[:3])
    for text, judged in zip(SENTENCES, together):
        row = electra.required_tokenizer.encode(text)
        with torch.no_grad():
            shares = electra.model(torch.tensor([row])).logits[0].sigmoid()
        assert [each.token for each in judged] == electra.required_tokenizer.tokens(row[1:-1])
        assert [each.probability for each in judged] == pytest.approx(shares[1:-1].tolist(), rel=1e-4)


def test_what_cannot_be_judged_is_refused(ready: Callable[[str], Ready]) -> None:
    electra = ready("electra")
    with pytest.raises(InputError, match="text 2 of 2 is empty; there is nothing to judge"):
        discriminate(electra, ["The king", ""])
    with pytest.raises(
        InputError, match=r"text 1 of 2 is read as \[UNK\] alone: electra judges tokens that are no marks"
    ):
        discriminate(electra, ["☃ ☃", "The king"])
    with pytest.raises(InputError, match=r"text 2 of 2 is read as \[UNK\], \[MASK\] alone"):
        discriminate(electra, ["The king", "☃ [MASK]"])
    with pytest.raises(InputError, match=r"text 2 of 2 has \d+ tokens; electra has positions for 64"):
        discriminate(electra, ["The king", "king " * 90])
    with pytest.raises(InputError, match="it can fill, embed; not discriminate"):
        discriminate(ready("bert"), "The king")


def test_the_command_shows_a_share_a_word(
    clados: Callable[..., tuple[int, str, str]], directory: Callable[[str], Path]
) -> None:
    code, told, _ = clados("discriminate", directory("electra"), "The king sat")
    judged = discriminate(load(directory("electra")), "The king sat")[0]
    assert code == 0
    assert len([line for line in told.splitlines() if line.rstrip().endswith("%")]) == len(judged)
