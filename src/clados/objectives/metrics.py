"""Metrics of fine-tuned models, by the libraries that papers compute them with; the extra ``finetune`` brings these."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec

import torch
from torch import Tensor

from clados.errors import MissingPackageError, how_to_install


def check_installed(packages: Iterable[str]) -> None:
    """Refuse a run whose metrics need what is not installed.

    Raises:
        MissingPackageError: with the line that installs it.
    """
    for name in packages:
        if find_spec(name) is None:
            raise MissingPackageError(f"this is measured by {name}, which is not installed and {how_to_install(name)}")


def classification(scores: Tensor, labels: Tensor, problem: str) -> dict[str, float]:
    """Accuracy, the mean F1 of classes and Matthews' correlation; of numbers Pearson's and Spearman's correlation.

    Args:
        scores: [texts, classes]; labels: [texts], or for classes that do not exclude each other [texts, classes].
    """
    from torchmetrics import functional as f

    if problem == "regression":
        first, numbers = scores[:, 0], labels.float()
        found = {"mean_squared_error": f.mean_squared_error(first, numbers)}
        if len(labels) > 1:
            found |= {"pearson": f.pearson_corrcoef(first, numbers), "spearman": f.spearman_corrcoef(first, numbers)}
        return _numbers(found)
    classes = scores.size(-1)
    if problem == "multi_label_classification":
        given = scores.sigmoid(), labels.long(), classes
        return _numbers(
            {
                "accuracy": f.classification.multilabel_exact_match(*given),
                "f1_micro": f.classification.multilabel_f1_score(*given, average="micro"),
                "f1_macro": f.classification.multilabel_f1_score(*given, average="macro"),
            }
        )
    many = scores, labels, classes
    return _numbers(
        {
            "accuracy": f.classification.multiclass_accuracy(*many, average="micro"),
            "f1_macro": f.classification.multiclass_f1_score(*many, average="macro"),
            "matthews": f.classification.multiclass_matthews_corrcoef(*many),
        }
    )


def tagging(predicted: Sequence[Sequence[str]], tags: Sequence[Sequence[str]]) -> dict[str, float]:
    """Precision, recall and F1 of the entities that the tags mark, and the share of words whose tag is right."""
    from seqeval import metrics

    rows = [*map(list, tags)], [*map(list, predicted)]
    marked = any(tag[:2] in ("B-", "I-", "S-", "E-") for row in tags for tag in row)
    found = {"accuracy": float(metrics.accuracy_score(*rows))}
    if marked:
        names = {"precision": metrics.precision_score, "recall": metrics.recall_score, "f1": metrics.f1_score}
        found |= {name: float(score(*rows, zero_division=0)) for name, score in names.items()}
    return found


def answers(predicted: Sequence[str], right: Sequence[Sequence[str]]) -> dict[str, float]:
    """SQuAD's exact match and F1 over words, of 100 (Rajpurkar et al. 2016, §6.1)."""
    from torchmetrics.functional.text import squad

    said = [{"prediction_text": each, "id": str(i)} for i, each in enumerate(predicted)]
    wanted = [
        {"answers": {"answer_start": [0] * len(each or [""]), "text": [*each] or [""]}, "id": str(i)}
        for i, each in enumerate(right)
    ]
    return _numbers(squad(said, wanted))  # type: ignore[arg-type]


def writing(predicted: Sequence[str], right: Sequence[str]) -> dict[str, float]:
    """BLEU and chrF as sacrebleu counts them, and ROUGE's F1, all of 100."""
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu import corpus_bleu, corpus_chrf

    found = {
        "bleu": float(corpus_bleu([*predicted], [[*right]]).score),
        "chrf": float(corpus_chrf([*predicted], [[*right]]).score),
    }
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    rows = [scorer.score(wanted, said) for said, wanted in zip(predicted, right, strict=True)]
    means = {name: 100 * sum(row[name].fmeasure for row in rows) / len(rows) for name in rows[0]}
    return found | {name.lower(): float(value) for name, value in means.items()}


def _numbers(found: Mapping[str, Tensor]) -> dict[str, float]:
    return {name: float(torch.as_tensor(value)) for name, value in found.items()}
