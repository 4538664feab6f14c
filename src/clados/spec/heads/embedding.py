"""A vector for each example."""

from typing import ClassVar, Literal, Self

from clados.spec.activations import Act
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Several, linear
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.norms import LayerNorm


class Projected(Head):
    """One position's state, projected without bias into the space that two towers share (Radford et al. 2021, §2.3)."""

    slot: ClassVar[str] = "projection"
    output: ClassVar[str] = "embeds"
    at: Literal["first", "eos", "highest"]  # the class vector, the first end-of-text token, or the highest id

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, env.joint, bias=False)}


Pool = Literal["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]


class Step(Part):
    """What becomes of a text's pooled vector next."""

    def width(self, wide: int) -> int:
        """Numbers of the vector after it, which has ``wide`` before."""
        return wide


class Dense(Step):
    """act(W x + b), plus the vector itself where ``residual`` (through a product where its width changes)."""

    to: int  # numbers of the vector that it gives
    bias: bool = True
    act: Act | None = None
    residual: bool = False

    def width(self, wide: int) -> int:
        return self.to

    def pieces(self, env: Env) -> Pieces:
        wide = env.dims.d_model
        held = {"linear": linear(wide, self.to, self.bias)}
        return held | ({"residual": linear(wide, self.to, bias=False)} if self.residual and wide != self.to else {})


class VectorNorm(Step):
    """LayerNorm of the whole vector (Ba et al. 2016, eq. 4)."""

    def pieces(self, env: Env) -> Pieces:
        return {"norm": Held(LayerNorm(), env)}


class UnitLength(Step):
    """x / |x|."""


class Embedding(Head):
    """A text's vector: its states pooled, then the steps in their order; as a rule the mean, brought to unit length.

    Wang et al. 2022 (E5), §3.2; Ni et al. 2021 (GTR), §2, whose product InstructOR keeps. Several poolings stand side
    by side. The names are those of sentence-transformers (Reimers & Gurevych 2019, §3; Muennighoff 2022, SGPT, §4.1,
    for ``weightedmean``, whose weights are the positions, and ``lasttoken``). Padding is left out, and what
    ``pooling_mask`` rules out too (an instruction before the text: Su et al. 2022, §2.1).
    """

    slot: ClassVar[str] = "embedding"
    output: ClassVar[str] = "sentence_embedding"
    pool: Pool | tuple[Pool, ...] = "mean"
    steps: tuple[Step, ...] = (UnitLength(),)

    def check(self) -> None:
        if not self.pools:
            raise SpecError("Embedding.pool is (); it needs at least one")

    @property
    def pools(self) -> tuple[Pool, ...]:
        """Each pooling, in their order."""
        return (self.pool,) if isinstance(self.pool, str) else self.pool

    def pieces(self, env: Env) -> Pieces:
        wide, held = env.dims.d_model * len(self.pools), []
        for step in self.steps:
            held.append(Held(step, env.of_width(wide)))
            wide = step.width(wide)
        return {"steps": Several(tuple(held))} if held else {}

    @classmethod
    def example(cls) -> Self:
        return cls(steps=(Dense(24),))  # without a product it holds no tensors, and adds nothing to a run
