"""Classes of texts (Radford et al. 2018, §3.2; Devlin et al. 2019, §4.1)."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from clados import spec as s
from clados.apply.ready import Ready
from clados.apply.whole import read_whole
from clados.data.examples import ClassifiedText, ComparedTexts, DataError
from clados.data.packing import generator
from clados.data.tokenizer import ReadText
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, LossTerm, Random, Setting
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.metrics import classification
from clados.objectives.tasks import Listed, Source, SourceConfig, Task, of_kind


class LabelledRow(NamedTuple):
    """A text as tokens, and its class; of several classes 0 or 1 for each; or a number."""

    read: ReadText
    label: int | float | tuple[int, ...]


class TextClassesTask(Task[s.TextClasses, LabelledRow], objective=s.TextClasses):
    """Texts and their classes.

    An example's weight is that of its class, and the loss is the mean over examples: torch's and transformers' divide
    by the sum of the weights instead, which is the same for weights whose mean over the data is 1.
    """

    reads: ClassVar[type[Any]] = ClassifiedText
    data = ""
    length = 512
    batch = 16

    @property
    def heads(self) -> tuple[str, ...]:
        return (s.Classifier.slot,)

    # ------------------------------------------------------------ examples

    def learnable(self, examples: Sequence[Any]) -> Sequence[Any]:
        rows = of_kind(examples, self.reads)
        for each in rows:
            if each.label == "":
                raise DataError(f"{each.document}: it has no label")
        return rows

    def suggested(self, examples: Sequence[Any]) -> s.TextClasses:
        """Lists of labels are of classes that do not exclude each other; labels with fractions are numbers."""
        labels = [each.label for each in examples]
        if any(isinstance(each, tuple) for each in labels):
            return self.objective.but(problem="multi_label_classification")
        numbers = [_number(each) for each in labels]
        if all(map(math.isfinite, numbers)) and not all(each.is_integer() for each in numbers):
            return self.objective.but(problem="regression")
        return self.objective

    def classes(self, examples: Sequence[Any]) -> tuple[str, ...]:
        if self.objective.problem == "regression":
            return ()
        return class_order(name for each in examples for name in _names(each.label))

    def weighted(
        self, examples: Sequence[Any], classes: Sequence[str], weights: Mapping[str, float] | None
    ) -> s.TextClasses:
        counts = Counter(name for each in examples for name in _names(each.label))
        return self.objective.but(weights=class_weights(counts, classes, weights))

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        rows = self.learnable(examples)
        labels = [self._label(each.label, config.classes, each.document) for each in rows]
        if config.shuffled:
            labels = [labels[i] for i in generator(config.seed, 2).permutation(len(labels))]
        tokenizer = config.required_tokenizer
        texts = [(each.first, each.second) if isinstance(each, ComparedTexts) else each.text for each in rows]
        return Listed(
            [LabelledRow(read, label) for (read,), label in zip(tokenizer.read(texts, config.length), labels)]
        )

    def _label(self, label: str | tuple[str, ...], classes: Sequence[str], where: str) -> int | float | tuple[int, ...]:
        match self.objective.problem:
            case "multi_label_classification":
                return tuple(int(each in _names(label)) for each in classes)
            case "regression":
                if isinstance(label, str) and math.isfinite(number := _number(label)):
                    return number
                raise DataError(f"{where}: its label is {label!r}; a finite number is needed")
            case _:
                if isinstance(label, str) and label in classes:
                    return classes.index(label)
                raise DataError(f"{where}: its label is {label!r}; allowed: {', '.join(classes)}")

    # ------------------------------------------------------------ batch and loss

    def prepare(self, rows: Sequence[LabelledRow], random: Sequence[Random], setting: Setting) -> Batch:
        inputs = read_whole(setting.model, [row.read for row in rows], setting.required_vocab_ids.ids.get("pad", 0))
        labels = torch.tensor([row.label for row in rows])
        return Batch(inputs, {"labels": labels}, {"classes": len(rows)}, sum(len(row.read.ids) for row in rows))

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        labels, scores = batch.targets["labels"], model(**batch.inputs).logits.float()
        weights = torch.tensor(self.objective.weights, device=scores.device) if self.objective.weights else None
        total, measured, number = self._judged(scores, labels, weights), {}, len(labels)
        if self.objective.problem == "single_label_classification":
            measured["accuracy"] = LossTerm((scores.argmax(-1) == labels).sum(), number)
        return Loss({"classes": LossTerm(total, number)}, measured)

    def _judged(self, scores: Tensor, labels: Tensor, weights: Tensor | None) -> Tensor:
        match self.objective.problem:
            case "regression":
                return (scores[:, 0] - labels.float()).square().sum()
            case "multi_label_classification":
                found = binary_cross_entropy_with_logits(scores, labels.float(), weights, reduction="none")
                return found.mean(-1).sum()
            case _:
                return cross_entropy(scores, labels, weights, reduction="sum")

    # ------------------------------------------------------------ how it is judged

    @property
    def needs(self) -> tuple[str, ...]:
        return ("torchmetrics",)

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """The classes' frequencies, or the mean of the numbers."""
        labels, others = (np.array([row.label for row in each.rows], float) for each in (trained, held_out))
        if self.objective.problem == "regression":
            return {"loss": float(((others - labels.mean()) ** 2).mean())}
        if labels.ndim > 1:
            p = (labels.sum(0) + 1) / (len(labels) + 2)
            return {"loss": float(-(others * np.log(p) + (1 - others) * np.log(1 - p)).mean())}
        counts = np.bincount(labels.astype(int), minlength=int(others.max()) + 1) + 1.0
        right = float((others == counts.argmax()).mean())
        return {"loss": float(-np.log(counts / counts.sum())[others.astype(int)].mean()), "accuracy": right}

    def _scored(self, ready: Ready, sample: Sample) -> Iterator[tuple[Tensor, Tensor]]:
        for batch in self.batches(ready, sample):
            yield ready.model(**batch.inputs).logits.float().cpu(), batch.targets["labels"].cpu()

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of texts that is right, against the most frequent class."""
        if self.objective.problem != "single_label_classification":
            raise InputError(f"problem is '{self.objective.problem}': a share of right classes is not measured")
        found = [*self._scored(ready, sample)]
        guesses = [guess for scores, _ in found for guess in scores.argmax(-1).tolist()]
        labels = [label for _, each in found for label in each.tolist()]
        return share("accuracy", "the most frequent class", guesses, labels, margin=0.05)

    def metrics(self, ready: Ready, sample: Sample) -> dict[str, float]:
        found = [*self._scored(ready, sample)]
        scores, labels = (torch.cat([each[i] for each in found]) for i in (0, 1))
        return classification(scores, labels, self.objective.problem)


def class_order(names: Iterator[str]) -> tuple[str, ...]:
    """Names of classes, each once: by number where all are integers, else in the order of the alphabet."""
    found = {*names}
    whole = all(each.lstrip("-").isdecimal() for each in found)
    return tuple(sorted(found, key=int) if whole else sorted(found))


def class_weights(
    counts: Mapping[str, int], classes: Sequence[str], weights: Mapping[str, float] | None
) -> tuple[float, ...]:
    """A weight for each class: those given, 1 for the others; None: the rarer, the more, their mean over the data 1.

    Raises:
        InputError: for a class that the data lack.
    """
    if weights is None:
        total = sum(counts[each] for each in classes)
        return tuple(total / (len(classes) * max(1, counts[each])) for each in classes)
    if unknown := [each for each in weights if each not in classes]:
        raise InputError(f"class weights name '{unknown[0]}'; the classes are {', '.join(classes)}")
    return tuple(float(weights.get(each, 1.0)) for each in classes)


def _names(label: str | tuple[str, ...]) -> tuple[str, ...]:
    return (label,) if isinstance(label, str) else label


def _number(label: object) -> float:
    try:
        return float(label)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan
