"""Models that foresee the vector of a picture from a text."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.module import Module, Product, Rows, builds
from clados.nn.kinds.arguments import check_ids, check_shape, learned_positions, refuse_unknown
from clados.nn.kinds.model import Output, WholeModel
from clados.nn.stacks.stack import Stack
from clados.nn.unet.blocks import StepVector
from clados.spec.core.pieces import Env

READS = ("input_ids", "text_embeds", "sample", "timesteps", "attention_mask")


@builds(s.FurtherPlaces)
class FurtherPlaces(Module):
    """What stands at the four places after a text, and the vector of a picture of what leaves the last."""

    text: Product
    picture: Product
    own: Rows
    project: Product

    def forward(self, text_embeds: Tensor, step: Tensor, sample: Tensor) -> Tensor:
        """[texts, joint], [texts, width], [texts, joint] -> [texts, 4, width]."""
        each = torch.stack([self.text(text_embeds), step, self.picture(sample)], 1)
        return self.own.weight + F.pad(each, (0, 0, 0, 1))


@builds(s.DiffusionPrior)
class DiffusionPrior(WholeModel):
    """A causal stack over a text and four further places."""

    inputs: nn.Module
    step: StepVector
    further: FurtherPlaces
    stack: Stack

    def __init__(self, part: s.DiffusionPrior, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec, self.max_positions = part, learned_positions(part.inputs)

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        text_embeds: Tensor | None = None,
        sample: Tensor | None = None,
        timesteps: Tensor | None = None,
        attention_mask: Tensor | None = None,
        **unknown: Any,
    ) -> Output:
        """``prediction`` of the picture's vector: what the diffusion says is predicted, [texts, joint].

        Args:
            input_ids: [texts, length]; text_embeds: the texts' vectors, [texts, joint]; sample: the pictures' noisy
                ones, at ``timesteps`` [texts]; attention_mask: [texts, length], 0 for padding.

        Raises:
            SpecError: for other arguments, one that is missing, or another shape.
        """
        refuse_unknown(unknown, READS)
        ids = check_ids(input_ids, 0, self.max_positions)
        if text_embeds is None or sample is None or timesteps is None:
            raise s.SpecError("this model reads text_embeds, sample and timesteps beside a text; not all were given")
        texts, length = ids.shape
        joint = self.spec.further.joint
        check_shape("text_embeds", text_embeds, (texts, joint))
        check_shape("sample", sample, (texts, joint))
        check_shape("timesteps", timesteps, (texts,))
        check_shape("attention_mask", attention_mask, (texts, length))
        further = self.further(text_embeds, self.step(timesteps), sample)
        positions = torch.arange(length + further.size(1), device=ids.device)[None]
        x = torch.cat([self.inputs(ids, positions[:, :length]), further], 1)
        keep = None if attention_mask is None else F.pad(attention_mask.bool(), (0, further.size(1)), value=True)
        return Output(prediction=self.further.project(self.stack(x, positions, keep)[:, -1]))
