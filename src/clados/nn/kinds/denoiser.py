"""Models that take noise out of images, as a text says."""

from typing import Any

import torch
import torch.nn.functional as F
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
        **conditions: Any,
    ) -> Output:
        """``prediction`` of a noisy ``sample``; of ``pixel_values`` what ``Codes`` gives.

        Args:
            input_ids: [images, length]; sample: what is diffused, [images, channels, height, width], and the
                ``timesteps`` [images] at which it stands; pixel_values: images from -1 to 1; noise: of the latents;
                conditions: as ``predict`` takes them.

        Raises:
            SpecError: for other arguments, none of these, or others in number or shape.
        """
        known = ("input_ids", "sample", "timesteps", "attention_mask", "pixel_values", "noise", *self.conditions)
        refuse_unknown((name for name in conditions if name not in self.conditions), known)
        out = Output()
        if pixel_values is not None:
            if not self.coded:
                raise s.SpecError("this model diffuses pixels: it has no codes for pixel_values; give them as sample")
            out.update(reconstructed(self.codes, self.spec.inputs.channels, pixel_values, noise))
        if sample is not None:
            memory = self.read(input_ids, attention_mask)
            out["prediction"] = self.predict(sample, timesteps, memory, attention_mask, **conditions)
        if not out:
            raise s.SpecError("this model reads sample with timesteps and input_ids, or pixel_values; none were given")
        return out

    def read(self, input_ids: Tensor | None, attention_mask: Tensor | None = None) -> Tensor:
        """The states of texts, [texts, length, width]; of the mask all is text where it is None."""
        return self.text.states(input_ids, attention_mask=attention_mask)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The names of what else ``predict`` reads."""
        pictured = ("image_embeds",) * (self.spec.unet.picture is not None)
        return pictured + ("low_res",) * (self.spec.low is not None) + ("known", "known_mask") * int(self.spec.masked)

    def predict(
        self,
        sample: Tensor,
        timesteps: Tensor | None,
        memory: Tensor,
        attention_mask: Tensor | None = None,
        *,
        image_embeds: Tensor | None = None,
        low_res: Tensor | None = None,
        known: Tensor | None = None,
        known_mask: Tensor | None = None,
    ) -> Tensor:
        """What the diffusion says is predicted of a noisy sample.

        Args:
            image_embeds: vectors of the pictures, [images, width], for a model that reads them; None: 0.
            low_res: the image of fewer pixels, for a model that enlarges; known: an image of which that is known
                where ``known_mask``, [images, 1, height, width], is 1, for a model that fills in; None: nothing is.

        Raises:
            SpecError: for tensors of another shape.
        """
        check_shape("sample", sample, ("images", self.spec.diffused, "height", "width"))
        sides = sample.shape[-2:]
        read = [sample]
        if self.spec.masked:
            check_shape("known", known, tuple(sample.shape))
            check_shape("known_mask", known_mask, (len(sample), 1, *sides))
            mask = torch.zeros_like(sample[:, :1]) if known_mask is None else known_mask
            read += [torch.zeros_like(sample) if known is None else known * mask, mask]
        if self.spec.low:
            factor = self.spec.low.factor
            if low_res is None:
                raise s.SpecError("this model enlarges low_res, and none was given")
            check_shape("low_res", low_res, (*sample.shape[:2], *(each // factor for each in sides)))
            read.append(F.interpolate(low_res, sides, mode="bilinear", align_corners=False))
        if timesteps is None:
            raise s.SpecError("this model reads timesteps beside a sample, and none were given")
        check_shape("timesteps", timesteps, (len(sample),))
        if self.spec.unet.picture:
            check_shape("image_embeds", image_embeds, (len(sample), self.spec.unet.picture.width))
        keep = None if attention_mask is None or self.text.reads_padding else attention_mask.bool()
        x = torch.cat(read, 1) if len(read) > 1 else sample
        predicted: Tensor = self.unet(x, timesteps, memory, keep, image_embeds)
        return predicted
