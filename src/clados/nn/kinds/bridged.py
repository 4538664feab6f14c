"""Models that write a text which looks at images."""

from typing import Any

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.nn.bridging.resampler import Resampler
from clados.nn.core.context import NO_STATE
from clados.nn.core.module import TensorFn, builds
from clados.nn.kinds.arguments import check_ids, check_shape, refuse_unknown
from clados.nn.kinds.model import Output, WholeModel
from clados.nn.stacks.stack import Stack
from clados.spec.core.pieces import Env


@builds(s.Bridged)
class Bridged(WholeModel):
    """Images to vectors, and a stack with gated blocks between its layers that read them."""

    inputs: nn.Module
    vision: TensorFn
    resampler: Resampler
    gates: nn.ModuleList
    stack: Stack
    heads: nn.ModuleDict

    def __init__(self, part: s.Bridged, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec, self.image_token, self.every = part, part.image_token, part.size.every
        self.outputs = [(head.slot, head.output) for head in part.heads]

    def states(
        self,
        input_ids: Tensor | None = None,
        *,
        pixel_values: Tensor | None = None,
        image_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        **unknown: Any,
    ) -> Tensor:
        """The last states, [batch, length, d_model].

        Args:
            input_ids: [batch, length]; each of its image tokens stands for the next image of its text.
            pixel_values: [batch, images, channels, height, width], or with frames after the images; None for none.
                A text with fewer images than others is filled up after its last.
            image_hidden_states: what is ``seen`` of the images, instead of them.
            attention_mask: [batch, length], 0 for padding.

        Raises:
            SpecError: for other arguments, or a text with more image tokens than images.
        """
        refuse_unknown(unknown, ("input_ids", "pixel_values", "image_hidden_states", "attention_mask"))
        ids = check_ids(input_ids, 0, None)
        batch, length = ids.shape
        check_shape("attention_mask", attention_mask, (batch, length))
        channels = self.spec.vision.channels
        shape = (channels, "height", "width")
        check_shape("pixel_values", pixel_values, (batch, "images", *shape), (batch, "images", "frames", *shape))
        latents, width = self.spec.resampler.latents, self.spec.size.resampler.d_model
        check_shape("image_hidden_states", image_hidden_states, (batch, "images", latents, width))
        positions = torch.arange(length, device=ids.device)[None]
        keep = None if attention_mask is None else attention_mask.bool()
        x = self.inputs(ids, positions)
        images = image_hidden_states if pixel_values is None else self.seen(pixel_values)
        context = self.stack.contexts(x, positions, keep, 0, None)[0]
        sees = None if images is None else self.last_image(ids, images)
        for layer, block in enumerate(self.stack.each()):
            gate = self.gates[layer // self.every] if layer % self.every == 0 else None
            if gate is not None:
                x = gate(x, None if images is None else images.flatten(1, 2), sees)
            x, _ = block(x, context, NO_STATE)
        last: Tensor = self.stack.norm_out(x)
        return last

    def seen(self, pixel_values: Tensor) -> Tensor:
        """What the text sees of its images: [batch, images, latents, d_model of theirs]."""
        if pixel_values.dim() == 5:
            pixel_values = pixel_values[:, :, None]
        batch, images, frames = pixel_values.shape[:3]
        places = self.vision(pixel_values.flatten(0, 2)).unflatten(0, (batch * images, frames))
        vectors: Tensor = self.resampler(places).unflatten(0, (batch, images))
        return vectors

    def last_image(self, ids: Tensor, images: Tensor) -> Tensor:
        """Which vectors each token sees: those of the last image up to it, [batch, length, images x latents]."""
        number = ids.eq(self.image_token).cumsum(1)
        if not torch.compiler.is_compiling() and (most := int(number[:, -1].max())) > images.size(1):
            raise s.SpecError(f"a text has {most} image tokens, and {images.size(1)} images are given")
        own = torch.arange(1, images.size(1) + 1, device=ids.device)
        return number[..., None].eq(own).repeat_interleave(images.size(2), -1)

    def forward(self, input_ids: Tensor | None = None, **given: Any) -> Output:
        """The heads' outputs and ``last_hidden_state``. Arguments are those of ``states``."""
        x = self.states(input_ids, **given)
        out = Output(last_hidden_state=x)
        for slot, name in self.outputs:
            out[name] = self.heads[slot](x, self.inputs, {"input_ids": input_ids, **given, **out})
        return out
