"""Where the norms of a block stand: how its branches join the residual stream."""

from typing import Literal

from clados.spec.core.part import Part


class Residual(Part):
    """Where the norms of a block stand. ``norms`` of them for ``branches`` of them."""


class Pre(Residual):
    """x + f(norm(x)), branch after branch."""


class Skipped(Pre):
    """x + f(norm(x)), branch after branch, each left out of a text in training (Huang et al. 2016, §3)."""

    dropout: float = 0.1  # the share of texts without a branch, of every layer


class Post(Residual):
    """norm(x + f(x)), branch after branch."""


class Parallel(Residual):
    """x + attention(norm(x)) + mlp(norm(x)), with one norm for both or one for each."""

    norms: Literal[1, 2] = 2


class FromNorm(Residual):
    """norm(x) + f(norm(x)), branch after branch: what is carried on is normed.

    A variant of Megatron-LM that BLOOM's code knows (``apply_residual_connection_post_layernorm``).
    """


class DeepNorm(Residual):
    """norm(a x + f(x)), a = (2 layers)^power (Wang et al. 2022, §3; a decoder's power is 1/4).

    GLM-130B takes 1/2 (Zeng et al. 2022, §2.1).
    """

    power: float = 0.25
