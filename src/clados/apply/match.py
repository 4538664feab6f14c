"""match: which text belongs to which image."""

from collections.abc import Sequence

import torch
from torch import Tensor

from clados.apply.images import Image, pixel_values, several
from clados.apply.ready import ModelSource, Ready, batched, load, pad_ids
from clados.nn.memory import enough_memory


@enough_memory("matching these images and texts", "give a smaller batch")
@torch.inference_mode()
def match(
    source: ModelSource,
    images: Image | Sequence[Image],
    texts: str | Sequence[str],
    *,
    batch: int = 32,
    device: str | torch.device = "cpu",
) -> Tensor:
    """How probable each text is for each image among all the texts, float32 [images, texts]; rows sum to 1.

    Args:
        images: paths, images of Pillow, or arrays or tensors, uint8 [height, width, channels]; of four axes a batch.

    Raises:
        InputError: for a model without an image and a text tower, and an empty text.
        DataError: for no images or texts, a text of which the vocabulary knows nothing, a file that is no image, a
            directory without a tokenizer.
    """
    ready = load(source, "match", device=device)
    seen, said = image_vectors(ready, several(images), batch), text_vectors(ready, ready.texts(texts, "match"), batch)
    factor = ready.model.logit_scale.exp().clamp(max=ready.spec.warmest)  # type: ignore[attr-defined]
    chances: Tensor = (factor.float() * seen @ said.T).softmax(-1).cpu()
    return chances


def image_vectors(ready: Ready, images: Sequence[Image], batch: int) -> Tensor:
    """[images, joint], of unit length."""
    found = []
    for numbers in sorted(batched(images, batch, lambda _: 0)):
        pixels = pixel_values(ready, [images[number] for number in numbers])
        found.append(ready.model(pixel_values=pixels).image_embeds.float())
    return torch.cat(found)


def text_vectors(ready: Ready, texts: Sequence[str], batch: int) -> Tensor:
    """[texts, joint], of unit length."""
    rows = ready.tokens(texts)
    pad = ready.required_tokenizer.ids.get("pad", 0)
    found: dict[int, Tensor] = {}
    for numbers in batched(rows, batch, len):
        ids, keep = pad_ids([rows[number] for number in numbers], pad, ready.device)
        found |= zip(numbers, ready.model(ids, attention_mask=keep).text_embeds.float())
    return torch.stack([found[number] for number in range(len(rows))])
