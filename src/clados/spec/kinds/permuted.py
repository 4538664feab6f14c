"""Encoders that predict tokens in a permuted order (Yang et al. 2019, XLNet)."""

from typing import Self, cast

from clados.spec.core import small
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Weight
from clados.spec.errors import SpecError
from clados.spec.kinds.recurrent import check_memory
from clados.spec.kinds.single import Encoder


class FirstAsked(Part):
    """w, with which the second stream begins at every place (Yang et al. 2019, §2.3)."""

    def pieces(self, env: Env) -> Pieces:
        return {"w": Weight((env.dims.d_model,), fan_in=1)}


class Permuted(Encoder, kw_only=True):
    """An encoder that predicts tokens in any order, by a second stream that knows only places (Yang et al. 2019, §2.3).

    h_z[t] = attention(q = h_z[t], kv = h_z[<=t]), g_z[t] = attention(q = g_z[t], kv = h_z[<t]), with one set of
    weights; g begins as one learned vector ``w`` (eq. 4, figure 1). ``perm_mask`` says who does not see whom,
    [batch, length, length]; ``target_mapping`` which places are asked for, one of each row, [batch, asked, length];
    without the latter there is one stream. ``backwards`` says which texts stand from their end to their start, [batch]:
    their distances change their signs. Each layer also sees the last ``memory`` states that it met before; of a
    text only the first ``reused`` positions are kept, where the rest is read again.
    """

    memory: int | None  # None: all
    reused: int | None = None

    def check(self) -> None:
        super().check()
        check_memory(self.stack, self.memory, "Permuted")
        if any(block.attn.pattern for block in self.stack.blocks(2)):
            raise SpecError("Permuted.stack.block.attn.pattern must be None: what is hidden is said by perm_mask")
        if self.reused is not None and self.reused < 1:
            raise SpecError(f"Permuted.reused is {self.reused}; it must be at least 1")

    def pieces(self, env: Env | None = None) -> Pieces:
        held = super().pieces(env)
        return {"asked": Held(FirstAsked(), cast(Held, held["stack"]).env), **held}

    @property
    def remembers(self) -> bool:
        return True

    @property
    def kept(self) -> int | None:
        return self.reused

    def shortened(self, share: float) -> Self:
        memory, reused = (each and max(1, round(share * each)) for each in (self.memory, self.reused))
        return self.but(memory=memory, reused=reused)

    def small(self) -> Self:
        return self.but(memory=small.MEMORY, reused=self.reused and small.LENGTH - 4)
