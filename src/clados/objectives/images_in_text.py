"""A text that looks at the images before it: pairs, longer pairs and pages (Alayrac et al. 2022, §2.3 and §2.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from clados import spec as s
from clados.apply.caption import chunk, write_captions
from clados.apply.chrf import chrf
from clados.apply.ready import Ready
from clados.data.examples import Captioned, Picture
from clados.data.packing import generator
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, LossTerm, Random, Setting, padded
from clados.objectives.measures import Measure, Sample
from clados.objectives.owned import Owned
from clados.objectives.pictures import pictures
from clados.objectives.tasks import NATS, Listed, Small, Source, SourceConfig, Task, of_kind
from clados.objectives.text import beside_bigram, bigram, unigram

IMAGE, CHUNK_END = "<image>", "<EOC>"
PAGE_IMAGES = 5  # of a page at most (§2.4)
TOKEN_TABLE = "inputs.tokens.weight"
UNPREDICTED = -100
CONSTANTS = 32  # captions that are tried as one for all images


@dataclass(frozen=True, eq=False)
class ImagePage:
    """Images, the best caption of each, and all captions of the first."""

    pictures: tuple[Picture, ...]
    texts: tuple[Ids, ...]
    whole: Ids


class ImagesInTextTask(Task[s.ImagesInText, ImagePage], objective=s.ImagesInText):
    """An image with its best caption, with all its captions, and on a page with others of its category."""

    reads = Captioned
    data = "emoji"
    length = 32
    batch = 16
    term = "pairs nats"
    targets = 1_000
    small = Small(steps=300, batch=16, lr=2e-3)
    # At 3e-3 what is seen of all images became alike after 400 steps, and captions were the same for all.
    longer: ClassVar[Small | None] = Small(steps=900, batch=16, lr=1e-3)
    before: ClassVar[Small | None] = Small(params="600K", vocab=512, steps=300, batch=16, length=64, lr=3e-3)

    @property
    def heads(self) -> tuple[str, ...]:
        return ("lm",)

    def marks(self, examples: Sequence[Any]) -> tuple[str, ...]:
        return IMAGE, CHUNK_END

    def refusal(self, model: s.Model) -> str:
        if not model.captions:
            return f"ImagesInText writes texts that look at images; this {type(model).__name__} does not"
        return super().refusal(model)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """In a control images are those of others, and the tokens of all captions stand in random order."""
        rows = of_kind(examples, Captioned)
        tokenizer = config.required_tokenizer
        best, whole = (
            [np.array(ids, np.int64) for ids in tokenizer.encode_batch(texts, add_special_tokens=False)]
            for texts in ([row.captions[0] for row in rows], [", ".join(row.captions) for row in rows])
        )
        images = [row.picture for row in rows]
        if config.shuffled:
            random = generator(config.seed, 2)
            images = [images[i] for i in random.permutation(len(rows))]
            best, whole = _mixed(best, random), _mixed(whole, random)
        groups: dict[str, list[int]] = {}
        for i, row in enumerate(rows):
            groups.setdefault(row.category, []).append(i)
        others = [[i for i in groups[row.category] if i != at] for at, row in enumerate(rows)]

        def make(at: int, epoch: int, index: int) -> ImagePage:
            random = generator(config.seed, 3, epoch, index)
            beside = [others[at][i] for i in random.permutation(len(others[at]))[: PAGE_IMAGES - 1]]
            chosen = (at, *beside)
            return ImagePage(tuple(images[i] for i in chosen), tuple(best[i] for i in chosen), whole[at])

        return Listed(range(len(rows)), make)

    def prepare(self, rows: Sequence[ImagePage], random: Sequence[Random], setting: Setting) -> Batch:
        """Of each row three texts: the first image with its caption, with all its captions, and the page.

        On a page each text stands before its image; by lot it stands behind it, and looks at it.
        """
        model: Any = setting.model
        image, room = (
            model.image_token,
            setting.length or max(sum(map(len, row.texts)) + 2 * PAGE_IMAGES for row in rows),
        )
        texts = {
            "pairs": [chunk(row.texts[0], image) for row in rows],
            "long_pairs": [chunk(row.whole, image) for row in rows],
            "pages": [
                _page(row.texts, image, room, before=one.random() < self.objective.before)
                for row, one in zip(rows, random, strict=True)
            ],
        }
        inputs, targets, weights, tokens = {}, {}, {}, 0
        for name, some in texts.items():
            ids, _ = padded([each[:room] for each in some], image + 1, 2)
            lengths = torch.tensor([min(len(each), room) for each in some])
            labels, there = ids[:, 1:], torch.arange(1, ids.size(1)) < lengths[:, None]
            inputs[name] = ids[:, :-1].contiguous()
            targets[name] = labels.where(there & (labels != image), UNPREDICTED)
            weights[name] = int((targets[name] != UNPREDICTED).sum())
            tokens += inputs[name].numel()
        most = max(1, int((inputs["pages"] == image).sum(1).max()))
        filled = [[row.pictures[i % len(row.pictures)] for i in range(most)] for row in rows]
        pixels = pictures([each for row in filled for each in row], setting.model)
        inputs["pixel_values"] = pixels.unflatten(0, (len(rows), most))
        return Batch(inputs, targets, weights, tokens)

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        """The mean over each set's tokens, by its weight; images are not predicted."""
        parts, measures, given = {}, {}, _with_marks(model)
        looking: Any = model
        images = looking.seen(batch.inputs["pixel_values"])
        for name, weight in (("pairs", self.objective.pairs), *self._others):
            shown = images if name == "pages" else images[:, :1]
            call = {"input_ids": batch.inputs[name], "image_hidden_states": shown}
            logits = functional_call(model, given, (), call).logits if given else model(**call).logits
            nll = cross_entropy(
                logits.float().flatten(0, 1),
                batch.targets[name].flatten(),
                ignore_index=UNPREDICTED,
                reduction="sum",
            )
            parts[name] = LossTerm(weight * nll, batch.weights[name])
            measures[f"{name} nats"] = LossTerm(nll.detach(), batch.weights[name])
        return Loss(parts, measures)

    @property
    def _others(self) -> tuple[tuple[str, float], ...]:
        return ("long_pairs", self.objective.long_pairs), ("pages", self.objective.pages)

    def owned(self, model: WholeModel, setting: Setting, seed: int) -> Owned | None:
        return LearnedMarks(model)

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """Entropies of captions with their ends, in nats a token: ``unigram``, which is to be beaten, ``bigram``."""
        size = config.required_tokenizer.size
        (ids, firsts), (others, starts) = (_captions(each, size - 1) for each in (trained, held_out))
        one = unigram(ids, others, size)
        return {"loss": one, "unigram": one, "bigram": bigram(ids, firsts, others, starts, size)}

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        every = ", ".join(f"{each:.2f}" for each in ends)
        told = f"{every} nats a token of captions against {baseline['loss']:.2f} of unigram (goal: {NATS} below)"
        return f"{told}, {beside_bigram(ends, baseline)}"

    @torch.no_grad()
    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """chrF of captions, against the same beside other images' captions, and one caption for all."""
        rows, found = sample.rows(), list[str]()
        model: Any = ready.model
        decode = ready.required_tokenizer.decode
        for at in range(0, len(rows), sample.batch):
            pixels = pictures([row.pictures[0] for row in rows[at : at + sample.batch]], ready.spec)[:, None]
            images = model.seen(pixels.to(ready.device))
            begun = torch.full((len(pixels), 1), model.image_token, device=ready.device)
            found += write_captions(ready, begun, images)
        wanted = [decode(row.texts[0].tolist()).strip() for row in rows]
        exchanged = chrf([*found[1:], found[0]], wanted)
        constant = max(chrf([each] * len(wanted), wanted) for each in dict.fromkeys(wanted[:CONSTANTS]))
        beside = f"images exchanged {exchanged:.3g}, one caption for all {constant:.3g}; the better"
        trivial = max(exchanged, constant)
        return Measure("chrF", chrf(found, wanted), trivial, beside, trivial, len(wanted))


class LearnedMarks(Owned):
    """Rows of the table for both marks, which learn while the table does not (§2.4: the chunk's end is learned)."""

    def __init__(self, model: WholeModel) -> None:
        super().__init__()
        self.rows = nn.Parameter(model.get_parameter(TOKEN_TABLE)[-2:].detach().clone())

    def leave(self, model: nn.Module) -> None:
        """Put them into the table."""
        model.get_parameter(TOKEN_TABLE)[-2:] = self.rows


def _with_marks(model: WholeModel) -> dict[str, Tensor]:
    """The table with the rows that are learned, by its name; nothing where none are."""
    marks = getattr(model, "owned", None)
    return {TOKEN_TABLE: torch.cat([model.get_parameter(TOKEN_TABLE)[:-2], marks.rows])} if marks is not None else {}


def _page(texts: Sequence[Ids], image: int, room: int, *, before: bool) -> Ids:
    """Chunks while there is room; a text whose image stands behind it looks at the one before."""
    chunks = [chunk(each, image) for each in texts]
    chunks = chunks if before else [chunks[0][1:], *chunks[1:]]
    ends = np.cumsum([len(each) for each in chunks])
    return np.concatenate(chunks[: max(1, int((ends <= room).sum()))])


def _mixed(texts: Sequence[Ids], random: Random) -> list[Ids]:
    """Texts of the same lengths, the tokens of all in random order."""
    whole = random.permutation(np.concatenate(list(texts)))
    return np.split(whole, np.cumsum([len(each) for each in texts])[:-1])


def _captions(source: Any, end: int) -> tuple[Ids, Ids]:
    """Each image's best caption with its end, on end; and where each begins."""
    texts = [
        np.append(each.at(i).texts[0], end) for each in getattr(source, "sources", (source,)) for i in range(len(each))
    ]
    return np.concatenate(texts), np.cumsum([0, *map(len, texts)])[:-1]
