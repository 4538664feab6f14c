"""Images to codes of a vocabulary, and back. Images are [batch, channels, height, width], from -1 to 1."""

import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.activations import ACTS
from clados.nn.core.module import Kernel, Module, TensorFn, builds
from clados.nn.kinds.model import Output
from clados.spec.core.pieces import Env
from clados.spec.unet.levels import levels_of


@builds(s.NarrowBlock)
class NarrowBlock(Module):
    """x and a share of what four convolutions give."""

    first: Kernel
    second: Kernel
    third: Kernel
    last: Kernel
    skip: Kernel

    def __init__(self, part: s.NarrowBlock, env: Env) -> None:
        super().__init__(part, env)
        levels = levels_of(env, part)
        self.act, self.share = ACTS[part.act], (len(levels.channels) * levels.blocks) ** -2
        self.skips = env.enters not in (0, env.dims.d_model)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, channels that enter, height, width] -> [batch, channels, height, width]."""
        y = self.third(self.act(self.second(self.act(self.first(self.act(x))))))
        return (self.skip(x) if self.skips else x) + self.share * self.last(self.act(y))


class _Way(Module):
    """Blocks, several at each resolution."""

    conv_in: Kernel
    blocks: nn.ModuleList
    conv_out: Kernel

    def __init__(self, part: s.CodeEncoder | s.CodeDecoder, env: Env) -> None:
        super().__init__(part, env)
        self.act, self.each = ACTS[part.residual.act], levels_of(env, part).blocks

    def passed(self, x: Tensor, between: TensorFn) -> Tensor:
        """Through all blocks, with this between resolutions, and out."""
        for i, block in enumerate(self.blocks):
            x = block(between(x) if i and i % self.each == 0 else x)
        return self.conv_out(self.act(x))


@builds(s.CodeEncoder)
class CodeEncoder(_Way):
    """An image to scores of codes."""

    def forward(self, x: Tensor) -> Tensor:
        """[batch, channels, height, width] -> [batch, codes, height, width], both shorter."""
        return self.passed(self.conv_in(x), lambda x: F.max_pool2d(x, 2))


@builds(s.CodeDecoder)
class CodeDecoder(_Way):
    """Codes to numbers of each pixel."""

    def forward(self, codes: Tensor) -> Tensor:
        """[batch, height, width] of ids, or [batch, codes, height, width] of shares -> [batch, 2 channels, ...]."""
        if codes.is_floating_point():
            x = self.conv_in(codes)
        else:  # a product with what is 1 in one place
            x = F.embedding(codes, self.conv_in.weight[:, :, 0, 0].T).movedim(-1, 1)
            if self.conv_in.bias is not None:
                x = x + self.conv_in.bias[:, None, None]
        return self.passed(x, lambda x: F.interpolate(x, scale_factor=2, mode="nearest"))


@builds(s.DiscreteCoder)
class DiscreteCoder(Module):
    """An image to codes, and codes to an image."""

    encoder: TensorFn
    decoder: TensorFn

    def __init__(self, part: s.DiscreteCoder, env: Env) -> None:
        super().__init__(part, env)
        self.margin, self.shrinks = part.margin, levels_of(env, part).shrinks

    def apart(self, pixel_values: Tensor) -> Tensor:
        """Pixels from -1 to 1 between the margins of 0 and 1 (Ramesh et al. 2021, eq. 3)."""
        return self.margin + (1 - 2 * self.margin) * (pixel_values + 1) / 2

    def scores(self, pixel_values: Tensor) -> Tensor:
        """Scores of the codes of each place: [batch, codes, height, width].

        Raises:
            SpecError: for sides that are not halved as often as there are levels.
        """
        height, width = pixel_values.shape[-2:]
        if height % self.shrinks or width % self.shrinks:
            raise s.SpecError(f"pixel_values are {height} x {width}; the sides must be multiples of {self.shrinks}")
        return self.encoder(self.apart(pixel_values))

    def encode(self, pixel_values: Tensor) -> Tensor:
        """The likeliest code of each place: [batch, height, width] of ids."""
        return self.scores(pixel_values).argmax(1)

    def pixels(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Location and logarithm of the scale of each pixel's logit, of ids or shares of codes."""
        location, log_scale = self.decoder(codes).chunk(2, 1)
        return location, log_scale

    def image(self, location: Tensor) -> Tensor:
        """The image at a location of its logits."""
        return 2 * ((location.sigmoid() - self.margin) / (1 - 2 * self.margin)).clamp(0, 1) - 1

    def decode(self, codes: Tensor) -> Tensor:
        """The image of ids, or shares, of codes."""
        return self.image(self.pixels(codes)[0])

    def reconstructed(self, pixel_values: Tensor, noise: Tensor | None) -> Output:
        """Scores and ids of codes, what they say of the pixels, and the image. Gumbel ``noise`` draws the codes."""
        scores = self.scores(pixel_values)
        codes = (scores if noise is None else scores + noise).argmax(1)
        location, log_scale = self.pixels(codes)
        image = self.image(location)
        return Output(code_logits=scores, codes=codes, location=location, log_scale=log_scale, reconstruction=image)
