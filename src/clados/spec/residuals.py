"""Further ways in which branches join the residual stream."""

from clados.spec.parts import Residual


class FromNorm(Residual):
    """norm(x) + f(norm(x)), branch after branch: what is carried on is normed.

    A variant of Megatron-LM that BLOOM's code knows (``apply_residual_connection_post_layernorm``).
    """
