"""Further ways in which branches join the residual stream."""

from clados.spec.parts import Residual


class FromNorm(Residual):
    """norm(x) + f(norm(x)), branch after branch: what is carried on is normed.

    A variant of Megatron-LM that BLOOM's code knows (``apply_residual_connection_post_layernorm``).
    """


class DeepNorm(Residual):
    """norm(a x + f(x)), a = (2 layers)^power (Wang et al. 2022, §3; a decoder's power is 1/4).

    GLM-130B takes 1/2 (Zeng et al. 2022, §2.1).
    """

    power: float = 0.25
