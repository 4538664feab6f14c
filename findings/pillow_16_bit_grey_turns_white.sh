#!/usr/bin/env bash
# Pillow: a PNG of 16-bit grey turns white when it is converted to RGB.
# Expected: convert("RGB") (and "L"), as image data sets call it, divides 16-bit samples by 257 or 256, as is done
#   with a PNG of 16-bit RGB.
# Seen: the same picture as 16-bit RGB is scaled, but as 16-bit grey it is clipped at 255: all that is not nearly
#   black becomes white, in silence.
# Versions: pillow 13.0.0.
# Date: 2026-11-28.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pillow==13.0.0
cd "$work"
venv/bin/python - <<'PY'
import struct
import zlib

from PIL import Image

greys = [0, 200, 16448, 32896, 65535]  # of 65535


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


seen = {}
for name, colour, channels in (("grey", 0, 1), ("RGB", 2, 3)):
    row = b"\0" + b"".join(struct.pack(">H", grey) * channels for grey in greys)
    header = struct.pack(">IIBBBBB", len(greys), 1, 16, colour, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(row)), chunk(b"IEND", b"")
    with open("x.png", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    with Image.open("x.png") as image:
        seen[name] = [[image.convert(mode).getpixel((x, 0)) for x in range(len(greys))] for mode in ("L", "RGB")]
        print(f"16-bit {name}, opened as {image.mode}: {greys} becomes {seen[name][0]}")
    assert seen[name][1] == [(grey,) * 3 for grey in seen[name][0]]
assert seen["grey"][0] == [0, 200, 255, 255, 255]
assert seen["RGB"][0] == [0, 0, 64, 128, 255]
PY
