"""Answers to prompts (Ouyang et al. 2022, §3.5; Wei et al. 2021, §2)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray

from clados import spec as s
from clados.apply.generate import generate
from clados.apply.ready import Ready
from clados.data.examples import DataError, Dialogue, Pair
from clados.data.packing import generator
from clados.data.templates import (
    Conversation,
    WrittenText,
    conversation,
    jinja,
    parted,
    written,
)
from clados.data.tokenizer import Tokenizer
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, Random, Setting
from clados.objectives.measures import Measure, Sample
from clados.objectives.metrics import writing
from clados.objectives.sides import WRITERS, Answered, answered
from clados.objectives.tasks import Listed, Small, SourceConfig, of_kind
from clados.objectives.templated import Templated
from clados.objectives.text import TextTask, first_guesses, lm_loss
from clados.spec.kinds.model import Writes

MOST_WRITTEN = 64  # answers that are written where a tuned model is measured
SPARE = 8  # tokens more than the answer has


@dataclass(frozen=True, eq=False)
class Conversations:
    """Conversations as tokens, each no longer than there is room for.

    Attributes:
        asked: of each row what is asked first, by which answers to the same question are found.
        answers: of each row which tokens are an answer's.
        dropped: turns that are longer than a sequence by themselves, and are left out.
    """

    rows: tuple[Answered, ...]
    asked: tuple[str, ...]
    answers: tuple[NDArray[np.bool_], ...]
    dropped: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, index: int, epoch: int = 0) -> "PromptedRow":
        """The row of that number; the same in every epoch."""
        return PromptedRow(self.rows[index], self.asked[index], self.answers[index])


@dataclass(frozen=True, eq=False)
class PromptedRow:
    """A row, what is asked in it first, and which of its tokens are an answer's: all that are predicted, or fewer."""

    row: Answered
    asked: str
    answer: NDArray[np.bool_]

    @property
    def answered(self) -> "PromptedRow":
        """The row whose answers alone are predicted."""
        return replace(self, row=Answered(self.row.ids, self.answer))


class SupervisedTask(Templated[s.Supervised], TextTask[s.Supervised, PromptedRow], objective=s.Supervised):
    """Prompts and answers as the template puts them; of a conversation every answer counts.

    A text is tokenised whole, as it is when the model is used, and a token counts where any of its letters is an
    answer's. Who reads with an encoder gets a row for each answer: what came before it, and it.
    """

    writes = WRITERS
    reads: ClassVar[type[Any]] = Pair
    data = "instructions"
    length = 192
    batch = 16
    small = Small(params="600K", vocab=1024, steps=600, length=160, batch=16, lr=1e-3, relative=4e-3, dropout=0.0)
    before = Small(params="640K", vocab=1024, steps=2500, length=160, batch=16, dropout=0.0)

    def refusal(self, model: s.Model) -> str:
        if self.objective.learns == "all" and model.writes == "answers":
            return f"Supervised.learns is 'all'; what this {type(model).__name__} reads is not predicted: 'answers'"
        return super().refusal(model)

    # ------------------------------------------------------------ examples

    def learnable(self, examples: Sequence[Any]) -> Sequence[Any]:
        return of_kind(examples, Dialogue if isinstance(examples[0], Dialogue) else Pair)

    def like(self, known: s.Objective | None, module: WholeModel) -> s.Supervised:
        """By the template that it learned before; a new one parts prompt and answer of one text by a line's end."""
        if isinstance(template := getattr(known, "template", None), s.Template):
            return self.objective.but(template=template)
        apart = module.spec.writes == "answers"
        return self.objective if apart else self.objective.but(template=s.Template(prompt="{prompt}\n"))

    def chat_template(self, tokenizer: Tokenizer, writes: Writes | None) -> str:
        template = self.closed(tokenizer, continues=writes != "answers")
        before, after = ("".join(tokenizer.tokens(ids)) for ids in tokenizer.frame)
        eos = tokenizer.roles.eos or ""
        return jinja(template, bos=before, eos=eos, read=after if writes == "answers" else "")

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Conversations:
        """The examples' conversations, longer ones in parts of whole turns; turns that do not fit are counted."""
        said = [part for each in self.learnable(examples) for part in self._rows(conversation(each), config)]
        template = self.closed(config.required_tokenizer, continues=config.writes != "answers")
        one = _Tokenised(template, self.objective.learns, config)
        rows, asked, answers, dropped = list[Answered](), list[str](), list[NDArray[np.bool_]](), 0
        for each, row in zip(said, one.rows(said)):
            parts, left = ([(each, row)], 0) if one.fits(row) else one.parts(each)
            dropped += left
            for part, ids in parts:
                rows.append(one.scored(ids))
                answers.append(ids.wanted)
                asked.append(part.turns[-1 if config.writes == "answers" else 0].prompt["instruction"])
        if not rows:
            raise DataError(f"none of {len(said)} examples fits into {config.length} tokens: give a larger --length")
        shown = _shuffled(rows, config.seed) if config.shuffled else rows
        return Conversations(tuple(shown), tuple(asked), tuple(answers), dropped)

    def _rows(self, said: Conversation, config: SourceConfig) -> Iterator[Conversation]:
        """A conversation, or for an encoder one up to each of its answers."""
        turns = [turn for turn in said.turns if turn.answer is not None]
        if config.writes == "answers":
            yield from (Conversation(tuple(turns[: i + 1]), said.system) for i in range(len(turns)))
        elif turns:
            yield Conversation(tuple(turns), said.system)

    def texts(self, text: str) -> list[str]:
        """Prompt and answer, parted by a bar: "What is a cat? | An animal."."""
        prompt, bar, answer = text.partition("|")
        if not bar:
            raise InputError("a prompt needs its answer: give --text 'prompt | answer'")
        return [prompt.strip(), answer.strip()]

    def example(self, text: str, config: SourceConfig) -> PromptedRow:
        prompt, answer = self.texts(text)
        found: PromptedRow = self.source([Pair("", prompt, answer)], config).at(0)
        return found

    def row(self, texts: Sequence[Ids]) -> PromptedRow:
        """A row of a prompt and its answer without a template; one text is cut in two."""
        prompt, answer = texts if len(texts) == 2 else np.array_split(texts[0], 2)
        row = _joined(prompt, answer)
        return PromptedRow(row, "", row.wanted)

    # ------------------------------------------------------------ batch and loss

    def prepare(self, rows: Sequence[PromptedRow], random: Sequence[Random], setting: Setting) -> Batch:
        alone = self.objective.learns == "answers"
        return answered([(each.answered if alone else each).row for each in rows], setting)

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        return Loss({"lm": lm_loss(model, model.states(**batch.inputs), batch)})

    # ------------------------------------------------------------ how it is judged

    @property
    def held_out(self) -> Self:
        """Of a text that is learned whole the answers alone: a template's own words say nothing of what was learned."""
        return type(self)(self.objective.but(learns="answers"))

    def predicted(self, source: Any) -> tuple[Ids, Ids]:
        found = [row.ids[answer] for row, answer in zip(source.rows, source.answers)]
        return np.concatenate(found), np.cumsum([0, *map(len, found[:-1])])

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """The better of unigram and bigram, of what counts alone."""
        found = super().baseline(trained, held_out, config, batch)
        return {**found, "loss": min(found["unigram"], found["bigram"])}

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        every = ", ".join(f"{each:.2f}" for each in ends)
        return f"{every} nats against {baseline['loss']:.2f} of smoothed bigram (goal: 0.3 below)"

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of examples whose answers are written whole and right, against the most frequent answer.

        Each is scored beside the answer that the others to whom the same was asked have most often. Where no two
        answers are alike, as with quotes of what was read, it is the share of their tokens, against a guess from the
        token before.
        """
        rows: list[PromptedRow] = [each.answered for each in sample.rows()]
        sample = replace(sample, held_out=Listed(rows), examples=len(rows))
        answers = [tuple(each.row.ids[each.row.wanted].tolist()) for each in rows]
        right = [whole for batch in self.batches(ready, sample) for whole in _whole(ready, batch)]
        counts: dict[str, Counter[tuple[int, ...]]] = {}
        for each, answer in zip(rows, answers):
            counts.setdefault(each.asked, Counter())[answer] += 1
        usual = sum(_usual(counts[each.asked], answer) for each, answer in zip(rows, answers)) / len(rows)
        if not usual:
            return self._by_token(ready, sample, rows)
        name = "the most frequent answer to the same"
        return Measure("whole answers", sum(right) / len(rows), usual, name, usual + 0.05, len(rows))

    def _by_token(self, ready: Ready, sample: Sample, rows: Sequence[PromptedRow]) -> Measure:
        guesses, labels = first_guesses(self, ready, sample)
        right = float(np.mean(np.array(guesses) == np.array(labels)))
        usual = _followed([each.row for each in rows])
        return Measure("answers' tokens", right, usual, "the most frequent after the same", usual + 0.05, len(labels))

    @property
    def needs(self) -> tuple[str, ...]:
        return ("sacrebleu", "rouge_score")

    def metrics(self, ready: Ready, sample: Sample) -> dict[str, float]:
        """BLEU, chrF and ROUGE of what is written greedily in answer, beside the answers."""
        tokenizer, said, right = ready.required_tokenizer, list[str](), list[str]()
        for each in [each.answered.row for each in sample.rows()][:MOST_WRITTEN]:
            first = int(np.flatnonzero(each.wanted)[0])
            ids = [*each.ids[:first].tolist()]
            room = len(each.ids) - first + SPARE
            if ready.positions is not None and ready.spec.writes == "continues":
                room = min(room, ready.positions - first)
            if not ids or room < 1:
                continue
            new = generate(ready.model, torch.tensor([ids], device=ready.device), max_new_tokens=room, beams=1)
            said.append(tokenizer.decode(new[0, len(ids) if ready.spec.writes == "continues" else 0 :].tolist()))
            right.append(tokenizer.decode(each.ids[first:].tolist()))
        return writing(said, right) if said else {}


def _usual(counts: Counter[tuple[int, ...]], answer: tuple[int, ...]) -> bool:
    """Whether an answer is the one that others give most often; ``counts`` hold it once too."""
    others = counts.copy()
    others[answer] -= 1
    best = max(others.values())
    return best > 0 and max(others, key=lambda each: others[each]) == answer


def _followed(rows: Sequence[Answered]) -> float:
    """The share of answers' tokens that are, of all these rows', the most frequent after the token before."""
    counts: dict[int, Counter[int]] = {}
    for row in rows:
        for at in np.flatnonzero(row.wanted).tolist():
            counts.setdefault(int(row.ids[at - 1]) if at else -1, Counter())[int(row.ids[at])] += 1
    return sum(max(each.values()) for each in counts.values()) / sum(each.total() for each in counts.values())


def _whole(ready: Ready, batch: Batch) -> list[bool]:
    """Of each row whether every label is the likeliest token after those before it, so that it is written whole."""
    states = ready.model.states(**batch.inputs)
    at = batch.targets.get("at", torch.arange(len(batch.targets["labels"])))
    guesses = ready.model.heads["lm"](states.flatten(0, 1)[at], ready.model.written_inputs, {}).argmax(-1)
    wrong = at[guesses != batch.targets["labels"]] // states.size(1)
    return [number not in wrong.tolist() for number in range(states.size(0))]


def _shuffled(rows: Sequence[Answered], seed: int) -> list[Answered]:
    """The rows with the tokens that count exchanged among all of them."""
    tokens = generator(seed, 2).permutation(np.concatenate([row.ids[row.wanted] for row in rows]))
    cuts = np.cumsum([int(row.wanted.sum()) for row in rows])[:-1]
    made = []
    for row, new in zip(rows, np.split(tokens, cuts)):
        ids = row.ids.copy()
        ids[row.wanted] = new
        made.append(Answered(ids, row.wanted))
    return made


class _Tokenised:
    """Conversations as tokens, by a template."""

    def __init__(self, template: s.Template, learns: str, config: SourceConfig) -> None:
        self.template, self.learns, self.apart = template, learns, config.writes == "answers"
        self.tokenizer: Tokenizer = config.required_tokenizer
        self.before, self.after = self.tokenizer.frame
        self.eos, self.length = self.tokenizer.ids.get("eos"), config.length
        self.ended = bool(self.tokenizer.roles.eos) and str(self.tokenizer.roles.eos) in template.answer

    def rows(self, said: Sequence[Conversation]) -> list[Answered]:
        """The row of each conversation, however long; its answers are to be predicted."""
        texts = [written(self.template, each) for each in said]
        if self.apart:
            cut = [each.answers[-1] for each in texts]
            sources = self.tokenizer.encode_batch([each.text[:start] for each, (start, _) in zip(texts, cut)])
            answers = self.tokenizer.encode_batch(
                [each.text[start:end] for each, (start, end) in zip(texts, cut)], add_special_tokens=False
            )
            return [_joined(*both) for both in zip(sources, answers)]
        placed = self.tokenizer.encode_placed([each.text for each in texts])
        return [self._row(text, ids, offsets) for text, (ids, offsets) in zip(texts, placed)]

    def _row(self, text: WrittenText, ids: list[int], offsets: list[tuple[int, int]]) -> Answered:
        places = np.array(offsets, np.int64).reshape(-1, 2)
        wanted = np.zeros(len(ids), bool)
        for start, end in text.answers:
            wanted |= (places[:, 1] > start) & (places[:, 0] < end)
        close = [self.eos] if self.eos is not None and not self.ended else []
        whole = np.array([*self.before, *ids, *close], np.int64)
        return Answered(whole, np.concatenate([np.zeros(len(self.before), bool), wanted, np.ones(len(close), bool)]))

    def scored(self, row: Answered) -> Answered:
        """A row with all that is learned of it: its answers, or the whole text."""
        return Answered(row.ids, np.arange(len(row.ids)) >= len(self.before)) if self.learns == "all" else row

    def fits(self, row: Answered) -> bool:
        """Whether a row is no longer than a sequence; of one text the last token is not read."""
        if self.apart:
            number = int(row.wanted.sum())
            return max(number, len(row.ids) - number) <= self.length
        return len(row.ids) <= self.length + 1

    def parts(self, said: Conversation) -> tuple[list[tuple[Conversation, Answered]], int]:
        """A long conversation in parts that fit, and how many of its turns fit nowhere."""
        if self.apart or len(said.turns) == 1:
            return [], 1
        opening = len(self.rows([Conversation((), said.system)])[0].ids)
        sizes = [len(self.rows([Conversation((turn,), said.system)])[0].ids) - opening for turn in said.turns]
        found = [*parted(said, sizes, self.length + 1, opening)]
        rows = [(each, row) for each, row in zip(found, self.rows(found)) if self.fits(row)]
        return rows, len(said.turns) - sum(len(each.turns) for each, _ in rows)


def _joined(source: Sequence[int] | Ids, answer: Sequence[int] | Ids) -> Answered:
    return Answered(np.array([*source, *answer], np.int64), np.arange(len(source) + len(answer)) >= len(source))
