"""Images to a few numbers a place, and back. Images are [batch, channels, height, width]."""

from torch import Tensor, nn

from clados import spec as s
from clados.nn.activations import ACTS
from clados.nn.core.module import Kernel, Module, TensorFn, builds
from clados.nn.kinds.arguments import check_shape
from clados.nn.kinds.model import Output
from clados.nn.unet.levels import Conditioned
from clados.spec.core.pieces import Env

LEAST, MOST = -30.0, 20.0  # of log variances (Rombach et al. 2022, the authors' DiagonalGaussianDistribution)


@builds(s.Descent)
class Descent(Module):
    """An image down to its last level."""

    conv_in: Kernel
    down: nn.ModuleList
    middle: Conditioned
    norm_out: TensorFn
    conv_out: Kernel

    def __init__(self, part: s.Descent, env: Env) -> None:
        super().__init__(part, env)
        self.act = ACTS[part.residual.act]

    def forward(self, x: Tensor) -> Tensor:
        """[batch, channels, height, width] -> [batch, numbers, height, width], both shorter."""
        x = self.conv_in(x)
        for level in self.down:
            x = level(x)
        return self.conv_out(self.act(self.norm_out(self.middle(x))))


@builds(s.Ascent)
class Ascent(Module):
    """The last level back to an image."""

    conv_in: Kernel
    middle: Conditioned
    up: nn.ModuleList
    norm_out: TensorFn
    conv_out: Kernel

    def __init__(self, part: s.Ascent, env: Env) -> None:
        super().__init__(part, env)
        self.act = ACTS[part.residual.act]

    def forward(self, x: Tensor) -> Tensor:
        """[batch, latents, height, width] -> [batch, channels, height, width], both longer."""
        x = self.middle(self.conv_in(x))
        for level in self.up:
            x = level(x)
        return self.conv_out(self.act(self.norm_out(x)))


@builds(s.GaussianCoder)
class GaussianCoder(Module):
    """An image to means and log variances of latents, and latents to an image."""

    encoder: TensorFn
    quant: Kernel
    post_quant: Kernel
    decoder: TensorFn

    def __init__(self, part: s.GaussianCoder, env: Env) -> None:
        super().__init__(part, env)
        self.scale = part.scale

    def encode(self, pixel_values: Tensor) -> tuple[Tensor, Tensor]:
        """Means of the latents, times their scale, and log variances without it: [batch, latents, height, width]."""
        mean, log_variance = self.quant(self.encoder(pixel_values)).chunk(2, 1)
        return mean * self.scale, log_variance.clamp(LEAST, MOST)

    def drawn(self, latents: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
        """Latents times their scale, drawn from their distribution with standard normal noise.

        Args:
            latents, log_variance: as ``encode`` gives them, [batch, channels, height, width]; noise: of the same shape.
        """
        return latents + self.scale * (0.5 * log_variance).exp() * noise

    def decode(self, latents: Tensor) -> Tensor:
        """The image of latents times their scale."""
        image: Tensor = self.decoder(self.post_quant(latents / self.scale))
        return image

    def reconstructed(self, pixel_values: Tensor, noise: Tensor | None) -> Output:
        """Means and log variances of the latents, and the image of the means; with ``noise``, of a draw."""
        latents, log_variance = self.encode(pixel_values)
        check_shape("noise", noise, tuple(latents.shape))
        drawn = latents if noise is None else self.drawn(latents, log_variance, noise)
        return Output(latents=latents, log_variance=log_variance, reconstruction=self.decode(drawn))
