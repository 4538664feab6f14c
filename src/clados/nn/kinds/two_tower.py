"""Models of two towers that meet in one space."""

from typing import Any

from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.module import builds
from clados.nn.heads.embedding import unit
from clados.nn.kinds.arguments import refuse_unknown
from clados.nn.kinds.model import Output, WholeModel
from clados.nn.kinds.single import Tower
from clados.spec.core.pieces import Env


@builds(s.TwoTower)
class TwoTower(WholeModel):
    """Cosines of images and texts in one space, times a learned factor."""

    image: Tower
    text: Tower
    logit_scale: nn.Parameter

    def __init__(self, part: s.TwoTower, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec, self.warmest = part, part.warmest

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        pixel_values: Tensor | None = None,
        attention_mask: Tensor | None = None,
        **unknown: Any,
    ) -> Output:
        """``image_embeds`` and ``text_embeds`` of unit length; with both given, ``logits_per_image`` too.

        Args:
            input_ids: [texts, length], each with its end-of-text; pixel_values: [images, channels, side, side].
        """
        refuse_unknown(unknown, ("input_ids", "pixel_values", "attention_mask"))
        if input_ids is None and pixel_values is None:
            raise s.SpecError("this model reads input_ids, pixel_values or both, and none were given")
        out = Output()
        if pixel_values is not None:
            out["image_embeds"] = unit(self.image(pixel_values=pixel_values).embeds)
        if input_ids is not None:
            out["text_embeds"] = unit(self.text(input_ids, attention_mask=attention_mask).embeds)
        if len(out) == 2:
            factor = self.logit_scale.exp().clamp(max=self.warmest)
            out["logits_per_image"] = factor * out.image_embeds @ out.text_embeds.T
            out["logits_per_text"] = out.logits_per_image.T
        return out
