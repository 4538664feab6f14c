"""Damaged data are read or refused in one line: texts, tables, episodes, tars, images and how they are prepared."""

import gzip
import io
import json
import random
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clados.checkpoints.metadata import images_of
from clados.data import read
from clados.data.rows import EPISODE_ENDS
from tests.fuzz.harness import Row, run
from tests.fuzz.mutants import bytes_mutant, json_bytes, text_mutant

Mutate = Callable[[bytes, random.Random], bytes]
PIXELS = np.random.default_rng(0).integers(0, 256, (7, 9, 3)).astype(np.uint8)


def encoded(form: str, mode: str = "RGB") -> bytes:
    """A small image; where its format has EXIF, turned."""
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x112] = 6
    more = {"exif": exif} if form in ("PNG", "JPEG", "WEBP", "TIFF") else {}
    Image.fromarray(PIXELS).convert(mode).save(out, form, **more)
    return out.getvalue()


def written(name: str, data: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(data)


def everything(folder: Path) -> object:
    """All examples below a folder, images decoded."""
    return [getattr(example, "image", example) for example in read(folder)]


def file(name: str, data: bytes, *mutate: Mutate) -> Iterator[Row]:
    """A row for each way to damage a file."""
    for number, each in enumerate(mutate):
        yield Row(f"{name} {number} of {len(data)} bytes", written(name, data), name, each, everything)


# ---------------------------------------------------------------- damage below what a container's checksums see


def json_line(data: bytes, draw: random.Random) -> bytes:
    """JSON lines of which one is damaged."""
    lines = data.splitlines()
    at = draw.randrange(len(lines))
    lines[at] = json_bytes(lines[at], draw)
    return b"\n".join(lines)


def packed(mutate: Mutate) -> Mutate:
    """What gzip holds damaged, and packed again."""
    return lambda data, draw: gzip.compress(mutate(gzip.decompress(data), draw), mtime=0)


def zip_mutant(data: bytes, draw: random.Random) -> bytes:
    """A zip of which a member is damaged, renamed or absent."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(out, "w") as made:
        for member in given.infolist():
            name = draw.choice(
                (member.filename,) * 15 + (f"x{len(made.filelist)}.npy", f"infos/{len(made.filelist)}.npy")
            )
            content = given.read(member)
            if draw.random() < 0.9:
                made.writestr(name, bytes_mutant(content, draw) if draw.random() < 0.4 else content)
    return out.getvalue()


def tar_mutant(data: bytes, draw: random.Random) -> bytes:
    """A tar with damaged bytes, the checksums of its headers made right again."""
    found = bytearray(bytes_mutant(data, draw))
    for at in range(0, len(found) - 511, 512):
        if found[at + 257 : at + 262] == b"ustar":
            found[at + 148 : at + 156] = b" " * 8
            found[at + 148 : at + 156] = b"%06o\0 " % (sum(found[at : at + 512]) % 8**6)
    return bytes(found)


def png_mutant(data: bytes, draw: random.Random) -> bytes:
    """A PNG with damaged bytes, the checksums of its chunks made right again."""
    found, at = bytes_mutant(data, draw), 8
    out = [found[:8]]
    while at + 12 <= len(found):
        end = at + 8 + int.from_bytes(found[at : at + 4], "big")
        if end + 4 > len(found):
            break
        out += [found[at:end], zlib.crc32(found[at + 4 : end]).to_bytes(4, "big")]
        at = end + 4
    return b"".join([*out, found[at:]])


# ---------------------------------------------------------------- what is damaged


def lines(*rows: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def arrays(*, compressed: bool = False, **more: Any) -> bytes:
    out = io.BytesIO()
    steps: dict[str, Any] = {
        "observations": PIXELS[:, :, 0].astype(np.float32),
        "actions": np.arange(7) % 3,
        "rewards": np.ones(7),
    }
    (np.savez_compressed if compressed else np.savez)(out, **(steps | more))
    return out.getvalue()


def tar() -> bytes:
    out = io.BytesIO()
    members = {
        "0.png": encoded("PNG"),
        "0.txt": b"a cat",
        "1.jpg": encoded("JPEG"),
        "1.json": b'{"caption": ["a", "b"]}',
    }
    with tarfile.open(fileobj=out, mode="w") as made:
        for name, data in members.items():
            info = tarfile.TarInfo("pairs/" * 20 + name)
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return out.getvalue()


def parquet(rows: list[dict[str, Any]]) -> bytes:
    import pyarrow
    from pyarrow import parquet as files

    out = io.BytesIO()
    files.write_table(pyarrow.Table.from_pylist(rows), out)
    return out.getvalue()


def image(form: str, suffix: str, mutate: Mutate, mode: str = "RGB") -> Row:
    data = encoded(form, mode)

    def make(folder: Path) -> None:
        for name in ("a", "b"):
            (folder / name).mkdir()
            (folder / name / f"x{suffix}").write_bytes(data)

    return Row(f"{suffix} {mode} {mutate.__name__}", make, f"a/x{suffix}", mutate, everything)


def prepared(folder: Path) -> object:
    """An image as a directory's preprocessor_config.json prepares it."""
    steps, notes = images_of(folder)
    return (steps(PIXELS) if steps else None), notes


ROWS_OF = {
    "texts": lines({"text": "hello w\u00f6rld", "id": None}, {"text": "another \U0001f600 text", "id": 5}),
    "pairs": lines({"translation": {"en": "a", "de": "b"}}, {"instruction": "a", "input": "b", "output": "c"}),
    "dialogues": lines({"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}]}),
    "episodes": lines(
        {"observations": [[0.5, 1], [2, 3]], "actions": [1, 0], "rewards": [1.0, 0.5], "terminals": [0, 1]},
        {"observations": [[0.5, 1]], "actions": [2], "rewards": [1.0]},
    ),
}
CONFIG = {
    "image_processor_type": "CLIPImageProcessor", "do_resize": True, "size": {"shortest_edge": 8}, "resample": 3,
    "do_center_crop": True, "crop_size": {"height": 8, "width": 8}, "do_rescale": True, "rescale_factor": 0.004,
    "do_normalize": True, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
}  # fmt: skip
FORMATS = (
    ("PNG", ".png"), ("JPEG", ".jpg"), ("WEBP", ".webp"), ("GIF", ".gif"), ("BMP", ".bmp"), ("TIFF", ".tif"),
    ("PPM", ".ppm"),
)  # fmt: skip
ROWS = (
    *file("a.txt", "h\u00e9llo\nw\u2028rld".encode(), text_mutant),
    *(row for data in ROWS_OF.values() for row in file("a.jsonl", data, json_line, text_mutant)),
    *file("a.json", json.dumps([json.loads(line) for line in ROWS_OF["texts"].splitlines()]).encode(), json_bytes),
    *file("a.csv", b'text,label,id\n"a, b",1,\nc,2,x\n', text_mutant),
    *file("a.jsonl.gz", gzip.compress(ROWS_OF["texts"], mtime=0), bytes_mutant, packed(json_line)),
    *file("a.parquet", parquet([{"text": "a", "id": None}, {"text": "b", "id": 2}]), bytes_mutant),
    *file("b.parquet", parquet([{"observations": [[1.0], [2.0]], "actions": [1, 0], "rewards": [1.0, 2.0]}]),
          bytes_mutant),
    *file("a.npz", arrays(**{EPISODE_ENDS[0]: np.arange(7) % 3 == 2}), bytes_mutant, zip_mutant),
    *file("b.npz", arrays(compressed=True), bytes_mutant),
    *file("a.tar", tar(), bytes_mutant, tar_mutant),
    *(image(form, suffix, bytes_mutant) for form, suffix in FORMATS),
    *(image("PNG", ".png", png_mutant, mode) for mode in ("RGB", "P", "LA", "1")),
    image("JPEG", ".jpeg", bytes_mutant, "CMYK"),
    Row("preparation", written("preprocessor_config.json", json.dumps(CONFIG).encode()), "preprocessor_config.json",
        json_bytes, prepared),
)  # fmt: skip


@pytest.mark.fuzz
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_damaged_data_are_read_or_refused_in_one_line(row: Row, mutants: int, tmp_path: Path) -> None:
    run(row, tmp_path, mutants)
