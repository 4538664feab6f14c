"""What the decoder of an encoder-decoder reads."""

from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Rows, builds
from clados.nn.inputs.text import Summed, Tokens
from clados.nn.kinds.arguments import learned_positions
from clados.nn.kinds.encoder_decoder import EncoderDecoder
from clados.spec.core.pieces import Env


@builds(s.Target)
class Target(Summed):
    """Vectors from the source's table; positions, norm and dropout of the decoder's own."""

    def __init__(self, part: s.Target, env: Env) -> None:
        super().__init__(part, env)
        self.scale = env.dims.d_model**0.5 if part.scaled else 1.0

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        """[batch, length, d_model] of token vectors -> the same; ``positions`` is [batch or 1, length]."""
        return self.summed(x * self.scale if self.scale != 1.0 else x, positions)


@builds(s.OwnTarget)
class OwnTarget(Target):
    """A token table too."""

    tokens: Rows


@builds(s.EncoderDecoder, s.Target)
class SharedTable(EncoderDecoder):
    """Source and target read by one table, each with positions of its own."""

    inputs: Tokens
    target: Target

    def __init__(self, part: s.EncoderDecoder, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.max_target_positions = None if part.target is None else learned_positions(part.target)

    def read(self, ids: Tensor, positions: Tensor) -> Tensor:
        x: Tensor = self.target(self.inputs.token_vectors(ids), positions)
        return x


@builds(s.EncoderDecoder, s.OwnTarget)
class TwoTables(SharedTable):
    """A table for each side."""

    target: OwnTarget

    @property
    def written_inputs(self) -> OwnTarget:
        return self.target

    def read(self, ids: Tensor, positions: Tensor) -> Tensor:
        x: Tensor = self.target(self.target.tokens(ids), positions)
        return x
