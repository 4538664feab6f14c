"""Texts that belong together, among others of the batch (Wang et al. 2022, §4; Su et al. 2022, §2)."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, kl_div, normalize

from clados import spec as s
from clados.apply.ready import Ready
from clados.checkpoints.formats.sentence_transformers import EmbeddingSettings
from clados.checkpoints.mapping.detect import embedder
from clados.data.examples import DataError, Pair
from clados.data.packing import generator
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, LossTerm, Random, Setting, padded, with_mask
from clados.objectives.contrastive import everywhere
from clados.objectives.measures import Measure, Sample
from clados.objectives.owned import Owned
from clados.objectives.ranking import BM25, first_share
from clados.objectives.tasks import Listed, Small, Source, SourceConfig, Task, of_kind

PROMPT_NAMES = ("query", "document", "passage")  # of the prompts; sentence-transformers 6.2 reads the first two
BETTER = 0.05  # of the questions more than BM25 finds


class Prompted(NamedTuple):
    """A text with what stands around it; ``begins`` and ``ends`` are where the text itself does."""

    ids: Ids
    begins: int
    ends: int

    @property
    def bare(self) -> Ids:
        """The text alone."""
        return self.ids[self.begins : self.ends]


class Related(NamedTuple):
    """A question, its passage, those that are near but wrong, what a teacher says of each, and the task."""

    question: Prompted
    passage: Prompted
    wrong: tuple[Prompted, ...]
    scores: tuple[float, ...]  # of the passage and the wrong ones; empty without a teacher
    task: int


class Prompts(Owned):
    """How texts are to be prepared for the model that comes of it."""

    def __init__(self, settings: EmbeddingSettings) -> None:
        super().__init__()
        self.settings = settings

    def leave(self, model: nn.Module) -> None:
        model.embedding_settings = self.settings  # type: ignore[assignment]


class PairedTextsTask(Task[s.PairedTexts, Related], objective=s.PairedTexts):
    """Pairs of texts: each question finds its passage among all of the batch, and the ``hard`` ones of each.

    With instructions the texts of one task alone are compared, as in the authors' batches, which are of one task
    (xlang-ai/instructor-embedding, train.py). What a cross-encoder says of each passage stands in the data (``score``,
    ``negative_score``), as the script that E5's teacher comes from writes it: microsoft/unilm,
    simlm/src/inference/gen_teacher_scores.py.
    """

    reads = Pair
    data = "glosses"
    length = 48
    batch = 64
    whole_batch = True
    term = "pairs"
    targets = 800

    @property
    def small(self) -> Small:
        """E5's begins with random weights, from which it misses fewer questions than from the small BERT.

        InstructOR's begins with the small T5, from which it misses fewer than from random weights. Its texts are
        compared with those of their own task alone, one of two: as many as E5's are among twice as many.
        """
        if self.objective.instructed:
            return Small(vocab=2048, steps=2500, batch=128, length=48, lr=4e-3, dropout=0.1)
        return Small(params="870K", vocab=2048, steps=1280, batch=64, length=48, lr=1e-3, dropout=0.1)

    @property
    def before(self) -> Small | None:
        return self.small if self.objective.instructed else None

    @property
    def heads(self) -> tuple[str, ...]:
        return (s.Embedding.slot,)

    # ------------------------------------------------------------ examples

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """Rows whose texts are cut to the length, the prefix and the special tokens kept.

        Raises:
            DataError: a pair has no text that is near but wrong, no instruction or no teacher's scores, where the
                objective asks for them.
        """
        pairs = of_kind(examples, Pair)
        named = [dict(each.fields) for each in pairs]
        wrong = [[text for name, text in each.fields if _is_wrong(name)] for each in pairs]
        scores = [self._scores(each) for each in pairs]
        for pair, some, said in zip(pairs, wrong, named):
            if self.objective.hard and not some:
                raise DataError(f"{pair.document}: a pair has no 'negative', and hard is {self.objective.hard}")
            if self.objective.instructed and "instruction" not in said:
                raise DataError(f"{pair.document}: a pair has no 'instruction', and this objective reads one")
        before = [self._before(each) for each in named]
        targets = [pair.target for pair in pairs]
        if config.shuffled:
            targets = [targets[i] for i in generator(config.seed, 2).permutation(len(pairs))]
        one = _Encoding(config)
        questions = one([(first, pair.source) for (first, _), pair in zip(before, pairs)])
        passages = one([(second, text) for (_, second), text in zip(before, targets)])
        flat = iter(one([(second, text) for (_, second), some in zip(before, wrong) for text in some]))
        tasks = {name: i for i, name in enumerate(dict.fromkeys(first for first, _ in before))}
        return Listed(
            [
                Related(question, passage, tuple(next(flat) for _ in some), told, tasks[first])
                for question, passage, some, told, (first, _) in zip(questions, passages, wrong, scores, before)
            ]
        )

    def _before(self, said: Mapping[str, str]) -> tuple[str, str]:
        """What stands before the question and before a passage."""
        if self.objective.instructed:
            return said.get("instruction", ""), said.get("positive_instruction", "")
        first, second = self.objective.prefixes or ("", "")
        return first, second

    def _scores(self, pair: Pair) -> tuple[float, ...]:
        if self.objective.teacher == "none":
            return ()
        said = [text for name, text in pair.fields if name.endswith("score")]
        if len(said) != 1 + sum(_is_wrong(name) for name, _ in pair.fields):
            raise DataError(f"{pair.document}: a teacher's 'score' is needed for each passage; there are {len(said)}")
        return tuple(map(float, said))

    def texts(self, text: str) -> list[str]:
        """Question and passage, parted by a bar: "a cat | an animal"."""
        question, bar, passage = text.partition("|")
        if not bar:
            raise InputError("a pair needs two texts: give --text 'question | passage'")
        return [question.strip(), passage.strip()]

    def example(self, text: str, config: SourceConfig) -> Related:
        """Shown as two texts: in training there are more, of other rows."""
        question, passage = self.texts(text)
        one = self.held_out
        said = (("instruction", "Represent the text: "), ("positive_instruction", "Represent the text: "))
        found: Related = one.source([Pair("", question, passage, fields=said)], config).at(0)
        return found._replace(wrong=(found.passage,), scores=(0.0, 0.0))

    def like(self, known: s.Objective | None, module: WholeModel) -> s.PairedTexts:
        """With the prompts of the directory before questions and passages."""
        if isinstance(known, s.PairedTexts):
            return known
        prompts = getattr(module, "embedding_settings", EmbeddingSettings()).prompts
        second = next((prompts[name] for name in PROMPT_NAMES[1:] if name in prompts), "")
        return self.objective.but(prefixes=(prompts["query"], second)) if "query" in prompts else self.objective

    def with_heads(self, model: s.Model) -> s.Model:
        """A model without a head for a text's vector gets the mean of its states, brought to unit length."""
        return model if model.head(s.Embedding.slot) else embedder(model, s.Embedding())

    # ------------------------------------------------------------ what it trains

    def owned(self, model: WholeModel, setting: Setting, seed: int) -> Owned:
        """The prefixes go with the model, as sentence-transformers keeps them."""
        first, second = self.objective.prefixes or ("", "")
        prompts = dict(zip(PROMPT_NAMES, (first, second, second))) if self.objective.prefixes else {}
        return Prompts(EmbeddingSettings(prompts, include_prompt=not self.objective.instructed))

    # ------------------------------------------------------------ batch and loss

    def prepare(self, rows: Sequence[Related], random: Sequence[Random], setting: Setting) -> Batch:
        """All questions, then all passages, then the wrong ones of each in turn.

        Of a row's wrong texts as many are drawn as are asked for; where it has fewer, some of them more than once.
        """
        hard = self.objective.hard
        drawn = [
            np.concatenate([draw.permutation(len(row.wrong)) for _ in range(-(-hard // len(row.wrong)))])[:hard]
            if hard
            else np.zeros(0, np.int64)
            for row, draw in zip(rows, random)
        ]
        texts = [row.question for row in rows] + [row.passage for row in rows]
        texts += [row.wrong[i] for row, some in zip(rows, drawn) for i in some]
        ids, keep = padded([each.ids for each in texts], setting.required_vocab_ids.ids.get("pad", 0))
        inputs = {"input_ids": ids, **with_mask(keep)}
        if self.objective.instructed:
            begins = torch.tensor([each.begins for each in texts])
            inputs["pooling_mask"] = torch.arange(ids.size(1)) >= begins[:, None]
        targets = {"task": torch.tensor([row.task if self.objective.instructed else 0 for row in rows])}
        weights = {"pairs": len(rows)}
        if self.objective.both:
            weights["backwards"] = len(rows)
        if self.objective.teacher != "none":
            said = [[row.scores[0], *(row.scores[1 + i] for i in some)] for row, some in zip(rows, drawn)]
            targets["scores"] = torch.tensor(said)
            weights["teacher"] = len(rows)
        return Batch(inputs, targets, weights, sum(len(each.ids) for each in texts))

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        """When several processes train together, each row is compared with the texts of all of them."""
        one, number = self.objective, len(batch.targets["task"])
        vectors = normalize(model(**batch.inputs).sentence_embedding.float(), dim=-1)
        questions, passages, wrong = vectors.split([number, number, len(vectors) - 2 * number])
        tasks = others = batch.targets["task"]
        asked, right, all_wrong, first = questions, passages, wrong, 0
        if dist.is_initialized() and model.training:
            asked, right, all_wrong = (everywhere(each) for each in (questions, passages, wrong))
            first = dist.get_rank() * number
            every = [torch.empty_like(tasks) for _ in range(dist.get_world_size())]
            dist.all_gather(every, tasks)
            others = torch.cat(every)
        labels = torch.arange(first, first + number, device=vectors.device)
        apart = tasks[:, None] != others
        not_asked = apart if one.in_batch else torch.arange(len(right), device=vectors.device) != labels[:, None]
        scores = cosines(questions, torch.cat([right, all_wrong]), one.temperature)
        scores = scores.masked_fill(torch.cat([not_asked, apart.repeat_interleave(one.hard, 1)], 1), -torch.inf)
        pairs = cross_entropy(scores, labels, reduction="sum")
        parts = {"pairs": LossTerm(pairs if one.teacher == "none" else one.share * pairs, number)}
        if one.both:
            back = cosines(passages, asked, one.temperature).masked_fill(apart, -torch.inf)
            parts["backwards"] = LossTerm(cross_entropy(back, labels, reduction="sum"), number)
        if one.teacher != "none":
            group = torch.cat([passages[:, None], wrong.view(number, one.hard, -1)], 1)
            ours = ((questions[:, None] * group).sum(-1) / one.temperature).log_softmax(-1)
            theirs = batch.targets["scores"].log_softmax(-1)
            parts["teacher"] = LossTerm(kl_div(ours, theirs, reduction="sum", log_target=True), number)
        return Loss(parts, {"recall_at_1": LossTerm((scores.argmax(-1) == labels).sum(), number)})

    # ------------------------------------------------------------ how it is judged

    @property
    def held_out(self) -> Self:
        """Among the other passages alone, in one direction: without teacher and wrong texts."""
        return type(self)(self.objective.but(hard=0, in_batch=True, both=False, teacher="none", share=1.0))

    def main_loss(self, losses: Mapping[str, float]) -> float:
        """The share of questions whose passage is not the first: at so low a temperature the loss tells confidence."""
        return 1 - losses["recall_at_1"]

    def goal(self, baseline: float) -> float:
        return baseline - BETTER

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """The share of questions that BM25 misses, among the passages of a batch, and the share by chance."""
        rows = [held_out.at(i) for i in range(len(held_out))]
        groups = [self._bm25(rows[at : at + batch]) for at in range(0, len(rows), batch)]
        right = sum(first_share(list(each)) * len(each) for each in groups) / len(rows)
        blind = [list(np.where(np.isfinite(each), 0.0, -np.inf)) for each in groups]
        chance = sum(first_share(each) * len(each) for each in blind) / len(rows)
        return {"loss": 1 - right, "chance": 1 - chance}

    def _bm25(self, rows: Sequence[Related]) -> Any:
        """BM25's scores among the passages of some rows, [rows, rows]; -inf for those of other tasks."""
        ranker = BM25([row.passage.bare for row in rows])
        scores = np.stack([ranker.scores(row.question.bare) for row in rows])
        tasks = np.array([row.task if self.objective.instructed else 0 for row in rows])
        return np.where(tasks[:, None] == tasks, scores, -np.inf)

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        every = ", ".join(f"{each:.2f}" for each in ends)
        other = f"{baseline['loss']:.2f} of BM25 (goal: {BETTER} below), {baseline['chance']:.2f} by chance"
        return f"{every} of the questions missed, against {other}"

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of questions whose passage comes first among all, against BM25 over the same tokens."""
        rows: list[Related] = sample.rows()
        (batch,) = self.held_out.batches(ready, sample)
        vectors = ready.model(**batch.inputs).sentence_embedding.float()
        found = cosines(vectors[: len(rows)], vectors[len(rows) :], 1.0).cpu().numpy()
        usual = self._bm25(rows)
        right = first_share(list(np.where(np.isfinite(usual), found, -np.inf)))
        trivial = first_share(list(usual))
        return Measure("R@1", right, trivial, "BM25", trivial + 0.02, len(rows))

    def metrics(self, ready: Ready, sample: Sample) -> dict[str, float]:
        """The share of questions whose passage comes first among all that are held out, and what BM25 finds."""
        found = self.measure(ready, sample)
        return {"recall_at_1": found.value, "recall_at_1_of_bm25": found.trivial}


def cosines(one: Tensor, other: Tensor, temperature: float) -> Tensor:
    """Cosines over the temperature, [rows of one, rows of the other]."""
    return normalize(one, dim=-1) @ normalize(other, dim=-1).T / temperature


def _is_wrong(name: str) -> bool:
    return name.startswith("negative") and not name.endswith("score")


class _Encoding:
    """Texts with what stands before them, as tokens."""

    def __init__(self, config: SourceConfig) -> None:
        self.tokenizer, self.length = config.required_tokenizer, config.length
        self.before, self.after = self.tokenizer.frame
        self.known: dict[str, int] = {}

    def __call__(self, texts: Sequence[tuple[str, str]]) -> list[Prompted]:
        unlike = [*dict.fromkeys(texts)]  # one is near to many others, and wrong of each
        rows = self.tokenizer.encode_batch([before + text for before, text in unlike], limit=self.length)
        known = {
            text: Prompted(np.array(ids, np.int64), self._begins(text[0]), len(ids) - len(self.after))
            for text, ids in zip(unlike, rows)
        }
        return [known[text] for text in texts]

    def _begins(self, before: str) -> int:
        if before not in self.known:
            written = self.tokenizer.encode(before, add_special_tokens=False) if before else []
            self.known[before] = len(self.before) + len(written)
        return self.known[before]
