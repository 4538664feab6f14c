"""Phrases: texts made of terms, numbers and names, in another language, by the words of a dictionary."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

# between pieces, the strongest first; and in Chinese
_MARKS = {"; ": "；", ": ": "：", " · ": " · ", ", ": "，", " / ": " / ", " → ": " → ", " × ": " × ", " and ": "、"}
_CLAUSE = "; "
_NUMBER = r"[+−<-]?[\d.,/]*\d(?:e[+-]?\d+)?[KMBT]?"
_HOLE = re.compile(r"\{(\w+)\}")
_CODE = re.compile(r"[\w.*\[\]-]+: [A-Z]\w*\(.*\)", re.DOTALL)  # a part of a declaration, and where it stands
_NAME = re.compile(r"\S*[:\d]\S*|[a-z_]+(\.[\w*-]+)+|[A-Z]\w*\(\S*\)")  # of a model and its size, of a part, a part
_PLACE = re.compile(r"(\S*[\d/.]\S*|[^:]*/[^:]*): (.+)", re.DOTALL)  # a file or a line of it, and what is said of it
# What a phrase in a hole is: it ends where the next sentence begins, and has whole brackets.
_PHRASE = r"(?:[^();]|;(?! )|\((?:[^()]|\([^()]*\))*\))+?"
_PROSE = 0.75  # the share of letters without words from which a text is a source's own, and stays whole
_CHINESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")
_LETTER = re.compile("[\u4e00-\u9fff]")
_BETWEEN = re.compile("(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")  # a blank between two Chinese letters
_KEPT = 8192  # texts that a phrasebook remembers: more than a page or drawing has
_LONGEST = 1200  # letters of a text: what is longer, a declaration or what someone typed, stays as it is


@dataclass(frozen=True)
class Phrase:
    """What a text is in the other language, and the pieces of it that stay as they are, as there are no words."""

    text: str
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class Phrasebook:
    """A dictionary of terms and of templates, whose holes take what they are in others: ``"{n} heads of {m}"``.

    A hole whose name is one letter takes a number, one in capitals a name, which stays, one with a capital a text of
    several clauses; all others take phrases.
    """

    words: Mapping[str, str]

    def __call__(self, text: str) -> Phrase:
        """A text by its whole, by a template, or by pieces and brackets; what is Chinese already, or long, stays."""
        return Phrase(text) if len(text) > _LONGEST else self._known(text)

    @cached_property
    def _known(self) -> Callable[[str], Phrase]:
        return lru_cache(_KEPT)(self._made)

    def _made(self, text: str) -> Phrase:
        if text in self.words:
            return Phrase(self.words[text])
        if (
            not re.search("[A-Za-z]{2}", text)
            or _CHINESE.search(text)
            or _CODE.fullmatch(text)
            or _NAME.fullmatch(text)
        ):
            return Phrase(text)
        best = Phrase(text, (text,))
        for found in self._tried(text):
            if not found.lacking:
                return found
            if _LETTER.search(found.text) and _letters(found.lacking) < _letters(best.lacking):
                best = found
        return best if _letters(best.lacking) < _PROSE * _letters([text]) else Phrase(text, (text,))

    def _tried(self, text: str) -> Iterator[Phrase]:
        """What is said of a place; what templates make of a text, those first that say most; then what its pieces are.

        Of several clauses none is drawn into a template of one, unless nothing else holds.
        """
        if found := _PLACE.fullmatch(text):
            said = self(found[2])
            yield Phrase(f"{found[1]}：{said.text}", said.lacking)
        several = len(_parted(text, _CLAUSE)) > 1
        yield from self._by_templates(text, [each for each in self._templates if each.several or not several])
        yield from self._by_pieces(text)
        if several:
            yield from self._by_templates(text, [each for each in self._templates if not each.several])

    def _by_templates(self, text: str, templates: Iterable["_Template"]) -> Iterator[Phrase]:
        for each in templates:
            if each.piece in text and (found := each.pattern.fullmatch(text)) is not None:
                made = self._joined(each.written, found.groupdict())
                yield Phrase(_BETWEEN.sub("", made.text), made.lacking)

    def _by_pieces(self, text: str) -> Iterator[Phrase]:
        for mark, written in _MARKS.items():
            if len(pieces := _parted(text, mark)) > 1:
                each = [self(piece) for piece in pieces]
                yield Phrase(
                    written.join(one.text for one in each), tuple(word for one in each for word in one.lacking)
                )
        if bracket := re.fullmatch(r"(.*?\S) \((.+)\)", text, re.DOTALL):
            yield self._joined("{one}（{other}）", {"one": bracket[1], "other": bracket[2]})
        for blank in reversed([each.start() for each in re.finditer(" ", text)]):
            if (first := text[:blank]) in self.words:
                yield self._beside(first, text[blank + 1 :])

    def _beside(self, word: str, value: str) -> Phrase:
        """A word and its value: a number or a name after a blank, Chinese after a colon."""
        one, other = self.words[word], self(value)
        mark = "：" if _LETTER.match(one[-1:]) and _LETTER.match(other.text) else " "
        return Phrase(f"{one}{mark}{other.text}", other.lacking)

    def _joined(self, template: str, values: Mapping[str, str]) -> Phrase:
        each = {
            name: Phrase(value) if len(name) == 1 or name.isupper() else self(value) for name, value in values.items()
        }
        text = template.format(**{name: one.text for name, one in each.items()})
        return Phrase(text, tuple(word for one in each.values() for word in one.lacking))

    @cached_property
    def _templates(self) -> list["_Template"]:
        ordered = sorted(filter(_HOLE.search, self.words), key=lambda text: -len(_HOLE.sub("", text)))
        return [_Template(_piece(text), _pattern(text), self.words[text], _CLAUSE in text) for text in ordered]


class _Template(NamedTuple):
    """Its longest piece, which is looked for first; what it looks like; what is written; whether of several clauses."""

    piece: str
    pattern: re.Pattern[str]
    written: str
    several: bool


def _piece(template: str) -> str:
    return max(_HOLE.split(template)[::2], key=len)


def _pattern(template: str) -> re.Pattern[str]:
    """What a template with something in its holes looks like."""
    pieces = _HOLE.split(template)
    kinds = {name: _hole(name) for name in pieces[1::2]}
    text = "".join(f"(?P<{each}>{kinds[each]})" if i % 2 else re.escape(each) for i, each in enumerate(pieces))
    return re.compile(text, re.DOTALL)


def _hole(name: str) -> str:
    """What may stand in a hole."""
    if name == "NAME":
        return "(?:[^:]|:(?! ))+?"
    return _NUMBER if len(name) == 1 else _PHRASE if name.islower() else ".+?"


def _parted(text: str, mark: str) -> list[str]:
    """The pieces of a text between marks, but for those in brackets."""
    found = [""]
    for piece in text.split(mark):
        inside = found[-1].count("(") > found[-1].count(")")
        found[-1:] = [f"{found[-1]}{mark}{piece}"] if inside else [*found[-1:], piece]
    return found[1:]


def _letters(texts: Sequence[str]) -> int:
    """How many letters there are, without what stands between words."""
    return sum(letter.isalpha() for text in texts for letter in text)
