"""NFNet: residual blocks of convolutions whose weights are standardised, without norms (Brock et al. 2021)."""

from dataclasses import replace
from typing import Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Several, Weight, linear
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.image import ImageInputs

FIRST, HALVED = (16, 32, 64), 16  # channels of the stem's first convolutions; by how much smaller the last map is


class StandardisedConvolution(Part):
    """A convolution of gain (W - mean(W)) / sqrt(max(n variance(W), eps)), mean and variance over an output's n inputs.

    Brock et al. 2021 (arXiv:2102.06171), §2, eq. 1; eps of github:deepmind/deepmind-research nfnets/base.py WSConv2D.
    Around an image stand zeros, at the right and at the bottom one more where their number is odd.
    """

    side: int
    stride: int = 1
    groups: int = 1
    eps: float = 1e-4

    def check(self) -> None:
        if min(self.side, self.stride, self.groups) < 1:
            raise SpecError(f"{self!r}: side, stride and groups must be at least 1")

    def pieces(self, env: Env) -> Pieces:
        if env.enters % self.groups or env.gives % self.groups:
            raise SpecError(f"StandardisedConvolution.groups is {self.groups}; it divides {env.enters} and {env.gives}")
        n_in = env.enters // self.groups
        return {
            "weight": Weight((env.gives, n_in, self.side, self.side), fan_in=n_in * self.side**2),
            "gain": Weight((env.gives,)),
            "bias": Weight((env.gives,)),
        }


class FreeBlock(Part):
    """s(x) + alpha g m(C4 act(C3 act(C2 act(C1 y)))), y = act(x) / deviation; m weighs the channels, g starts at 0.

    C1 and C4 are products, C2 and C3 convolutions in groups of so many channels, or of all where these are fewer. s(x)
    is x, or a product of y's means of 2 x 2 where shapes change (Brock et al. 2021, §4, figure 3; m is
    2 sigmoid(V relu(U mean(z))) z).
    """

    stride: int
    alpha: float
    deviation: float  # that x is expected to have
    group: int
    squeeze: float

    def pieces(self, env: Env) -> Pieces:
        gives = env.gives
        group = min(self.group, gives // 2)
        middle = group * (gives // 2 // group)
        groups, narrow = middle // group, int(self.squeeze * gives)
        inside = replace(env, enters=middle, gives=middle)
        shortcut = {"skip": Held(StandardisedConvolution(1), env)} if self.stride > 1 or env.enters != gives else {}
        return {
            **shortcut,
            "enter": Held(StandardisedConvolution(1), replace(env, gives=middle)),
            "first": Held(StandardisedConvolution(3, self.stride, groups), inside),
            "second": Held(StandardisedConvolution(3, 1, groups), inside),
            "leave": Held(StandardisedConvolution(1), replace(env, enters=middle)),
            "squeeze": linear(gives, narrow),
            "excite": linear(narrow, gives),
            "gain": Weight((1,), start=0.0),
        }


class NFNet(ImageInputs, kw_only=True):
    """Four convolutions, then stages of blocks; the last map's places in a row (Brock et al. 2021, table 1).

    Between the first four stand activations. What leaves the last stage goes through no further convolution.
    """

    alpha: float = 0.2
    group: int = 128
    squeeze: float = 0.5

    @property
    def inputs(self) -> "NFNet":
        """What the tower of images reads, which it turns into states itself."""
        return self

    @property
    def heads(self) -> tuple[Head, ...]:
        """None: what it gives, a text looks at."""
        return ()

    def pieces(self, env: Env) -> Pieces:
        size = env.free
        if size is None:
            raise SpecError("NFNet has stages: it is the vision of Bridged, with size.vision=NFNetSize(...)")
        first = size.widths[0] // 2
        widths, held = (self.channels, *FIRST, first), []
        for i in range(4):
            step = replace(env, enters=widths[i], gives=widths[i + 1])
            held.append(Held(StandardisedConvolution(3, stride=2 if i in (0, 3) else 1), step))
        blocks, enters, deviation = [], first, 1.0
        for stage, (layers, gives) in enumerate(zip(size.layers, size.widths)):
            for i in range(layers):
                stride = 2 if stage and not i else 1
                block = FreeBlock(stride, self.alpha, deviation, self.group, self.squeeze)
                blocks.append(Held(block, replace(env, enters=enters, gives=gives)))
                deviation = ((deviation**2 if i else 1.0) + self.alpha**2) ** 0.5
                enters = gives
        return {"stem": Several(tuple(held)), "blocks": Several(tuple(blocks))}

    def small(self) -> Self:
        return self.but(image=37, group=3)
