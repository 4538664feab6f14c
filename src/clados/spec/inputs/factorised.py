"""Token tables narrower than the model."""

from clados.spec.core.pieces import Env, Pieces, Table, linear
from clados.spec.core.sizes import Dims
from clados.spec.inputs.text import Tokens


class Factorised(Tokens, kw_only=True):
    """Tokens, types, positions and norm at width d_embedding; then W x + b up to d_model, where the two differ.

    O(V E + E H) numbers in place of O(V H) (Lan et al. 2020, §3.1).
    """

    def width(self, dims: Dims) -> int:
        return dims.d_embedding

    def pieces(self, env: Env) -> Pieces:
        narrow = self.width(env.dims)
        held = super().pieces(env.of_width(narrow))
        return held if narrow == env.dims.d_model else {**held, "project": linear(narrow, env.dims.d_model)}


class Widened(Tokens, kw_only=True):
    """Token vectors alone are d_embedding wide; W x brings them up to d_model, where positions are added.

    OPT-350M (github:facebookresearch/metaseq, decoder embed_dim beside the model's).
    """

    def width(self, dims: Dims) -> int:
        return dims.d_embedding

    def pieces(self, env: Env) -> Pieces:
        narrow = self.width(env.dims)
        held = {**super().pieces(env), "tokens": Table(self.vocab.size, narrow)}
        return {**held, "project": linear(narrow, env.dims.d_model, bias=False)}
