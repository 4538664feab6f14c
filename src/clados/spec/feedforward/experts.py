"""Experts: feed-forward layers of which each token meets a few, and how many tokens one of them takes."""

from typing import Literal, Self

from clados.spec.activations import Act
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Pieces, Projection, Weight, linear
from clados.spec.errors import SpecError
from clados.spec.feedforward.mlp import FeedForward


class Capacity(Part):
    """How many tokens an expert takes. Those that come later skip the layer: only the residual carries them."""


class OfBatch(Capacity):
    """``factor`` times its even share of all tokens that are computed together (Fedus et al. 2021, eq. 3)."""

    training: float = 1.25
    evaluation: float = 2.0
    least: int = 4  # so that a few tokens find room (github:tensorflow/mesh transformer/moe.py)

    def small(self) -> Self:
        return self.but(evaluation=1.0)


class OfText(Capacity):
    """A number of tokens of each text (transformers' port of Switch Transformer)."""

    tokens: int

    def small(self) -> Self:
        return self.but(tokens=4)

    @classmethod
    def example(cls) -> Self:
        return cls(2)  # fewer than a short text brings


class Experts(FeedForward):
    """The sum over a token's ``top`` experts e of gate_e E_e(x), E_e a feed-forward layer (Fedus et al. 2021, eq. 2).

    A router without bias scores them: p = softmax(W x) in float32. Gates are p itself (Switch Transformer), or p over
    the sum of the chosen ones (GShard: Lepikhin et al. 2020, algorithm 1). First choices find room before second ones.

    Two losses keep the router sound: ``balance`` times N sum_e f_e P_e over the N experts, f the share of tokens whose
    first choice is e, P the mean of its p (Fedus et al. 2021, eq. 4-6); ``z`` times the mean of logsumexp(W x)^2
    (Zoph et al. 2022, eq. 5).
    """

    act: Act = "relu"
    gated: bool = False
    top: int = 1
    gates: Literal["probabilities", "normalised"] = "probabilities"
    capacity: Capacity | None = None
    balance: float = 0.0
    z: float = 0.0
    jitter: float = 0.0  # what the router reads is scaled by 1 - jitter to 1 + jitter in training
    dropout: float = 0.0  # after the activation

    def pieces(self, env: Env) -> Pieces:
        count, width, inner = env.dims.experts, env.dims.d_model, env.dims.d_ff
        if count is None or count < self.top:
            raise SpecError(f"Experts.top is {self.top}, and Size.experts is {count}")
        share = self.top / count
        return {
            "router": Projection(width, {"out": count}, bias=False),
            "up": Weight((count, (1 + self.gated) * inner, width), fan_in=width, uses=share),
            "down": Weight((count, width, inner), fan_in=inner, uses=share),
        }


class ProductMLP(FeedForward):
    """down(act(gate x * up x)): the activation comes after the product (Du et al. 2021 (GLaM), §4)."""

    act: Act = "gelu"
    bias: bool = False
    dropout: float = 0.0  # after the activation

    def pieces(self, env: Env) -> Pieces:
        d_model, d_ff = env.dims.d_model, env.dims.d_ff
        return {
            "up": Projection(d_model, {"gate": d_ff, "up": d_ff}, self.bias),
            "down": linear(d_ff, d_model, self.bias, ends_branch=True),
        }
