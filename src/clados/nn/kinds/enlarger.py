"""Models that enlarge images."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import builds
from clados.nn.kinds.arguments import check_shape, refuse_unknown
from clados.nn.kinds.model import Output, WholeModel
from clados.nn.unet.levels import UNet
from clados.spec.core.pieces import Env


@builds(s.ImageEnlarger)
class ImageEnlarger(WholeModel):
    """A U-Net that reads an image with noise and the same of fewer pixels."""

    unet: UNet

    def __init__(self, part: s.ImageEnlarger, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec = part

    def forward(
        self,
        sample: Tensor | None = None,
        *,
        timesteps: Tensor | None = None,
        low_res: Tensor | None = None,
        **unknown: Any,
    ) -> Output:
        """``prediction`` of a noisy ``sample``: what the diffusion says is predicted, of the same shape.

        Args:
            sample: [images, channels, height, width]; timesteps: [images]; low_res: the images of fewer pixels.

        Raises:
            SpecError: for other arguments, one that is missing, or another shape.
        """
        refuse_unknown(unknown, ("sample", "timesteps", "low_res"))
        if sample is None or timesteps is None or low_res is None:
            raise s.SpecError("this model reads sample with timesteps and low_res; not all were given")
        check_shape("sample", sample, ("images", self.spec.inputs.channels, "height", "width"))
        sides, factor = sample.shape[-2:], self.spec.low.factor
        check_shape("low_res", low_res, (*sample.shape[:2], *(each // factor for each in sides)))
        check_shape("timesteps", timesteps, (len(sample),))
        enlarged = F.interpolate(low_res, sides, mode="bilinear", align_corners=False)
        return Output(prediction=self.unet(torch.cat([sample, enlarged], 1), timesteps))
