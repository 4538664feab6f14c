"""Models that take noise out of images, as a text says."""

from typing import Any

from torch import Tensor

from clados import spec as s
from clados.nn.core.module import builds
from clados.nn.kinds.arguments import check_shape, refuse_unknown
from clados.nn.kinds.codes import reconstructed
from clados.nn.kinds.model import Output, WholeModel
from clados.nn.kinds.single import Tower
from clados.nn.unet.coder import GaussianCoder
from clados.nn.unet.levels import UNet
from clados.spec.core.pieces import Env


@builds(s.ImageDenoiser)
class ImageDenoiser(WholeModel):
    """A text tower, a U-Net that reads its states, and perhaps a coder in whose latents it works."""

    text: Tower
    unet: UNet
    codes: GaussianCoder

    def __init__(self, part: s.ImageDenoiser, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec, self.coded = part, part.codes is not None

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        sample: Tensor | None = None,
        timesteps: Tensor | None = None,
        attention_mask: Tensor | None = None,
        pixel_values: Tensor | None = None,
        noise: Tensor | None = None,
        **unknown: Any,
    ) -> Output:
        """``prediction`` of a noisy ``sample``; of ``pixel_values`` what ``Codes`` gives.

        Args:
            input_ids: [images, length]; sample: what is diffused, [images, channels, height, width], and the
                ``timesteps`` [images] at which it stands; pixel_values: images from -1 to 1; noise: of the latents.

        Raises:
            SpecError: for other arguments, none of these, or others in number or shape.
        """
        refuse_unknown(unknown, ("input_ids", "sample", "timesteps", "attention_mask", "pixel_values", "noise"))
        out = Output()
        if pixel_values is not None:
            if not self.coded:
                raise s.SpecError("this model diffuses pixels: it has no codes for pixel_values; give them as sample")
            out.update(reconstructed(self.codes, self.spec.inputs.channels, pixel_values, noise))
        if sample is not None:
            out["prediction"] = self.predict(sample, timesteps, self.read(input_ids, attention_mask), attention_mask)
        if not out:
            raise s.SpecError("this model reads sample with timesteps and input_ids, or pixel_values; none were given")
        return out

    def read(self, input_ids: Tensor | None, attention_mask: Tensor | None = None) -> Tensor:
        """The states of texts, [texts, length, width]."""
        return self.text.states(input_ids, attention_mask=attention_mask)

    def predict(
        self, sample: Tensor, timesteps: Tensor | None, memory: Tensor, attention_mask: Tensor | None = None
    ) -> Tensor:
        """What the diffusion says is predicted of a noisy sample.

        Raises:
            SpecError: for tensors of another shape.
        """
        check_shape("sample", sample, ("images", self.spec.diffused, "height", "width"))
        if timesteps is None:
            raise s.SpecError("this model reads timesteps beside a sample, and none were given")
        check_shape("timesteps", timesteps, (len(sample),))
        keep = None if attention_mask is None else attention_mask.bool()
        predicted: Tensor = self.unet(sample, timesteps, memory, keep)
        return predicted
