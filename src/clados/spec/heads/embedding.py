"""What encoders after BERT are trained to say: of pairs, of each token, of a whole text."""

from typing import ClassVar, Literal

from clados.spec.errors import SpecError
from clados.spec.inputs import Head
from clados.spec.part import Part
from clados.spec.parts import Act, LayerNorm
from clados.spec.pieces import Env, Held, Pieces, Several, linear


class SentenceOrder(Head):
    """Two scores of the pooled state: do the segments stand in their order (0), or swapped? (Lan et al. 2020, §3.1)."""

    slot: ClassVar[str] = "sop"
    output: ClassVar[str] = "sop_logits"
    pooled: ClassVar[bool] = True

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, 2)}


class Discriminator(Head):
    """w act(V x + c) + b of every token: the logarithm of the odds that it was replaced (Clark et al. 2020, §2)."""

    slot: ClassVar[str] = "discriminator"
    act: Act = "gelu"

    def pieces(self, env: Env) -> Pieces:
        return {"dense": linear(env.dims.d_model, env.dims.d_model), "out": linear(env.dims.d_model, 1)}


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
