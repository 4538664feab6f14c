"""The colours of parts by their kind: the same in every drawing, on white and on black."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PartKind:
    """A kind of part: what a legend calls it, and its fills and edges on light and on dark paper."""

    name: str
    fill: str
    line: str
    dark_fill: str
    dark_line: str


# Embeddings rose, attention orange, feed-forward blue, norms yellow: as in figure 1 of Vaswani et al. 2017.
PART_KINDS = {
    "table": PartKind("embedding", "#ef97a6", "#b0354b", "#6b2331", "#f08a9b"),
    "position": PartKind("position", "#cdb0ee", "#7a48b3", "#4b2e70", "#bd97e8"),
    "attention": PartKind("attention", "#f4ab57", "#b35c00", "#6e3f0b", "#f5a54a"),
    "feed-forward": PartKind("feed-forward", "#c3e2fa", "#1f6fa8", "#174a70", "#6bb6ea"),
    "norm": PartKind("norm", "#f7efb0", "#857500", "#4f4708", "#d8c840"),
    "convolution": PartKind("convolution", "#9fd69b", "#2f7d32", "#205022", "#74c476"),
    "head": PartKind("head", "#7cc9be", "#0f766e", "#0d4f4a", "#4fc4b7"),
    "other": PartKind("other", "#dde1e6", "#5f6b78", "#363d46", "#9aa5b1"),
    "layer": PartKind("layer", "#eaf0fb", "#4d6a9a", "#1f2a3d", "#8fb0e6"),
    "state": PartKind("what is read", "#ffffff", "#5f6b78", "#0d1117", "#9aa5b1"),
}


def _rules(kinds: dict[str, PartKind], *, dark: bool) -> str:
    return "\n".join(
        f".clados .k-{name}{{fill:{kind.dark_fill if dark else kind.fill};"
        f"stroke:{kind.dark_line if dark else kind.line}}}"
        for name, kind in kinds.items()
    )


KIND_STYLE = f"""
{_rules(PART_KINDS, dark=False)}
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
