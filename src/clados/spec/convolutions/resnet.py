"""CLIP's residual network: three convolutions first, strides without aliasing, attention last (Radford et al. 2021)."""

from dataclasses import replace
from typing import Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Kernel, Named, Pieces, Projection, Several, Table, linear
from clados.spec.core.sizes import WIDENED, ResNetSize
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.image import ImageInputs
from clados.spec.norms import BatchNorm


class ThreeConvolutions(ImageInputs, kw_only=True):
    """relu(norm(conv x)) three times, the first at every second place, then means of 2 x 2 (He et al. 2019, ResNet-D).

    The first two are half as wide as what leaves (Radford et al. 2021, §2.4; github:openai/CLIP clip/model.py).
    """

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        half = env.of_width(width // 2)
        return {
            "first": Kernel(self.channels, width // 2, bias=False),
            "first_norm": Held(env.norm, half),
            "second": Kernel(width // 2, width // 2, bias=False),
            "second_norm": Held(env.norm, half),
            "third": Kernel(width // 2, width, bias=False),
            "third_norm": Held(env.norm, env),
        }

    def small(self) -> Self:
        return self.but(image=64)


class Bottleneck(Part):
    """relu(x + norm(C3 mean(relu(norm(C2 relu(norm(C1 x))))))): C1 and C3 products, C2 a convolution of 3 x 3.

    Before C3 stands the mean of ``stride`` x ``stride`` places, and before the product and norm that x goes through
    where it changes its shape (Zhang 2019; Radford et al. 2021, §2.4).
    """

    stride: int = 1

    def pieces(self, env: Env) -> Pieces:
        width, wide = env.dims.d_model, WIDENED * env.dims.d_model
        widest = env.of_width(wide)
        held: dict[str, Kernel | Held] = {
            "enter": Kernel(env.enters, width, side=1, bias=False),
            "enter_norm": Held(env.norm, env),
            "conv": Kernel(width, width, bias=False),
            "conv_norm": Held(env.norm, env),
            "leave": Kernel(width, wide, side=1, bias=False, ends_branch=True),
            "leave_norm": Held(env.norm, widest),
        }
        if self.stride > 1 or env.enters != wide:
            held |= {"skip": Kernel(env.enters, wide, side=1, bias=False), "skip_norm": Held(env.norm, widest)}
        return held


class BottleneckStage(Part):
    """Bottlenecks at one resolution; the first may lower it."""

    layers: int
    stride: int

    def pieces(self, env: Env) -> Pieces:
        later = replace(env, enters=WIDENED * env.dims.d_model)
        first = Held(Bottleneck(self.stride), env)
        return {"blocks": Several((first, *(self.layers - 1) * (Held(Bottleneck(), later),)))}


class AttentionPool(Head):
    """W_o attention(q of the mean; keys and values of the mean and all places), each plus its position's vector.

    Into the space that two towers share (Radford et al. 2021, §2.4; github:openai/CLIP clip/model.py AttentionPool2d).
    """

    slot = "projection"
    output = "embeds"

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {
            "positions": Table(env.places + 1, width),
            "qkv": Projection(width, dict.fromkeys(("q", "k", "v"), width)),
            "out": linear(width, env.joint),
        }


class ResNet(Part, kw_only=True):
    """A tower of bottlenecks in stages of falling resolution, with a norm after each convolution (He et al. 2016)."""

    inputs: ThreeConvolutions
    norm: BatchNorm = BatchNorm()
    heads: tuple[Head, ...] = (AttentionPool(),)

    def check(self) -> None:
        for head in self.heads:
            if not isinstance(head, AttentionPool):
                raise SpecError(f"ResNet.heads has {head!r}; what is read off a map is AttentionPool()")

    def env_at(self, size: ResNetSize, joint: int) -> Env:
        """What its parts know of their surroundings; ``dims`` are those of what leaves the last stage.

        Raises:
            SpecError: for images whose maps cannot be halved as often as there are stages.
        """
        side, odd = divmod(self.inputs.image, size.shrinks)
        if odd:
            raise SpecError(f"ResNet.inputs.image is {self.inputs.image}; it must be a multiple of {size.shrinks}")
        return Env(size.dims, self.norm, self.inputs, joint=joint, stages=size, places=side**2)

    def pieces(self, env: Env) -> Pieces:
        size = env.stages
        if size is None:
            raise SpecError("ResNet has stages: it is a tower of TwoTower, with size.image=ResNetSize(...)")
        widths = [size.width * 2**i for i in range(len(size.layers))]
        enters = (size.width, *(WIDENED * width for width in widths))
        stages = (
            Held(BottleneckStage(layers, min(2, 1 + i)), replace(env.of_width(width), enters=enters[i]))
            for i, (layers, width) in enumerate(zip(size.layers, widths))
        )
        return {
            "inputs": Held(self.inputs, env.of_width(size.width)),
            "stages": Several(tuple(stages)),
            "heads": Named({head.slot: Held(head, env) for head in self.heads}),
        }
