"""Models that fold proteins (Jumper et al. 2021, AlphaFold 2)."""

from dataclasses import replace
from typing import Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Named, Pieces, Several
from clados.spec.core.sizes import Dims, Size
from clados.spec.errors import SpecError
from clados.spec.folding.embedders import Alignment, ExtraRows, Recycling, Templates
from clados.spec.folding.evoformer import EvoformerBlock
from clados.spec.folding.structure import FirstRow, StructureModule
from clados.spec.heads.folding import FoldHead
from clados.spec.kinds.model import OneTower, check_heads
from clados.spec.norms import LayerNorm, Norm


class PairSize(Part):
    """The width of a map of pairs, and over how many heads its triangles attend."""

    d_model: int
    heads: int

    def check(self) -> None:
        if self.heads < 1 or self.d_model % self.heads:
            raise SpecError(f"PairSize.heads is {self.heads}, which does not divide d_model {self.d_model}")

    @property
    def dims(self) -> Dims:
        """Every number, as of a stack."""
        return Size(1, self.d_model, self.heads).dims


class FoldSize(Part, kw_only=True):
    """The sizes of an alignment's blocks, of the map of pairs, of other rows, of templates, and of the structure."""

    alignment: Size
    pair: PairSize
    extra: Size
    templates: Size | None
    structure: Size

    def small(self) -> Self:
        templates = Size(2, 8, 2, d_ff=16) if self.templates else None
        alignment, extra = Size(2, 12, 3), Size(1, 6, 2)
        structure = Size(2, 14, 3, head_dim=5)
        return self.but(
            alignment=alignment, pair=PairSize(10, 2), extra=extra, templates=templates, structure=structure
        )


class Fold(OneTower, kw_only=True):
    """An alignment and templates to a map of pairs, and that to places of all atoms, several times over (algorithm 2).

    What a pass gives is read again by the next.
    """

    size: FoldSize
    inputs: Alignment = Alignment()
    recycling: Recycling = Recycling()
    templates: Templates | None
    extra: ExtraRows
    block: EvoformerBlock
    structure: StructureModule = StructureModule()
    heads: tuple[FoldHead, ...]
    norm: Norm = LayerNorm(1e-5)

    def check(self) -> None:
        check_heads(type(self).__name__, self.heads)
        if (self.templates is None) != (self.size.templates is None):
            raise SpecError("Fold.templates and Fold.size.templates go together: one of them is None")

    def resized(self, size: Part) -> Self:
        """At another size; without templates where that has none."""
        if not isinstance(size, FoldSize):
            raise SpecError(f"Fold.size is {size!r}; it takes FoldSize")
        return self.but(size=size, templates=self.templates if size.templates else None)

    def pieces(self, env: Env | None = None) -> Pieces:
        size = self.size
        pair = Env(size.pair.dims, self.norm, self.inputs)

        def beside(of: Size) -> Env:
            return replace(pair, dims=of.dims, pair=pair.dims, joint=size.alignment.d_model)

        alignment, structure = beside(size.alignment), beside(size.structure)
        read = {"alignment": alignment, "pair": pair, "single": structure, "states": structure}
        templates = Held(self.templates, beside(size.templates)) if self.templates and size.templates else None
        return {
            "inputs": Held(self.inputs, alignment),
            "recycling": Held(self.recycling, alignment),
            **({"templates": templates} if templates else {}),
            "extra": Held(self.extra, beside(size.extra)),
            "blocks": Several(tuple(Held(self.block, alignment) for _ in range(size.alignment.layers))),
            "single": Held(FirstRow(), structure),
            "structure": Held(self.structure, structure),
            "heads": Named({head.slot: Held(head, read[head.source]) for head in self.heads}),
        }
