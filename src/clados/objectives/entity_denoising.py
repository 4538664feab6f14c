"""Which entity a word names, beside BERT's two objectives (Zhang et al. 2019, §3.4)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.examples import DataError
from clados.data.graph import wordnet_graph, wordnet_vectors
from clados.data.packing import Couple, PackedPairs, generator
from clados.data.tokenizer import Tokenizer
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, LossTerm, Random, Setting
from clados.objectives.masked_tokens import MaskedTokensTask
from clados.objectives.measures import Measure, Sample
from clados.objectives.tasks import NATS, Small, SourceConfig, task
from clados.objectives.text import TextTask

UNNAMED = -1  # no entity
SEQUENCES = 64  # that are looked at, to find one that names enough entities


@dataclass(frozen=True, eq=False)
class LinkedCouple(Couple):
    """Two spans of text, and the number of the entity that each token is the first of a name of; UNNAMED elsewhere."""

    links: Ids


class EntityDenoisingTask(TextTask[s.EntityDenoising, LinkedCouple], objective=s.EntityDenoising):
    """Pairs of segments with some tokens hidden, as BERT's, whose words name synsets of WordNet.

    The entities' vectors are TransE's and stay as they are (§4.1). The longest name that stands in the text counts;
    one of several synsets names none, for nobody says which is meant. An entity is given at the first token of its
    name. To choose among are those that the sequence names (§3.4); the authors' code has those of the whole batch, and
    draws what it puts in from them too, where any entity but the right one is drawn here. As there, the first token has
    an entity of zeros, so that entities always have one to attend to.
    """

    data = "wordnet"
    length = 64
    batch = 16
    writes = (None,)
    term: ClassVar[str] = "entity"
    targets: ClassVar[int] = 3_000
    small = Small(params="600K", vocab=2048, steps=300, length=64, batch=32, lr=2e-3, dropout=0.0)
    hidden_only = False  # ask only for entities that are hidden

    @property
    def words(self) -> MaskedTokensTask:
        """What is done with the tokens."""
        one = task(self.objective.words)
        assert isinstance(one, MaskedTokensTask)
        return one

    @property
    def heads(self) -> tuple[str, ...]:
        return (*self.words.heads, "entity")

    @property
    def documents(self) -> int:
        return self.words.documents

    # ------------------------------------------------------------ examples

    def source(self, examples: Sequence[Any], config: SourceConfig) -> "LinkedPairs":
        pairs = self.words.source(examples, config)
        assert isinstance(pairs, PackedPairs)
        return LinkedPairs(pairs, linker(config.required_tokenizer), self.objective.least, config)

    def epoch(self, epoch: int) -> int:
        """Entities repeat with the words that are hidden."""
        return self.words.epoch(epoch)

    def texts(self, text: str) -> list[str]:
        return self.words.texts(text)

    def row(self, texts: Sequence[Ids]) -> LinkedCouple:
        """A pair that names no entity."""
        return _linked(self.words.row(texts), None)

    def example(self, text: str, config: SourceConfig) -> LinkedCouple:
        return _linked(self.words.example(text, config), linker(config.required_tokenizer))

    # ------------------------------------------------------------ batch and loss

    def prepare(self, rows: Sequence[LinkedCouple], random: Sequence[Random], setting: Setting) -> Batch:
        """BERT's batch, the vector of the entity that each token is given, and those that are to be chosen."""
        words = self.words.held_out if self.hidden_only else self.words
        batch = words.prepare(rows, random, setting)
        shape = batch.inputs["input_ids"].shape
        right = np.full(tuple(shape), UNNAMED, np.int64)
        for seen, row in zip(right, rows):
            first = len(row.first)
            seen[1 : 1 + first] = row.links[:first]
            seen[2 + first : 2 + len(row.links)] = row.links[first:]
        given = np.stack([self.mask_or_replace(each, draw) for each, draw in zip(right, random)])
        asked = (right != UNNAMED) & ((given == UNNAMED) | (not self.hidden_only))
        among = [np.unique(each[each != UNNAMED]) for each in right]
        vectors = wordnet_vectors(next(each.width for each in s.parts(setting.model) if isinstance(each, s.Entities)))
        there = given != UNNAMED
        there[:, 0] = True
        embeds = np.where(given[..., None] == UNNAMED, np.float32(0), vectors[given])
        row, place = asked.nonzero()
        choice = [np.searchsorted(among[i], right[i, j]) for i, j in zip(row, place)]
        candidates = np.zeros((len(rows), max(1, *map(len, among)), vectors.shape[1]), np.float32)
        for one, each in zip(candidates, among):
            one[: len(each)] = vectors[each]
        inputs = {"entity_embeds": torch.from_numpy(embeds), "entity_mask": torch.from_numpy(there)}
        targets = {
            "entity": torch.tensor(choice, dtype=torch.long),
            "entity_at": torch.from_numpy(row * shape[1] + place),
            "named": torch.from_numpy(right[row, place]),
            "given": torch.from_numpy(given[row, place]),
            "candidates": torch.from_numpy(candidates),
            "number": torch.tensor([*map(len, among)]),
        }
        return replace(
            batch,
            inputs={**batch.inputs, **inputs},
            targets={**batch.targets, **targets},
            weights={"entity": len(choice), **batch.weights},
        )

    def mask_or_replace(self, links: Ids, random: Random) -> Ids:
        """The entities of a sequence as they are given: some another, some none, each by its own lot."""
        at = np.flatnonzero(links != UNNAMED)
        lot, number = random.random(len(at)), len(wordnet_graph())
        other = (links[at] + random.integers(1, number, size=len(at))) % number
        seen = links.copy()
        seen[at[lot < self.objective.replaced]] = other[lot < self.objective.replaced]
        seen[at[(lot >= self.objective.replaced) & (lot < self.objective.replaced + self.objective.hidden)]] = UNNAMED
        return seen

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        states = model.states(**batch.inputs)
        found, scores, right = (
            self.words.loss_of(model, states, batch),
            entity_scores(model, states, batch),
            batch.targets,
        )
        number = batch.weights["entity"]
        term = LossTerm(cross_entropy(scores, right["entity"], reduction="sum"), number)
        accuracy = LossTerm((scores.argmax(-1) == right["entity"]).sum(), number)
        return Loss({"entity": term, **found.parts}, {**found.measures, "entity_accuracy": accuracy})

    # ------------------------------------------------------------ how it is judged

    @property
    def held_out(self) -> Self:
        """No entity replaced, and only those asked for that are hidden: one that is given is read off."""
        one = type(self)(self.objective.but(replaced=0.0))
        one.hidden_only = True
        return one

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """The cross-entropy of guesses among a sequence's entities: by how often each is named, and evenly."""
        counts = np.ones(len(wordnet_graph()))
        for links in _named(trained):
            np.add.at(counts, links, 1)
        by_count, evenly = list[float](), list[float]()
        for links in _named(held_out):
            among = np.unique(links)
            by_count += np.log(counts[among].sum() / counts[links]).tolist()
            evenly += [float(np.log(len(among)))] * len(links)
        found = {"by frequency": float(np.mean(by_count)), "evenly": float(np.mean(evenly))}
        return {"loss": min(found.values()), **found}

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        every = ", ".join(f"{each:.2f}" for each in ends)
        better, other = sorted(("evenly", "by frequency"), key=baseline.__getitem__)
        guessed = f"{baseline[better]:.2f} of guessing {better} among the sequence's entities"
        return f"{every} nats against {guessed} (goal: {NATS} below), {baseline[other]:.2f} of guessing {other}"

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of hidden entities that are chosen, against those that the text names most often."""
        one, rows, right, usual = self.held_out, sample.rows(), list[bool](), list[bool]()
        for number, batch in enumerate(one.batches(ready, sample)):
            scores = entity_scores(ready.model, ready.model.states(**batch.inputs), batch)
            right += (scores.argmax(-1) == batch.targets["entity"]).tolist()
            length = batch.inputs["input_ids"].size(1)
            for at, choice in zip(batch.targets["entity_at"].tolist(), batch.targets["entity"].tolist()):
                links = rows[number * sample.batch + at // length].links
                usual.append(int(np.unique(links[links != UNNAMED], return_counts=True)[1].argmax()) == choice)
        if not right:
            raise InputError("entity@1: the held-out examples have no hidden entity")
        trivial = sum(usual) / len(usual)
        name = "the entity that the text names most often"
        return Measure("entity@1", sum(right) / len(right), trivial, name, trivial + 0.05, len(right))

    def also(self, batch: Batch, row: int) -> dict[str, Any]:
        graph, length = wordnet_graph(), batch.inputs["input_ids"].size(1)
        found = {}
        for at, given, right in zip(*(batch.targets[name].tolist() for name in ("entity_at", "given", "named"))):
            if at // length == row:
                seen = (
                    "given" if given == right else "hidden" if given == UNNAMED else f"given as {graph.called(given)}"
                )
                found[f"entity at {at % length}"] = f"{graph.called(right)}, {seen}"
        return found


# ---------------------------------------------------------------- who is named


class LinkedPairs:
    """Pairs of segments with the entities that they name; in place of one that names too few stands another.

    As a control, ``config.shuffled``, each name is given some entity, whichever.
    """

    def __init__(self, pairs: PackedPairs, link: "Linker", least: int, config: SourceConfig) -> None:
        self.pairs, self.link, self.least, self.config = pairs, link, least, config
        if (self.at(0).links != UNNAMED).sum() < least:
            raise DataError(
                f"of {SEQUENCES} sequences of {config.length} tokens none names {least} entities: give English texts "
                "with words of WordNet, or a larger --length"
            )

    def __len__(self) -> int:
        return len(self.pairs)

    def at(self, index: int, epoch: int = 0) -> LinkedCouple:
        """The pair of that number in that epoch."""
        random, number = generator(self.config.seed, 8, epoch, index), index
        for _ in range(SEQUENCES):
            row = _linked(self.pairs.at(number, epoch), self.link)
            named = np.flatnonzero(row.links != UNNAMED)
            if len(named) >= self.least:
                break
            number = int(random.integers(len(self)))
        if self.config.shuffled:
            row.links[named] = generator(self.config.seed, 9, index).choice(self.link.entities, len(named))
        return row


class Linker:
    """Finds the longest names of entities in tokens.

    A name begins with a word and ends with one.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        names = wordnet_graph().unambiguous()
        rows = map(tuple, tokenizer.encode_batch([*names], add_special_tokens=False))
        unknown = tokenizer.ids.get("unk")
        self.names = {row: number for row, number in zip(rows, names.values()) if row and unknown not in row}
        self.entities = np.unique([*self.names.values()])
        self.inside = np.isin(np.arange(tokenizer.size), [*tokenizer.inside])
        self.lengths: dict[int, list[int]] = {}
        for first, length in sorted({(row[0], len(row)) for row in self.names}, reverse=True):
            self.lengths.setdefault(first, []).append(length)
        self.begins = np.isin(np.arange(tokenizer.size), [*self.lengths]) & ~self.inside

    def __call__(self, ids: Ids) -> Ids:
        """The entity that each token is the first of a name of, by number; UNNAMED elsewhere."""
        links, free, every = np.full(len(ids), UNNAMED, np.int64), 0, ids.tolist()
        ends = [*(~self.inside[ids[1:]]).tolist(), True]
        for at in np.flatnonzero(self.begins[ids]).tolist():
            for length in self.lengths[every[at]] if at >= free else ():
                number = self.names.get(tuple(every[at : at + length]))
                if number is not None and at + length <= len(ids) and ends[at + length - 1]:
                    links[at], free = number, at + length
                    break
        return links


@lru_cache(4)
def linker(tokenizer: Tokenizer) -> Linker:
    """That of a tokenizer."""
    return Linker(tokenizer)


def _linked(pair: Any, link: Linker | None) -> LinkedCouple:
    """A pair with its entities, those of each segment apart."""
    sides = [
        np.full(len(side), UNNAMED, np.int64) if link is None else link(side) for side in (pair.first, pair.second)
    ]
    return LinkedCouple(pair.first, pair.second, pair.follows, np.concatenate(sides))


def _named(source: LinkedPairs) -> Iterator[Ids]:
    """The entities of each row, as often as it names them."""
    for index in range(len(source)):
        links = source.at(index).links
        if (links != UNNAMED).any():
            yield links[links != UNNAMED]


def entity_scores(model: WholeModel, states: Tensor, batch: Batch) -> Tensor:
    """The scores of its sequence's entities at each token that is asked for, [asked, most]; -inf where there is none.

    Args:
        states: [batch, length, d_model].
    """
    at, candidates = batch.targets["entity_at"], batch.targets["candidates"]
    row = at // states.size(1)
    x = model.heads["entity"](states.flatten(0, 1)[at], model.inputs, {})
    scores = torch.einsum("nw,nkw->nk", x.float(), candidates.float()[row])
    there = torch.arange(candidates.size(1), device=at.device) < batch.targets["number"][row, None]
    return scores.masked_fill(~there, -torch.inf)
