"""Text, numbers and patches of images in one sequence."""

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Rows, TensorFn, builds
from clados.nn.inputs.text import Tokens
from clados.nn.kinds.arguments import check_shape
from clados.spec.core.pieces import Env


@builds(s.Multimodal)
class Multimodal(Tokens):
    """Rows of one table, and patches among them; plus vectors of their places in time steps and images."""

    local: Rows
    patches: TensorFn
    rows: Rows
    columns: Rows
    apart = tuple[str, ...](("pixel_values", "patch_intervals"))

    def __init__(self, part: s.Multimodal, env: Env) -> None:
        super().__init__(part, env)
        self.image_token, self.intervals = part.image_token, part.intervals
        self.shape, self.scale_of_pixels = (part.patches.channels, part.patch, part.patch), part.patch**-0.5

    def forward(
        self,
        input_ids: Tensor,
        positions: Tensor,
        token_type_ids: Tensor | None = None,
        local_positions: Tensor | None = None,
        pixel_values: Tensor | None = None,
        patch_intervals: Tensor | None = None,
    ) -> Tensor:
        """[batch, length] of ids -> [batch, length, d_model].

        Args:
            positions: [batch or 1, length].
            local_positions: [batch or 1, length], the number in its observation of a token of one, ``local`` for
                actions, -1 for neither; None for neither everywhere.
            pixel_values: [patches, channels, side, side], from -1 to 1: those of ``input_ids``, row after row.
            patch_intervals: [patches, 2, 2], the interval from, to of the image's rows and that of its columns, which
                are divided into ``intervals``.

        Raises:
            SpecError: for other patches than the ids ask for.
        """
        here = input_ids == self.image_token
        x = self.tokens(torch.where(here, self.image_token - 1, input_ids))
        self._check(here, pixel_values, patch_intervals)
        if pixel_values is not None and patch_intervals is not None:
            seen = self.patches(pixel_values.to(x.dtype) * self.scale_of_pixels) + self.placed_vectors(patch_intervals)
            x = x.masked_scatter(here[..., None], seen.to(x.dtype))
        if local_positions is not None:
            known = local_positions >= 0
            x = x + self.local(local_positions.clamp(min=0)) * known[..., None]
        return self.summed(self.typed(x, token_type_ids), positions)

    def placed_vectors(self, patch_intervals: Tensor) -> Tensor:
        """[patches, 2, 2] -> [patches, d_model]: a place drawn from each interval in training, else its middle."""
        first, last = patch_intervals[..., 0], patch_intervals[..., 1]
        if self.training:
            drawn = torch.rand(first.shape, device=first.device)
            places = first + (drawn * (last - first)).long()
        else:
            places = ((first + last) / 2).round().long()
        places = places.clamp(max=self.intervals - 1)
        return self.rows(places[:, 0]) + self.columns(places[:, 1])

    def _check(self, here: Tensor, pixel_values: Tensor | None, patch_intervals: Tensor | None) -> None:
        """Refuse patches of another shape, or another number of them than there are places."""
        if torch.compiler.is_compiling():
            return
        places, given = int(here.sum()), 0 if pixel_values is None else len(pixel_values)
        if given != places:
            raise s.SpecError(f"input_ids have {places} places of patches (id {self.image_token}); {given} are given")
        check_shape("pixel_values", pixel_values, (places, *self.shape))
        if pixel_values is not None and patch_intervals is None:
            raise s.SpecError("pixel_values need patch_intervals, which say where each patch stands in its image")
        check_shape("patch_intervals", patch_intervals, (places, 2, 2))
