"""Rules: whether an answer breaks one, as a model finds that reads both (Glaese et al. 2022, §3.2).

The paper's verdicts are people's. Its own wording of the question is not taken over: the rule stands before the prompt.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid

from clados import spec as s
from clados.apply.ready import Ready
from clados.apply.score import judged_rows, refuse_empty, rewards
from clados.data.examples import DataError, RuledAnswer
from clados.data.packing import generator
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Judge, Loss, LossTerm, Random, Setting, padded, with_mask
from clados.objectives.comparisons import ABOVE_CHANCE
from clados.objectives.measures import Measure, Sample
from clados.objectives.tasks import Fitting, Small, Source, SourceConfig, Task, of_kind


class RuledRow(NamedTuple):
    """A rule, a prompt and an answer as tokens; which rule it is, and whether it is broken."""

    text: Ids
    rule: str
    broken: bool


class ViolationsTask(Task[s.Violations, RuledRow], objective=s.Violations):
    """A rule and an answer are a row; what the model gives is the logit of the rule's being broken."""

    reads = RuledAnswer
    data = "checked-rules"
    length = 96
    batch = 16
    writes = ("continues",)
    usual = False
    judging = True
    small = Small(steps=400, batch=16, lr=1e-3, dropout=0.0)
    before = Small(params="640K", vocab=1024, steps=300)

    @property
    def heads(self) -> tuple[str, ...]:
        return (s.Scalar.slot,)

    def learnable(self, examples: Sequence[Any]) -> Sequence[Any]:
        rows = of_kind(examples, RuledAnswer)
        if len({each.broken for each in rows}) < 2:
            raise DataError("no rule is broken in the data, or all are: there is nothing to tell apart")
        return rows

    def suggested(self, examples: Sequence[Any]) -> s.Violations:
        """With the rules of the data."""
        texts = tuple(dict.fromkeys(each.rule for each in examples))
        return self.objective.but(rules=len(texts), texts=texts)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        rows = of_kind(examples, RuledAnswer)
        prompts, answers = [ruled(each.rule, each.prompt) for each in rows], [each.answer for each in rows]
        refuse_empty(prompts, answers)
        found = judged_rows(config.required_tokenizer, self.objective.template, prompts, answers)
        broken = np.array([each.broken for each in rows])
        broken = generator(config.seed, 2).permutation(broken) if config.shuffled else broken
        cut = [row.cut(config.length or None) for row in found]
        made = [
            RuledRow(np.array(ids, np.int64), each.rule, bool(verdict))
            for each, ids, verdict in zip(rows, cut, broken)
            if ids is not None
        ]
        if not made:
            raise DataError(f"none of {len(rows)} prompts leaves room for an answer in {config.length} tokens")
        return Fitting(made, dropped=len(rows) - len(made))

    # ------------------------------------------------------------ batch and loss

    def prepare(self, rows: Sequence[RuledRow], random: Sequence[Random], setting: Setting) -> Batch:
        ids, keep = padded([row.text for row in rows], setting.required_vocab_ids.ids.get("pad", 0))
        targets = {"broken": torch.tensor([float(row.broken) for row in rows])}
        return Batch({"input_ids": ids, **with_mask(keep)}, targets, {"rules": len(rows)}, ids.numel())

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        logits, broken = model(**batch.inputs).rewards.float(), batch.targets["broken"]
        nll = binary_cross_entropy_with_logits(logits, broken, reduction="sum")
        right, number = ((logits > 0) == broken.bool()).sum(), batch.weights["rules"]
        return Loss({"rules": LossTerm(nll, number)}, {"accuracy": LossTerm(right, number)})

    # ------------------------------------------------------------ how it is judged

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """Of how often each rule is broken in the data, one more of each verdict; and its more frequent verdict."""
        often = _often(trained.rows)
        p = np.array([often.get(row.rule, 0.5) for row in held_out.rows])
        broken = np.array([row.broken for row in held_out.rows])
        nll = -np.log(np.where(broken, p, 1 - p))
        return {"loss": float(nll.mean()), "accuracy": float(((p > 0.5) == broken).mean())}

    def judge(self, ready: Ready) -> Judge:
        """The mean of log p(kept) over the rules that it learned: one that is surely broken outweighs the others."""
        rules = self.objective.texts

        def judged(prompts: Sequence[str], answers: Sequence[str]) -> list[float]:
            each = [rewards(ready, [ruled(rule, prompt) for prompt in prompts], answers) for rule in rules]
            found: list[float] = logsigmoid(-torch.tensor(each)).mean(0).tolist()
            return found

        return judged

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of verdicts that are right, beside each rule's more frequent one."""
        found = [self.loss(ready.model, batch).measures["accuracy"] for batch in self.batches(ready, sample)]
        number, rows = sum(each.weight for each in found), sample.rows()
        often = _often(rows)
        usual = sum((often[row.rule] > 0.5) == row.broken for row in rows) / len(rows)
        right = sum(float(each.sum) for each in found) / number
        return Measure("verdicts", right, usual, "the more frequent verdict", usual + ABOVE_CHANCE, number)


def ruled(rule: str, prompt: str) -> str:
    """What is asked, with the rule in front of it."""
    return f"{rule}\n{prompt}"


def _often(rows: Iterable[RuledRow]) -> dict[str, float]:
    """How often each rule is broken."""
    counts: dict[str, list[int]] = {}
    for row in rows:
        counts.setdefault(row.rule, [1, 1])[row.broken] += 1
    return {rule: broken / (kept + broken) for rule, (kept, broken) in counts.items()}
