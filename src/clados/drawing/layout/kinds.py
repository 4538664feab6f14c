"""The colours of parts by their kind: the same in every drawing, on white and on black, told apart in grey too."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from clados.drawing.channels import Point
from clados.drawing.svg import Box, element

BandSide = Literal["left", "right"]


@dataclass(frozen=True)
class PartKind:
    """A kind of part: what a legend calls it, and its fills and edges on light and on dark paper.

    Attributes:
        bands: the sides inside of which a band in the colour of the edge runs, and whether it is dotted. Text leaves
            room for few steps of lightness: kinds of like lightness differ in these.
    """

    name: str
    fill: str
    line: str
    dark_fill: str
    dark_line: str
    bands: tuple[BandSide, ...] = ()
    dotted: bool = False


# Embeddings rose, attention orange, feed-forward blue, norms yellow: as in figure 1 of Vaswani et al. 2017.
PART_KINDS = {
    "table": PartKind("embedding", "#ef97a6", "#96243a", "#6b2331", "#f08a9b", ("left",)),
    "position": PartKind("position", "#cdb0ee", "#6d3ba8", "#4b2e70", "#bd97e8", ("left",), dotted=True),
    "attention": PartKind("attention", "#f3a448", "#b35c00", "#71410b", "#f5a54a"),
    "feed-forward": PartKind("feed-forward", "#c3e2fa", "#1f6fa8", "#0f324b", "#6bb6ea"),
    "norm": PartKind("norm", "#f9f2c1", "#857500", "#272304", "#d8c840"),
    "convolution": PartKind("convolution", "#9fd69b", "#2a702d", "#205022", "#74c476", ("left", "right")),
    "head": PartKind("head", "#7cc9be", "#0a5c56", "#0d4f4a", "#4fc4b7", ("right",)),
    "other": PartKind("other", "#c3cad3", "#5f6b78", "#363d47", "#9aa5b1"),
    "layer": PartKind("layer", "#eaf0fb", "#4d6a9a", "#1f2a3d", "#8fb0e6", ("left", "right"), dotted=True),
    "state": PartKind("what is read", "#ffffff", "#5f6b78", "#0d1117", "#9aa5b1"),
}


def bands(kind: str, corners: Sequence[Point]) -> list[str]:
    """The bands of a kind in a shape of these corners: those at the left and at the right, the upper of each first."""
    part = PART_KINDS[kind]
    inset = min(4.5, (max(x for x, _ in corners) - min(x for x, _ in corners)) / 4)
    drawn = []
    for side in part.bands:
        (x, top), (low, bottom) = corners[:2] if side == "left" else corners[2:]
        inwards, share = inset if side == "left" else -inset, min(4 / (bottom - top), 1 / 6)
        lean, length = (low - x) * share, (bottom - top) * share
        drawn.append(
            element(
                "line", class_=f"band b-{kind}", x1=x + inwards + lean, y1=top + length, x2=low + inwards - lean,
                y2=bottom - length, stroke_dasharray="2 2" if part.dotted else None,
            )
        )  # fmt: skip
    return drawn


def box_bands(kind: str, area: Box) -> list[str]:
    """The bands of a kind in a box."""
    left, right = ((x, area.top) for x in (area.left, area.right))
    return bands(kind, (left, (area.left, area.bottom), right, (area.right, area.bottom)))


def _rules(kinds: dict[str, PartKind], *, dark: bool) -> str:
    rules = []
    for name, kind in kinds.items():
        fill, line = (kind.dark_fill, kind.dark_line) if dark else (kind.fill, kind.line)
        rules.append(f".clados .k-{name}{{fill:{fill};stroke:{line}}}")
        rules += [f".clados .b-{name}{{stroke:{line}}}"] * bool(kind.bands)
    return "\n".join(rules)


KIND_STYLE = f"""
{_rules(PART_KINDS, dark=False)}
.clados .band{{stroke-width:3}}
.clados .frame{{fill:#f6f8fa;stroke:#8b949e}}
.clados .flow{{fill:none;stroke:#3d444d;stroke-width:1.4}}
.clados .thin{{stroke-width:.8}}
.clados .thick{{stroke-width:2.4}}
.clados .tip{{fill:#3d444d;stroke:none}}
.clados .l-position{{stroke:{PART_KINDS["position"].line}}}
.clados .t-position{{fill:{PART_KINDS["position"].line}}}
.clados .sum{{fill:#ffffff;stroke:#3d444d;stroke-width:1.4}}
.clados .cell{{fill:#7a3e00;stroke:none}}
.clados .grid{{fill:#ffffff;stroke:#b35c00}}
.clados .lattice{{fill:none;stroke:#f4ab57;stroke-width:.8}}
.clados .mark-added{{fill:none;stroke:#1a7f37;stroke-width:3}}
.clados .mark-removed{{fill:none;stroke:#b42318;stroke-width:3}}
.clados .mark-changed{{fill:none;stroke:#9a6700;stroke-width:3}}
.clados .badge-added{{fill:#1a7f37}}
.clados .badge-removed{{fill:#b42318}}
.clados .badge-changed{{fill:#9a6700}}
.clados .sign{{fill:none;stroke:#ffffff;stroke-width:2.2;stroke-linecap:round}}
@media screen and (prefers-color-scheme:dark){{
{_rules(PART_KINDS, dark=True)}
.clados .mark-added{{stroke:#4ac26b}}
.clados .mark-removed{{stroke:#ff7b72}}
.clados .mark-changed{{stroke:#e3b341}}
.clados .frame{{fill:#161b22;stroke:#6e7681}}
.clados .flow{{stroke:#c9d1d9}}
.clados .tip{{fill:#c9d1d9}}
.clados .l-position{{stroke:{PART_KINDS["position"].dark_line}}}
.clados .t-position{{fill:{PART_KINDS["position"].dark_line}}}
.clados .sum{{fill:#0d1117;stroke:#c9d1d9}}
.clados .cell{{fill:#f5a54a}}
.clados .grid{{fill:#1c1206;stroke:#f5a54a}}
.clados .lattice{{stroke:#6e3f0b}}
}}"""
