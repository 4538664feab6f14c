"""The embedded data sets, by name; what each holds and whose it is stands in `embedded/manifest.json` and NOTICE."""

import gzip
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib.resources import files
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.data.cartpole import cartpole_episodes
from clados.data.examples import Captioned, Dialogue, Example, Labelled, Pair, Protein, RankedAnswers, Text, split
from clados.data.particles import particles
from clados.data.preferences import checked_answers, checked_rules, true_against_others
from clados.data.proteins import protein_text
from clados.data.science import molecules, reasoning, residues
from clados.files import text_lines

FASHION = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def embedded_bytes(file: str) -> bytes:
    """The bytes of an embedded file, unpacked where it ends in .gz."""
    data = (files("clados.data") / "embedded" / file).read_bytes()
    return gzip.decompress(data) if file.endswith(".gz") else data


def manifest() -> list[dict[str, Any]]:
    """Name, bytes, sha256, rows, licence and source packages of each embedded file."""
    rows: list[dict[str, Any]] = json.loads(embedded_bytes("manifest.json"))
    return rows


def embedded_rows(name: str) -> Iterator[dict[str, Any]]:
    """The rows of an embedded JSONL file."""
    return map(json.loads, text_lines(embedded_bytes(f"{name}.jsonl.gz").decode()))


def synsets() -> list[dict[str, Any]]:
    """The 6,000 most frequent synsets of WordNet: id, file, words, gloss, examples, relations to others of them."""
    return list(embedded_rows("wordnet6k"))


def wordnet() -> list[Text]:
    """WordNet as pages: up to 16 synsets that are neighbours in one of its files (nouns of animals, verbs of motion).

    A synset alone is a line or two; a page is a document on one subject, with many sentences.
    """
    return pages(synsets())


def pages(rows: Sequence[dict[str, Any]]) -> list[Text]:
    """Pages of synsets that stand next to each other; each begins with one synset's id in its document's name."""
    texts = []
    for file, group in groupby(rows, key=lambda row: str(row["file"])):
        entries = [*group]
        for at in range(0, len(entries), 16):
            text = "\n".join(map(entry, entries[at : at + 16]))
            texts.append(Text(f"wordnet/{file}/{entries[at]['id']}", text, "en"))
    return texts


def entry(row: dict[str, Any]) -> str:
    """A synset as a line: its words, gloss and examples as sentences."""
    sentences = [f"{', '.join(row['words'])}: {row['gloss']}", *row["examples"]]
    return " ".join(s[0].upper() + s[1:] + ("" if s[-1] in ".!?" else ".") for s in sentences if s)


def shakespeare() -> list[Text]:
    """Four plays, a document a scene, with speakers and stage directions."""
    return [
        Text(f"shakespeare/{row['play']}/{row['scene']}", row["text"], "en") for row in embedded_rows("shakespeare4")
    ]


def english() -> list[Text]:
    """The default English text: WordNet and Shakespeare."""
    return wordnet() + shakespeare()


def domains() -> list[Text]:
    """English of three domains: WordNet, plays, and pages of the web; a document's name begins with its own."""
    return english() + html()


def texts_and_episodes() -> list[Example]:
    """Shakespeare's plays, and episodes of CartPole; before the last part of an episode's name, who acted in what."""
    return [*shakespeare(), *cartpole_episodes(by_policy=True)]


def udhr() -> list[Text]:
    """The articles of the Declaration of Human Rights in 39 languages; an article is one document in all of them."""
    return [
        Text(f"udhr/{row['article']}", "\n".join(row["paragraphs"]), row["language"]) for row in embedded_rows("udhr")
    ]


def django() -> list[Pair]:
    """Interface messages from English into nine languages; a message is one document in all of them."""
    return [
        Pair(f"django/{row['en']}", row["en"], target, "en", language)
        for row in embedded_rows("django_parallel")
        for language, target in row.items()
        if language != "en"
    ]


def emoji_names() -> list[Pair]:
    """Names of emoji from English into eleven languages."""
    return [
        Pair(f"emoji/{row['id']}", row["labels"]["en"], target, "en", language)
        for row in embedded_rows("emoji_labels")
        for language, target in row["labels"].items()
        if language != "en"
    ]


def udhr_pairs() -> list[Pair]:
    """Paragraphs of the Declaration from English into 38 languages, of articles with the same number in both."""
    table = {(row["language"], row["article"]): row["paragraphs"] for row in embedded_rows("udhr")}
    return [
        Pair(f"udhr/{article}", source, target, "en", language)
        for (language, article), paragraphs in table.items()
        if language != "en" and len(paragraphs) == len(table["en", article])
        for source, target in zip(table["en", article], paragraphs)
    ]


def translation() -> list[Pair]:
    """All that is parallel: Django's messages, the Declaration's paragraphs, the names of emoji."""
    return django() + udhr_pairs() + emoji_names()


def dialogue() -> list[Dialogue]:
    """Conversations in 13 languages; those that open with the same words are one document."""
    return [
        Dialogue(
            f"dialogue/{row['language']}/{row['turns'][0]}",
            tuple((("user", "assistant")[i % 2], turn) for i, turn in enumerate(row["turns"])),
            row["language"],
        )
        for row in embedded_rows("dialogue")
    ]


def instructions() -> list[Pair]:
    """Questions on WordNet's synsets with their answers; all about one synset is one document."""
    return questions(synsets())


def questions(rows: Sequence[dict[str, Any]]) -> list[Pair]:
    """Questions on some synsets.

    Two of these are asked of each, in turn: its meaning, its part of speech, its kind (the file that WordNet has it
    in), what it is a kind of, its opposite, and a sentence with it. The fields are those of Alpaca's rows, and what
    templates with evidence name.
    """
    words = {row["id"]: str(row["words"][0]) for row in rows}
    every = ((i, [*_questions(row, words)]) for i, row in enumerate(rows))
    return [asked[(i + more) % len(asked)] for i, asked in every for more in (0, 1)]


PARTS_OF_SPEECH = {"noun": "a noun", "verb": "a verb", "adj": "an adjective", "adv": "an adverb"}


def _questions(row: dict[str, Any], words: dict[str, str]) -> Iterator[Pair]:
    word, gloss = str(row["words"][0]), str(row["gloss"])
    part, _, kind = str(row["file"]).partition(".")
    line = f"{word}: {gloss}"
    asked = [
        (f"What is the meaning of '{word}'?", "", gloss),
        ("Which part of speech is this word?", line, PARTS_OF_SPEECH[part]),
    ]
    if part in ("noun", "verb") and kind != "Tops":
        asked.append((f"What kind of {part} is this?", line, kind))
    relations = row["relations"]
    for name, question in (("hypernym", "What is this a kind of?"), ("antonym", "What is the opposite of this?")):
        asked += [(question, line, words[other]) for other in relations.get(name, ())[:1] if other in words]
    asked += [(f"Use '{word}' in a sentence.", "", str(each)) for each in row["examples"][:1]]
    for instruction, about, answer in asked:
        fields = {"instruction": instruction, "input": about, "output": answer}
        fields |= {
            "pages": f"Page: {word}\n{line}\n\n",
            "title": word,
            "claim": answer,
            "quote": gloss,
            "control": "Person 2",
        }
        source = f"{instruction}\n\n{about}" if about else instruction
        yield Pair(f"instructions/{row['id']}", source, answer, "en", "en", fields=tuple(fields.items()))


NEAR_GLOSSES = 8  # that are near, and wrong


def glosses() -> list[Pair]:
    """Words of WordNet with their glosses, and entries with the glosses of what they are a kind of.

    Those of 18,000 synsets that are less frequent are never held out.
    """
    train, held_out = split(related(synsets()))
    train += related(list(embedded_rows("wordnet_glosses")))
    return [replace(each, held_out=side) for side, some in ((False, train), (True, held_out)) for each in some]


def related(rows: Sequence[dict[str, Any]]) -> list[Pair]:
    """Words and entries of some synsets with the glosses that belong to them.

    Beside the right gloss, ``positive``, stand wrong ones, ``negative``: of sister synsets, and of the entry's
    neighbours in its file. A score says how near each is in the graph, as a teacher's logit might: 6 for the right one,
    2 for a sister's (two steps away), 0 for a neighbour's. Each text has an instruction.
    """
    known = {str(row["id"]): row for row in rows}
    above = {name: next(iter(row["relations"].get("hypernym", ())), "") for name, row in known.items()}
    sisters: dict[str, list[str]] = {}
    for name, parent in above.items():
        sisters.setdefault(parent, []).append(name)
    order = {name: i for i, name in enumerate(known)}

    def near(name: str, without: set[str]) -> list[tuple[str, str]]:
        """Texts and scores of a synset's sisters and neighbours."""
        beside = sisters[above[name]] if above[name] else []
        family = [each for each in beside if each not in without][: NEAR_GLOSSES // 2]
        around = [
            rows[j]
            for k in range(1, 2 * NEAR_GLOSSES)
            for j in (order[name] - k, order[name] + k)
            if 0 <= j < len(rows)
        ]
        aside = [str(row["id"]) for row in around if row["file"] == known[name]["file"]]
        far = [each for each in aside if each not in (*without, *family)]
        scored = [(each, "2") for each in family] + [(each, "0") for each in far]
        return [(str(known[each]["gloss"]), score) for each, score in scored[:NEAR_GLOSSES]]

    def pair(name: str, source: str, asks: str, right: str, without: set[str]) -> Pair:
        gloss = str(known[right]["gloss"])
        fields = [("instruction", f"Represent the {asks}: "), ("positive_instruction", "Represent the meaning: ")]
        fields.append(("score", "6"))
        for text, score in near(right, without | {right}):
            if text != gloss:
                fields += [("negative", text), ("negative_score", score)]
        return Pair(f"glosses/{name}", source, gloss, "en", "en", fields=tuple(fields))

    found = []
    for name, row in known.items():
        words, parent = ", ".join(map(str, row["words"])), above[name]
        found.append(pair(name, words, "word for its meaning", name, set()))
        if parent:
            entry = f"{words}: {row['gloss']}"
            found.append(pair(name, entry, "entry for what it is a kind of", parent, {name, above[parent]}))
    return found


def conversations() -> list[Dialogue]:
    """The same questions and answers, those about one synset asked one after the other."""
    groups = groupby(instructions(), key=lambda pair: pair.document)
    turns = ((name, [(("user", each.source), ("assistant", each.target)) for each in group]) for name, group in groups)
    return [Dialogue(name, tuple(said for turn in every for said in turn), "en") for name, every in turns]


def true_answers() -> list[RankedAnswers]:
    """Each question's true answer against one to another question: what is true, not what people like."""
    return true_against_others(instructions())


def emoji() -> list[Captioned]:
    """1,906 emoji of 32 x 32 pixels: the English name, then each tag as a caption, and the category."""
    tiles = _tiles("emoji32.png")
    return [
        Captioned(f"emoji/{row['id']}", tiles[row["place"]], (row["labels"]["en"], *row["tags"]), row["category"])
        for row in embedded_rows("emoji_labels")
        if row["place"] is not None
    ]


def emoji_tones() -> list[Captioned]:
    """``emoji``, and 1,875 of them in other skin tones, whose only caption is the name with the tone.

    The drawing of a held-out variant was mostly seen in another tone, and each word of its caption in another caption.
    """
    categories = {row["id"]: row["category"] for row in embedded_rows("emoji_labels")}
    toned = [
        Captioned(f"emoji/{row['id']}", tile, (row["label"],), categories[row["of"]])
        for row, tile in zip(embedded_rows("emoji_tones"), _tiles("emoji_tones32.png"))
    ]
    return emoji() + toned


def _tiles(file: str) -> NDArray[np.uint8]:
    """The images of an embedded sheet of 44 columns: [images, 32, 32, 3]."""
    from PIL import Image

    with Image.open(io.BytesIO(embedded_bytes(file))) as image:
        sheet = np.asarray(image.convert("RGB"))
    tiles: NDArray[np.uint8] = sheet.reshape(sheet.shape[0] // 32, 32, 44, 32, 3).swapaxes(1, 2).reshape(-1, 32, 32, 3)
    return tiles


def _brought(images: Callable[[], list[Captioned]], side: int) -> list[Captioned]:
    """Images brought to a side in pixels."""
    from PIL import Image

    def at_side(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BOX))

    return [replace(each, picture=at_side(each.image)) for each in images()]


def fashion() -> list[Labelled]:
    """The first 1,000 training images of Fashion-MNIST, uint8 [28, 28, 1], in ten classes."""
    return _images("fashion1000.bin.gz", 28, "fashion", FASHION)


def digits() -> list[Labelled]:
    """1,797 handwritten digits, uint8 [8, 8, 1] from 0 to 255 (the source counts to 16)."""
    return _images("digits.bin.gz", 8, "digits", [str(digit) for digit in range(10)], scale=16)


def _images(file: str, side: int, name: str, classes: Sequence[str], scale: int = 255) -> list[Labelled]:
    data = np.frombuffer(embedded_bytes(file), np.uint8)
    count = len(data) // (side * side + 1)
    images: NDArray[np.uint8] = data[: count * side * side].reshape(count, side, side, 1)
    images = (images.astype(np.uint16) * 255 // scale).astype(np.uint8)
    labels = data[count * side * side :].tolist()
    return [Labelled(f"{name}/{i}", images[i], label, classes[label]) for i, label in enumerate(labels)]


def proteins() -> list[Text]:
    """15 zinc-finger domains and ubiquitin as PDB text."""
    return [Text(f"proteins/{row['id']}", row["pdb"]) for row in embedded_rows("proteins")]


def protein_structures() -> list[Protein]:
    """The same with their atoms' places: 15 zinc-finger domains of 25 to 34 residues, and ubiquitin of 76."""
    return [protein_text(each.text, f"structures/{each.document.rpartition('/')[2]}") for each in proteins()]


def science() -> list[Text]:
    """WordNet as reference work; worked arithmetic, molecules and proteins between Galactica's marks."""
    return [*wordnet(), *reasoning(), *molecules(), *residues(proteins())]


def html() -> list[Text]:
    """84 pages of Python's documentation as minimal HTML: structure, ids and links, the text of the pages."""
    return [Text(f"html/{row['page']}", row["html"], "en") for row in embedded_rows("html")]


def code() -> list[Text]:
    """79 modules of Python's standard library."""
    return [Text(f"code/{row['module']}", row["text"]) for row in embedded_rows("code")]


def languages() -> list[Text]:
    """Texts in 39 languages, of some much and of most little: the Declaration, conversations, Django's messages.

    What says the same in several languages is one document.
    """
    said = [Text(each.document, "\n".join(text for _, text in each.messages), each.language) for each in dialogue()]
    rows = list(embedded_rows("django_parallel"))
    pages = [
        Text(f"django/{at}", "\n".join(row[language] for row in rows[at : at + 16] if language in row), language)
        for at in range(0, len(rows), 16)
        for language in rows[0]
    ]
    return [*udhr(), *said, *(page for page in pages if page.text)]


SETS: dict[str, Callable[[], Sequence[Example]]] = {
    "english": english,
    "domains": domains,
    "wordnet": wordnet,
    "shakespeare": shakespeare,
    "udhr": udhr,
    "translation": translation,
    "django": django,
    "udhr-pairs": udhr_pairs,
    "emoji-names": emoji_names,
    "dialogue": dialogue,
    "instructions": instructions,
    "conversations": conversations,
    "true-answers": true_answers,
    "checked-answers": checked_answers,
    "checked-rules": checked_rules,
    "glosses": glosses,
    "emoji": emoji,
    "emoji-16": partial(_brought, emoji, 16),
    "emoji-8": partial(_brought, emoji, 8),
    "emoji-tones": emoji_tones,
    "emoji-tones-16": partial(_brought, emoji_tones, 16),
    "fashion": fashion,
    "digits": digits,
    "proteins": proteins,
    "structures": protein_structures,
    "science": science,
    "html": html,
    "code": code,
    "languages": languages,
    "cartpole": cartpole_episodes,
    "cartpole-1200": partial(cartpole_episodes, 1200),
    "particles": particles,
    "texts-and-episodes": texts_and_episodes,
}
