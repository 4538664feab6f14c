"""Encoders of images in stages of falling resolution."""

from typing import Any

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.nn.attention.windows import interpolated
from clados.nn.core.module import TensorFn, builds
from clados.nn.kinds.arguments import check_shape, refuse_unknown
from clados.nn.kinds.model import Output, WholeModel
from clados.spec.core.pieces import Env


@builds(s.Pyramid)
class Pyramid(WholeModel):
    """Inputs, stages with a reduction between each two, a norm, heads."""

    inputs: nn.Module
    stages: nn.ModuleList
    reductions: nn.ModuleList
    norm_out: TensorFn
    heads: nn.ModuleDict

    def __init__(self, part: s.Pyramid, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec = part
        self.outputs = [(head.slot, head.output) for head in part.heads]

    def states(self, pixel_values: Tensor | None = None, **unknown: Any) -> Tensor:
        """The places of the last map in a row, [batch, places, d_model].

        Args:
            pixel_values: [batch, channels, height, width], of any size whose maps windows can fill.

        Raises:
            SpecError: for other arguments, none, or such a size.
        """
        refuse_unknown(unknown, ("pixel_values",))
        if pixel_values is None:
            raise s.SpecError("this model reads pixel_values, and none were given")
        check_shape("pixel_values", pixel_values, ("batch", self.spec.inputs.channels, "height", "width"))
        x = self.inputs(pixel_values)
        x = self.stages[0](x)
        for reduction, stage in zip(self.reductions, self.stages[1:]):
            x = stage(reduction(x))
        return self.norm_out(x).flatten(1, 2)

    def forward(self, pixel_values: Tensor | None = None, **unknown: Any) -> Output:
        """The heads' outputs and ``last_hidden_state``. Arguments are those of ``states``."""
        x = self.states(pixel_values, **unknown)
        out = Output(last_hidden_state=x)
        for slot, name in self.outputs:
            out[name] = self.heads[slot](x, self.inputs, out)
        return out

    @torch.no_grad()
    def grown(self, window: int | tuple[int, ...], image: int) -> "Pyramid":
        """The same model for windows and images of other sides, its tables interpolated bicubically.

        Liu et al. 2021, §3.2; github:microsoft/Swin-Transformer utils.py load_pretrained.

        Raises:
            SpecError: where the map of such an image takes another number of convolutions to be as large as a window.
        """
        part = self.spec.but(stack=s.but(window=window), inputs=s.but(image=image))
        kept = dict(self.named_parameters())
        if odd := {row.path for row in s.rows(part)} ^ kept.keys():
            raise s.SpecError(f"image is {image} and window {window}: {min(odd)} is of one of the two models only")
        like = next(iter(kept.values()))
        with torch.device(like.device):
            made: Pyramid = Pyramid(part).to(like.dtype).train(self.training)
        shapes = {name: each.shape for name, each in made.named_parameters()}
        state = {name: resized(each, shapes[name][0]) for name, each in kept.items()}
        made.load_state_dict(state)
        return made


def resized(tensor: Tensor, rows: int) -> Tensor:
    """A table of offsets with so many rows; what has as many is as it was."""
    if tensor.size(0) == rows:
        return tensor
    side, to = (int(each**0.5) for each in (tensor.size(0), rows))
    return interpolated(tensor, (side, side), (to, to))
