"""Heads of models that fold proteins (Jumper et al. 2021, supplement §1.9)."""

from typing import ClassVar, Literal, Self

from clados.spec.core.pieces import Env, Held, Pieces, linear
from clados.spec.heads.base import Head


class FoldHead(Head):
    """What is read off one of the representations, ``source``; ``env`` has its width."""

    source: ClassVar[Literal["alignment", "pair", "single", "states"]]


class Confidence(FoldHead):
    """Bins of each residue's lDDT on carbons alpha: pLDDT (§1.9.6, algorithm 29)."""

    slot: ClassVar[str] = "lddt"
    output: ClassVar[str] = "lddt_logits"
    source: ClassVar = "states"
    bins: int = 50
    width: int = 128

    def pieces(self, env: Env) -> Pieces:
        return {
            "norm": Held(env.norm, env),
            "up": linear(env.dims.d_model, self.width),
            "middle": linear(self.width, self.width),
            "out": linear(self.width, self.bins, ends_branch=True),
        }

    def small(self) -> Self:
        return self.but(bins=11, width=6)


class ProjectedFoldHead(FoldHead):
    """W x + b: scores of ``classes``."""

    classes: int

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, self.classes, ends_branch=True)}


class Distogram(ProjectedFoldHead):
    """Bins of the distance between two residues' carbons beta, the same both ways (§1.9.8)."""

    slot: ClassVar[str] = "distogram"
    output: ClassVar[str] = "distogram_logits"
    source: ClassVar = "pair"
    classes: int = 64

    def small(self) -> Self:
        return self.but(classes=9)


class HiddenLetters(ProjectedFoldHead):
    """The letter at a hidden place of the alignment (§1.9.9)."""

    slot: ClassVar[str] = "masked_msa"
    output: ClassVar[str] = "masked_msa_logits"
    source: ClassVar = "alignment"
    classes: int = 23


class Resolved(ProjectedFoldHead):
    """Whether the experiment shows each of a residue's 37 named atoms (§1.9.10)."""

    slot: ClassVar[str] = "experimentally_resolved"
    output: ClassVar[str] = "experimentally_resolved_logits"
    source: ClassVar = "single"
    classes: int = 37


class AlignedError(ProjectedFoldHead):
    """Bins of how far off a residue is, seen from another's frame; TM-score's bound follows from it (§1.9.7)."""

    slot: ClassVar[str] = "tm"
    output: ClassVar[str] = "tm_logits"
    source: ClassVar = "pair"
    classes: int = 64

    def small(self) -> Self:
        return self.but(classes=8)
