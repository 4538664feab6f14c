"""Galactica's marks, what is read character by character, and the data made for them (Taylor et al. 2022, §3.1-3.2)."""

import re
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from clados.data import Text, train_tokenizer
from clados.data.roles import Roles
from clados.data.science import CHARACTER_CUT, SCIENCE_MARKS, apart, molecules, reasoning, residues
from clados.data.sets import proteins, science
from clados.data.tokenizer import Tokenizer
from clados.models.declared import declared

UBIQUITIN = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG"  # UniProt P0CG48, 1-76
MIXED = "Glycine [START_SMILES]C(C(=O)O)N[END_SMILES] weighs 75.07: ((1)) ... <work>7</work>"


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    roles = Roles.of(declared("galactica").model.vocab)
    return train_tokenizer(
        [each.text for each in science()[::7]], "bytes", 600, Roles(**{**vars(roles), "marks": SCIENCE_MARKS})
    )


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("a [START_DNA]CGG[END_DNA] b", "a [START_DNA]|C|G|G[END_DNA] b"),
        ("[START_AMINO]MI", "[START_AMINO]|M|I"),  # a prompt, which has not ended
        ("[START_SMILES]CO[END_SMILES]CO", "[START_SMILES]|C|O[END_SMILES]CO"),
        ("[START_I_SMILES]C[C@H][END_I_SMILES]", "[START_I_SMILES]|C|[|C|@|H|][END_I_SMILES]"),
        ("[START_REF] A title [END_REF]", "[START_REF] A title [END_REF]"),
    ],
)
def test_sequences_are_cut_before_each_character(text: str, cut: str) -> None:
    assert apart(text).replace(CHARACTER_CUT, "|") == cut


def test_sequences_digits_and_brackets_are_single_tokens_and_text_comes_back(tokenizer: Tokenizer) -> None:
    """Signs keep their repetitions, brackets do not (§3.1)."""
    ids = tokenizer.encode(MIXED, add_special_tokens=False)
    tokens = tokenizer.tokens(ids)
    at = tokens.index("[START_SMILES]")
    assert tokens[at : at + 12] == ["[START_SMILES]", *"C(C(=O)O)N", "[END_SMILES]"]
    assert [each for each in tokens if {*each} & {*"0123456789()"}] == [*"(())7507((1))7"]
    assert tokenizer.decode(ids) == MIXED  # marks are a part of the text
    assert tokens[-3:] == ["<work>", "7", "</work>"]
    assert not any(re.search(r"\d\d|[()]\S", token) for token in tokenizer.vocabulary if token not in SCIENCE_MARKS)


def test_saved_it_reads_in_transformers_as_the_authors_tokenizer_does(tokenizer: Tokenizer, tmp_path: Path) -> None:
    """Their texts are cut beforehand, at the same word (paperswithcode/galai ``escape_custom_split_sequence``)."""
    tokenizer.save(tmp_path)
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    assert theirs(apart(MIXED), add_special_tokens=False)["input_ids"] == tokenizer.encode(
        MIXED, add_special_tokens=False
    )


def test_the_working_is_exact() -> None:
    """Every equation holds, and the digits that are written, from the last to the first, are the answer."""
    texts = [each.text for each in reasoning()]
    assert len({*texts}) == len(texts)
    for text in texts:
        asked = re.fullmatch(r"Question: What is (\d+) (.) (\d+)\? <work> (.*) </work> Answer: (\d+)", text)
        assert asked, text
        a, sign, b, steps, answer = asked.groups()
        assert {"+": int(a) + int(b), "-": int(a) - int(b), "*": int(a) * int(b)}[sign] == int(answer)
        for left, right in re.findall(r"([\d+*\- ]+) = (-?\d+),", steps):
            assert eval(left) == int(right), text
        written = re.findall(r"[Ww]rite (\d)\.", steps)
        assert int("".join(reversed(written))) == int(answer), text


def test_molecules_and_proteins_are_the_right_ones() -> None:
    named = dict(each.text.split(": ") for each in molecules())
    assert named["methane"] == "[START_SMILES]C[END_SMILES]"
    assert named["ethanol"] == "[START_SMILES]CCO[END_SMILES]"
    assert named["butan-1-amine"] == "[START_SMILES]CCCCN[END_SMILES]"
    assert named["methanoic acid"] == "[START_SMILES]C(=O)O[END_SMILES]"
    assert Text("residues/1ubi", f"1ubi: [START_AMINO]{UBIQUITIN}[END_AMINO]", "en") in residues(proteins())
