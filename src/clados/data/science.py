"""Text of science: marks around what is no prose, characters by themselves in sequences (Taylor et al. 2022, §3.1-3.2).

The marks are those of table 1 and of the working memory. Of the embedded data, the working is arithmetic that is made
here, molecules are those whose names follow from their chains, proteins are the embedded ones. There are no citations,
isomeric SMILES and DNA: nothing of the kind is embedded, and made-up ones would be wrong.
"""

import re
from collections.abc import Iterator, Sequence

import numpy as np
from tokenizers import Regex, pre_tokenizers

from clados.data.examples import Text

_SEQUENCES = ("SMILES", "I_SMILES", "AMINO", "DNA")
MARK_PAIRS = (
    ("[START_REF]", "[END_REF]"),
    ("<work>", "</work>"),
    *((f"[START_{each}]", f"[END_{each}]") for each in _SEQUENCES),
)
SCIENCE_MARKS = tuple(mark for pair in MARK_PAIRS for mark in pair)
CHARACTER_CUT = (
    "SPL1T-TH1S-Pl3A5E"  # where the authors' tokenizer cuts and what it leaves out (paperswithcode/galai utils.py)
)
_SEQUENCE = re.compile(rf"(\[START_({'|'.join(_SEQUENCES)})\])(.*?)(?=\[END_\2\]|\Z)", re.DOTALL)
_MARK = re.compile("|".join(map(re.escape, SCIENCE_MARKS)))
_SIGNS = r"[()\[\]{}]|([!\"#$%&'*+,\-./:;<=>?\\^_|])\1*"  # brackets alone, the others with their repetitions


def apart(text: str) -> str:
    """A text with a cut before each character of a sequence, also of one that has not ended."""
    if "[START_" not in text:
        return text
    return _SEQUENCE.sub(lambda found: found[1] + "".join(CHARACTER_CUT + each for each in found[3]), text)


def cutter() -> pre_tokenizers.PreTokenizer:
    """Cuts at ``CHARACTER_CUT``, around every digit and bracket, and around signs."""
    cut = pre_tokenizers.Split(CHARACTER_CUT, "removed")
    return pre_tokenizers.Sequence(
        [cut, pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Split(Regex(_SIGNS), "isolated")]
    )


def unmarked(text: str) -> list[str]:
    """What stands between the marks of a text, its sequences cut."""
    return [part for part in _MARK.split(apart(text)) if part]


# ---------------------------------------------------------------- data

_QUESTIONS = 2400
_NUMBERS = ("meth", "eth", "prop", "but", "pent", "hex", "hept", "oct", "non", "dec")
_KINDS = (("ane", ""), ("an{}ol", "O"), ("an{}amine", "N"), ("anoic acid", "(=O)O"))
_CODES = "ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL"
_RESIDUES = dict(zip(_CODES.split(), "ARNDCQEGHILKMFPSTWYV"))


def reasoning() -> list[Text]:
    """Sums, differences and products, worked digit by digit before the answer; each question once."""
    random = np.random.default_rng(0)
    numbers = random.integers(10, 1000, (2 * _QUESTIONS, 2)).tolist()
    made: dict[str, str] = {}
    for number, (a, b) in enumerate(numbers):
        sign, larger, other = "+-*"[number % 3], max(a, b), min(a, b)
        other = other % 8 + 2 if sign == "*" else other
        made.setdefault(f"{larger} {sign} {other}", worked(larger, sign, other))
    return [Text(f"reasoning/{name}", text, "en") for name, text in list(made.items())[:_QUESTIONS]]


def worked(a: int, sign: str, b: int) -> str:
    """A question with its working and answer: a + b, a - b of a >= b, or a * b of a b below ten."""
    steps, answer = [*_steps(a, sign, b)], {"+": a + b, "-": a - b, "*": a * b}[sign]
    return f"Question: What is {a} {sign} {b}? <work> {' '.join(steps)} </work> Answer: {answer}"


def _steps(a: int, sign: str, b: int) -> Iterator[str]:
    """From the last digit to the first, each with what is carried or borrowed."""
    carried = 0
    digits = str(b).zfill(len(str(a)))
    for x, y in zip(map(int, reversed(str(a))), map(int, reversed(digits))):
        y = b if sign == "*" else y
        more = f" {'-' if sign == '-' else '+'} {carried}" if carried else ""
        if sign == "-":
            found = x - y - carried
            yield f"{x} - {y}{more} = {found}, write {found % 10}."
            carried = int(found < 0)
        else:
            found = (x * y if sign == "*" else x + y) + carried
            yield f"{x} {sign} {y}{more} = {found}, write {found % 10}."
            carried = found // 10
    if carried:
        yield f"Write {carried}."


def molecules() -> list[Text]:
    """Unbranched alkanes, alcohols, amines and acids of one to ten carbon atoms, by their systematic names."""
    named = (
        (stem + end.format("-1-" if n > 2 else ""), "C" * n + tail)
        for n, stem in enumerate(_NUMBERS, 1)
        for end, tail in _KINDS
    )
    return [Text(f"molecules/{name}", f"{name}: [START_SMILES]{chain}[END_SMILES]", "en") for name, chain in named]


def residues(proteins: Sequence[Text]) -> list[Text]:
    """The sequences of proteins whose atoms are given as PDB text."""
    found = []
    for each in proteins:
        codes = [line[17:20] for line in each.text.splitlines() if line[12:16] == " CA " and line.startswith("ATOM")]
        letters = "".join(_RESIDUES[code] for code in codes)
        name = each.document.rpartition("/")[2]
        found.append(Text(f"residues/{name}", f"{name}: [START_AMINO]{letters}[END_AMINO]", "en"))
    return found
