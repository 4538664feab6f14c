"""embed: texts as vectors."""

from collections.abc import Sequence

import torch
from torch import Tensor

from clados import spec as s
from clados.apply.ready import Ready, Source, batched, listed, load, padded

POOLS = ("mean", "first", "pooler")


@torch.inference_mode()
def embed(
    source: Source,
    texts: str | Sequence[str],
    *,
    pool: str | None = None,
    normalise: bool = True,
    batch: int = 32,
    device: str | torch.device = "cpu",
) -> Tensor:
    """A vector for each text, float32 [texts, d_model]; of a pair of towers those of the text tower, [texts, joint].

    Texts are computed in batches of like length; padding is not computed. What is longer than the model's positions
    is cut.

    Args:
        source: a directory, or what ``load`` gave.
        pool: ``mean`` of the states over a text's tokens, marks included (Reimers & Gurevych 2019, §3), the
            ``first`` state, or the ``pooler``'s output; when None the model's own vector of a text where it has one
            (E5, InstructOR), else what the directory says, else the mean.
        normalise: bring vectors to unit length.
        batch: texts at once.

    Raises:
        SpecError: for a model that reads no text or lacks the pooler, and for words that are not allowed.
        DataError: for no texts, empty ones, or a directory without a tokenizer.
    """
    ready = load(source, "embed", device=device)
    rows = ready.tokens(listed(texts), ready.limit or None)
    empty = next((i for i, row in enumerate(rows) if not row), None)
    if empty is not None:
        raise s.SpecError(f"text {empty} has no tokens, and there is no vector of nothing")
    reader = _Reader(ready, _pool(ready, pool))
    found: list[Tensor] = [torch.empty(0)] * len(rows)
    for numbers in batched(rows, batch, len):
        for number, vector in zip(numbers, reader([rows[number] for number in numbers]).float().cpu()):
            found[number] = vector
    vectors = torch.stack(found)
    return torch.nn.functional.normalize(vectors, dim=-1) if normalise else vectors


def _pool(ready: Ready, pool: str | None) -> str:
    slots = {head.slot for head in getattr(ready.spec, "heads", ())}
    if pool is None and s.Embedding.slot in slots:
        return s.Embedding.slot
    if pool is None:
        return "towers" if isinstance(ready.spec, s.TwoTower) else ready.pool
    if pool not in POOLS:
        raise s.SpecError(f"pool is '{pool}'; allowed: {', '.join(POOLS)}")
    if isinstance(ready.spec, s.TwoTower):
        raise s.SpecError(f"pool is '{pool}', but {ready.name} projects its texts itself: leave it out")
    if pool == "pooler" and "pooler" not in slots:
        raise s.SpecError(f"pool is 'pooler', which {ready.name} lacks; allowed: mean, first")
    return pool


class _Reader:
    """A model that turns rows of ids into vectors."""

    def __init__(self, ready: Ready, pool: str) -> None:
        self.ready, self.pool, self.model = ready, pool, ready.model
        self.pad = ready.words.ids.get("pad", 0)

    def __call__(self, rows: Sequence[Sequence[int]]) -> Tensor:
        """[rows, d_model]."""
        ids, keep = padded(rows, self.pad, self.ready.device)
        if self.pool == "towers":
            vectors: Tensor = self.model(ids, attention_mask=keep).text_embeds
            return vectors
        if self.pool == s.Embedding.slot:
            own: Tensor = self.model(ids, attention_mask=keep).sentence_embedding
            return own
        if isinstance(self.ready.spec, s.EncoderDecoder):
            states: Tensor = self.model.encode(ids, keep)
        else:
            states = self.model.states(ids, attention_mask=keep)
        if self.pool == "first":
            return states[:, 0]
        if self.pool == "pooler":
            pooled: Tensor = self.model.heads["pooler"](states, self.model.inputs, {})
            return pooled
        if keep is None:
            return states.mean(1)
        return states.mul(keep[..., None]).sum(1) / keep.sum(1, keepdim=True)
