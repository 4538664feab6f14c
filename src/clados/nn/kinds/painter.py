"""Models that write an image's codes after a text."""

from typing import Any

from torch import Tensor

from clados import spec as s
from clados.nn.core.context import Cache
from clados.nn.core.module import builds
from clados.nn.kinds.arguments import refuse_unknown
from clados.nn.kinds.codes import reconstructed
from clados.nn.kinds.model import Output, WholeModel
from clados.nn.kinds.single import Tower
from clados.nn.unet.discrete import DiscreteCoder
from clados.spec.core.pieces import Env


@builds(s.CodePainter)
class CodePainter(WholeModel):
    """A decoder of texts and codes, and a coder of images."""

    decoder: Tower
    codes: DiscreteCoder

    def __init__(self, part: s.CodePainter, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec = part

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        pixel_values: Tensor | None = None,
        noise: Tensor | None = None,
        **unknown: Any,
    ) -> Output:
        """``text_logits`` and ``image_logits`` of what follows each place; of ``pixel_values`` what ``Codes`` gives.

        Args:
            input_ids: [images, length]: a text's tokens, the paddings of the places that it leaves, an image's codes
                as far as they are known, each by its row of the decoder's table.
            pixel_values: images from -1 to 1; noise: Gumbel noise of their codes' scores.

        Raises:
            SpecError: for other arguments, none of these, or others in number or shape.
        """
        refuse_unknown(unknown, ("input_ids", "pixel_values", "noise"))
        out = Output()
        if input_ids is not None:
            x = self.decoder.states(input_ids)
            scores = self.decoder.heads["lm"](x, self.decoder.inputs, {})
            out.update(text_logits=scores["text"], image_logits=scores["codes"])
        if pixel_values is not None:
            out.update(reconstructed(self.codes, self.spec.inputs.channels, pixel_values, noise))
        if not out:
            raise s.SpecError("this model reads input_ids or pixel_values, and none were given")
        return out

    def next_codes(self, input_ids: Tensor, cache: Cache) -> Tensor:
        """Scores of the code after the last of some places, which go on where a cache ends: [images, codes]."""
        x = self.decoder.states(input_ids, cache=cache)
        head: Any = self.decoder.heads["lm"]
        scores: Tensor = head.codes(x[:, -1])
        return scores

    def cache(self, batch: int, room: int) -> Cache:
        """An empty cache of the decoder, with room for so many places."""
        return self.decoder.cache(batch, room)
