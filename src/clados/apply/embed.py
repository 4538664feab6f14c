"""embed: texts, and images, as vectors."""

from collections.abc import Sequence
from typing import get_args

import torch
from torch import Tensor

from clados import spec as s
from clados.apply.images import Image, pixel_values, several
from clados.apply.match import image_vectors
from clados.apply.ready import ModelSource, Ready, batched, load, pad_ids
from clados.errors import InputError
from clados.nn.memory import enough_memory
from clados.nn.pooling import pooled

IMAGE_POOLS = ("cls", "max", "mean")
POOLS = (*get_args(s.Pool), "pooler")


@enough_memory("embedding these texts", "give fewer tokens, or a smaller batch")
@torch.inference_mode()
def embed(
    source: ModelSource,
    texts: str | Sequence[str],
    *,
    prompt: str | None = None,
    prompt_name: str | None = None,
    pool: str | None = None,
    normalise: bool = True,
    dimensions: int | None = None,
    include_prompt: bool | None = None,
    batch: int = 32,
    device: str | torch.device = "cpu",
) -> Tensor:
    """A vector for each text, float32 [texts, numbers]; of a pair of towers those of the text tower, [texts, joint].

    A directory of sentence-transformers gives that library's vectors (``encode`` of version 6.2.0 with
    ``normalize_embeddings=normalise``). Texts are computed in batches of like length; padding is not computed. What is
    longer than the directory's limit or the model's positions is cut, special tokens kept, as that library does; a
    warning says so.

    Args:
        source: a directory, or what ``load`` gave.
        prompt: put before each text: an instruction, or a mark such as ``query: ``; an empty one puts nothing.
        prompt_name: the name of one of the directory's prompts instead; when both are None its default one, if any.
        pool: how the states over a text's tokens, special ones included, become one vector: ``cls`` (the first),
            ``max``, ``mean``, ``mean_sqrt_len_tokens``, ``weightedmean``, ``lasttoken`` (Reimers & Gurevych 2019, §3;
            Muennighoff 2022, §4.1), or the ``pooler``'s output. When None the model's own vector of a text where it
            has one (E5, InstructOR, directories of sentence-transformers), else the mean.
        normalise: bring vectors to unit length; otherwise they are as the model gives them, which for many is of unit
            length too.
        dimensions: keep the first so many numbers of each vector; None: as the directory says, else all.
        include_prompt: whether the prompt's states are pooled too; when None as the directory says, else yes.
        batch: texts at once.

    Raises:
        InputError: for a model that reads no text or lacks the pooler, empty texts, and words that are not allowed.
        DataError: for no texts, or a directory without a tokenizer.
    """
    ready = load(source, "embed", device=device)
    if ready.spec.reads(s.Tokens) is None:
        raise InputError(f"{ready.name} reads {ready.spec.kinds_read}, not texts")
    settings = ready.embedding
    before = _prompt(ready, prompt, prompt_name)
    rows = ready.tokens([before + text for text in ready.texts(texts, "embed", refuse=False)], settings.max_length)
    if empty := [number for number, row in enumerate(rows, 1) if not row]:
        raise InputError(f"text {empty[0]} of {len(rows)} has no tokens, and there is no vector of nothing")
    skipped = 0
    if before and not (settings.include_prompt if include_prompt is None else include_prompt):
        skipped = _length(ready, before)
    reader = _Reader(ready, _pool(ready, pool), skipped)
    found: list[Tensor] = [torch.empty(0)] * len(rows)
    for numbers in batched(rows, batch, len):
        for number, vector in zip(numbers, reader([rows[number] for number in numbers]).float().cpu()):
            found[number] = vector
    vectors = _first(torch.stack(found), settings.dimensions if dimensions is None else dimensions)
    return torch.nn.functional.normalize(vectors, dim=-1) if normalise else vectors


@enough_memory("embedding these images", "give a smaller batch")
@torch.inference_mode()
def embed_images(
    source: ModelSource,
    images: Image | Sequence[Image],
    *,
    pool: str | None = None,
    normalise: bool = True,
    dimensions: int | None = None,
    batch: int = 32,
    device: str | torch.device = "cpu",
) -> Tensor:
    """A vector for each image, float32 [images, numbers]; of a pair of towers in the texts' space, [images, joint].

    Args:
        images: paths, images of Pillow, or arrays or tensors, uint8 [height, width, channels]; of four axes a batch.
        pool: how the states over an image's places become one vector: ``cls`` (the class vector's, where there is one),
            ``max`` or ``mean``. When None as the model's classes are read off it: from the class vector (Dosovitskiy
            2021, eq. 4), or the mean (Liu et al. 2021, appendix A2.1).
        normalise, dimensions, batch: as in ``embed``.

    Raises:
        InputError: for a model that reads no images, and words that are not allowed.
        DataError: for no images, and a file that is none.
    """
    ready = load(source, "embed", device=device)
    if ready.spec.reads(s.ImageInputs) is None:
        raise InputError(f"{ready.name} reads {ready.spec.kinds_read}, not images")
    given, pool = several(images), _image_pool(ready, pool)
    if ready.spec.compares:
        vectors = image_vectors(ready, given, batch).cpu()
    else:
        cuts = [given[at : at + batch] for at in range(0, len(given), batch)]
        states = (ready.model.states(pixel_values=pixel_values(ready, cut)) for cut in cuts)
        vectors = torch.cat([pooled(each, [pool]).float().cpu() for each in states])
    vectors = _first(vectors, dimensions)
    return torch.nn.functional.normalize(vectors, dim=-1) if normalise else vectors


def _image_pool(ready: Ready, pool: str | None) -> str:
    """The pool of an image's states that is asked for, or the model's own."""
    classed = isinstance(ready.spec.reads(s.ImageInputs), s.Patches)
    if pool is None:
        return "cls" if classed else "mean"
    if ready.spec.compares:
        raise InputError(f"pool is '{pool}', but {ready.name} projects its images itself: leave it out")
    allowed = [each for each in IMAGE_POOLS if classed or each != "cls"]
    if pool not in allowed:
        raise InputError(f"pool is '{pool}'; of images of {ready.name} allowed: {', '.join(allowed)}")
    return pool


def similarity(source: ModelSource, vectors: Tensor) -> Tensor:
    """Similarities of vectors, [texts, texts], by the directory's measure: cosine, dot, or a distance below zero."""
    match load(source, "embed").embedding.similarity:
        case "dot":
            return vectors @ vectors.T
        case "euclidean":
            return -torch.cdist(vectors, vectors, 2, compute_mode="donot_use_mm_for_euclid_dist")
        case "manhattan":
            return -torch.cdist(vectors, vectors, 1)
        case _:
            unit = torch.nn.functional.normalize(vectors, dim=-1)
            return unit @ unit.T


def _prompt(ready: Ready, prompt: str | None, name: str | None) -> str:
    """The prompt that is put before each text."""
    if prompt is not None and name is not None:
        raise InputError("prompt and prompt_name are both given; one of them is allowed")
    if prompt is not None:
        return prompt
    name, prompts = name or ready.embedding.default_prompt, ready.embedding.prompts
    if name is None:
        return ""
    if name not in prompts:
        raise InputError(f"prompt_name is '{name}'; {ready.name} has {', '.join(prompts) or 'no prompts'}")
    return prompts[name]


def _length(ready: Ready, prompt: str) -> int:
    """Tokens that a prompt takes before a text: all but a special one that ends it."""
    (ids,) = ready.tokens([prompt], ready.embedding.max_length, bool)  # that it is cut is said of the texts behind it
    return len(ids) - (bool(ids) and ids[-1] in ready.required_tokenizer.special.values())


def _first(vectors: Tensor, dimensions: int | None) -> Tensor:
    if dimensions is not None and not 1 <= dimensions <= vectors.size(1):
        raise InputError(f"dimensions is {dimensions}; the vectors have {vectors.size(1)}, and at least 1 is kept")
    return vectors[:, :dimensions]


def _pool(ready: Ready, pool: str | None) -> str:
    slots = {head.slot for head in ready.spec.own_heads}
    if pool is None and s.Embedding.slot in slots:
        return s.Embedding.slot
    if pool is None:
        return "towers" if ready.spec.compares else "mean"
    if pool not in POOLS:
        raise InputError(f"pool is '{pool}'; allowed: {', '.join(POOLS)}")
    if ready.spec.compares:
        raise InputError(f"pool is '{pool}', but {ready.name} projects its texts itself: leave it out")
    if pool == "pooler" and "pooler" not in slots:
        raise InputError(f"pool is 'pooler', which {ready.name} lacks; allowed: {', '.join(POOLS[:-1])}")
    return pool


class _Reader:
    """A model that turns rows of ids into vectors."""

    def __init__(self, ready: Ready, pool: str, skipped: int) -> None:
        self.ready, self.pool, self.skipped, self.model = ready, pool, skipped, ready.model
        self.pad = ready.required_tokenizer.ids.get("pad", 0)

    def __call__(self, rows: Sequence[Sequence[int]]) -> Tensor:
        """[rows, numbers]."""
        ids, keep = pad_ids(rows, self.pad, self.ready.device)
        if self.pool == "towers":
            vectors: Tensor = self.model(ids, attention_mask=keep).text_embeds
            return vectors
        counted = None
        if self.skipped:
            counted = (torch.arange(ids.size(1), device=ids.device) >= self.skipped).expand_as(ids)
        if self.pool == s.Embedding.slot:
            own: Tensor = self.model(ids, attention_mask=keep, pooling_mask=counted).sentence_embedding
            return own
        if self.ready.spec.writes == "answers":
            states: Tensor = self.model.encode(ids, keep)
        else:
            states = self.model.states(ids, attention_mask=keep)
        if self.pool == "pooler":
            pooler: Tensor = self.model.heads["pooler"](states, self.model.inputs, {})
            return pooler
        return pooled(states, [self.pool], keep, counted)
