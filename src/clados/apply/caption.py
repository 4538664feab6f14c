"""caption: a text written on after images, by a model whose texts look at them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados.apply.decoding.choice import Ending, Sampling
from clados.apply.decoding.straight import greedy_or_sampled
from clados.apply.images import Image, pixel_values, several
from clados.apply.ready import ModelSource, Ready, load
from clados.errors import InputError, check_seed
from clados.nn.kinds.model import WholeModel
from clados.nn.memory import enough_memory

CAPTION_TOKENS = 20  # tokens of a caption at most, where nobody says how many

ImageAndText = tuple[Image, str]


class Looking:
    """A text that is read anew for each token, beside images that are read once.

    Args:
        images: what the model has seen of the images of each text, [texts, images, latents, width].
    """

    def __init__(self, model: WholeModel, ids: Tensor, images: Tensor) -> None:
        self.model, self.ids, self.images = model, ids, images
        self.text = ids[:, :0]

    def read(self, ids: Tensor, last: int = 1) -> Tensor:
        """The scores of what follows, [texts, last, vocabulary]; another image never does."""
        model: Any = self.model
        self.text = torch.cat([self.text, ids], 1)
        scores: Tensor = model(self.text, image_hidden_states=self.images).logits[:, -last:].float()
        scores[..., model.image_token] = -torch.inf
        return scores

    def reorder(self, rows: Tensor) -> None:
        self.text, self.images = self.text[rows], self.images[rows]


@enough_memory("writing captions of these images", "give fewer images")
@torch.inference_mode()
def caption(
    source: ModelSource,
    images: Image | Sequence[Image],
    *,
    examples: Sequence[ImageAndText] = (),
    prompt: str = "",
    max_new_tokens: int = CAPTION_TOKENS,
    temperature: float = 0.0,
    seed: int = 0,
    device: str | torch.device = "cpu",
) -> list[str]:
    """A caption for each image, written until the model ends it or it has as many tokens as are allowed.

    Args:
        examples: images with their texts, which each image follows (Alayrac et al. 2022, §2.4: few-shot learning).
        prompt: what a text begins with, such as a question; it is no part of what is given back.
        temperature: 0 takes the likeliest token each time.

    Raises:
        InputError: for a model that writes no captions, and numbers out of range.
        DataError: for no images, a file that is no image, a directory without a tokenizer.
    """
    if max_new_tokens < 1 or not 0 <= temperature < np.inf:
        raise InputError(
            f"max_new_tokens is {max_new_tokens} and temperature {temperature}; needed are at least 1, and 0 or more"
        )
    check_seed(seed)
    ready = load(source, "caption", device=device)
    model: Any = ready.model
    given = several(images)
    before = pixel_values(ready, [image for image, _ in examples]) if examples else None
    own = pixel_values(ready, given)[:, None]
    pictures = own if before is None else torch.cat([before[None].expand(len(given), -1, -1, -1, -1), own], 1)
    encode = ready.required_tokenizer.encode
    texts = [np.array(encode(text, add_special_tokens=False), np.int64) for _, text in examples]
    begun = np.array(encode(prompt, add_special_tokens=False) if prompt else [], np.int64)
    ids = np.concatenate([*(chunk(each, model.image_token) for each in texts), [model.image_token], begun])
    if int((ids == model.image_token).sum()) != len(texts) + 1:
        raise InputError("a prompt or an example's text has the mark of an image; images are given as images")
    ready.known([ids.tolist()])
    prompts = torch.from_numpy(ids.astype(np.int64)).to(ready.device).expand(len(given), -1)
    return write_captions(ready, prompts, model.seen(pictures), max_new_tokens, temperature, seed)


def write_captions(
    ready: Ready, prompts: Tensor, images: Tensor, new: int = CAPTION_TOKENS, temperature: float = 0.0, seed: int = 0
) -> list[str]:
    """What a model writes on after prompts, [texts, length] ids, beside what it has seen of their images."""
    end = ready.spec.image_token + 1  # type: ignore[attr-defined]
    generator = torch.Generator(prompts.device).manual_seed(seed)
    choice = Sampling(temperature, None, None, generator)
    ending = Ending(torch.tensor([end], device=prompts.device), [], None, prompts.size(1))
    writer = Looking(ready.model, prompts, images)
    columns = list(greedy_or_sampled(writer, choice, None, ending, end, new))
    rows = torch.stack(columns, 1).tolist()
    decode = ready.required_tokenizer.decode
    return [decode(row[: row.index(end)] if end in row else row).strip() for row in rows]


def chunk(text: NDArray[np.int64], image_token: int) -> NDArray[np.int64]:
    """An image, the text after it, and the mark of the chunk's end, whose id follows (Alayrac et al. 2022, §2.4)."""
    return np.concatenate([[image_token], text, [image_token + 1]]).astype(np.int64)
