"""The losses that models learn by are those that transformers' classes give for the same labels."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from clados import spec as s
from clados.models.declared import declared
from clados.objectives import Batch, task
from clados.proofs.file_references import Transformers
from clados.proofs.parity import TOLERANCE, Case, cases

# One card for each of their classes.
WORDS = [
    "bert",
    "albert",
    "roberta",
    "distilbert",
    "deberta",
    "big-bird",
    "xlm-roberta",
    "megatron",
    "xlnet",
    "gpt",
    "gpt-2",
    "gpt-neo",
    "gpt-j",
    "gpt-neox-20b",
    "ctrl",
    "opt",
    "bloom",
    "mpt-7b",
    "llama",
    "transformer",
    "bart",
    "mbart",
    "pegasus",
    "blenderbot3",
    "t5",
    "t5-v1.1",
    "switch",
]
UNREAD = -100  # a label that is not counted
PAIRS = {"seq_relationship_logits": "next_sentence_label", "sop_logits": "sentence_order_label"}


def theirs(every: list[Case], output: str = "logits") -> Iterator[Transformers]:
    """The comparisons with their classes that give this."""
    for case in every:
        heads = getattr(case.reference.model, "heads", ())
        if isinstance(case.reference, Transformers) and (not heads or any(head.output == output for head in heads)):
            yield case.reference


def labelled(model: s.Model, read: Mapping[str, Tensor]) -> Tensor:
    """A label for each place: the next word, the word itself for some, or a word that is to be written there."""
    draw = torch.Generator().manual_seed(17)
    ids = read["input_ids"]
    if isinstance(model, s.EncoderDecoder | s.Permuted):
        asked = read["decoder_input_ids"] if "decoder_input_ids" in read else read["target_mapping"][..., 0]
        return torch.randint(0, model.written_vocab.size, asked.shape, generator=draw)
    keep = read.get("attention_mask", torch.ones_like(ids)).bool()
    if isinstance(model, s.Decoder):
        begun = torch.cat([torch.zeros_like(keep[:, :1]), keep[:, :-1]], 1)
        return ids.masked_fill(~(keep & begun), UNREAD)
    return ids.masked_fill(~(keep & (torch.rand(ids.shape, generator=draw) < 0.4)), UNREAD)


def pairs(reference: Transformers, outputs: Mapping[str, Tensor]) -> dict[str, tuple[str, Tensor]]:
    """Our scores of pairs: by the argument of their class that takes labels for them, and the labels."""
    known = inspect.signature(reference.kind.forward).parameters
    found = {}
    for output, name in PAIRS.items():
        if output in outputs:
            named = name if name in known else "next_sentence_label"
            found[output] = named, torch.arange(len(outputs[output])) % 2
    return found


def agree(ours: Any, given: Any) -> None:
    """Within the tolerance of the proof of parity."""
    assert abs(float(ours) - float(given)) <= TOLERANCE * abs(float(given)), (float(ours), float(given))


@torch.no_grad()
@pytest.mark.parametrize("card", WORDS)
def test_the_loss_of_words_is_theirs(card: str) -> None:
    with cases(card, declared(card), usual=True) as every:
        references = [*theirs(every)]
        assert references
        for reference in references:
            model: Any = reference.filled(reference.model)
            read = {name: each for name, each in reference.inputs.items() if name != "mems"}
            labels = labelled(reference.model, read)
            x, wanted = model.states(**read), labels
            if isinstance(reference.model, s.Decoder):
                x, wanted = x[:, :-1], labels[:, 1:]
            there = wanted != UNREAD
            ours = model.heads["lm"].nll(x[there], wanted[there], model.written_inputs) / there.sum()
            outputs = model(**read)
            told = pairs(reference, outputs)
            ours += sum(cross_entropy(outputs[output], label) for output, (_, label) in told.items())
            given = dict(told.values()) | {"labels": labels}
            agree(ours, reference.module(**read, **given, return_dict=True).loss)


@torch.no_grad()
def test_the_loss_of_replaced_tokens_is_theirs() -> None:
    with cases("electra", declared("electra"), usual=True) as every:
        references = [each for each in theirs(every) if each.architecture == "ElectraForPreTraining"]
        assert references
        for reference in references:
            read = reference.inputs
            labels, keep = read["input_ids"] % 2, read["attention_mask"].bool()
            found: Any = reference.filled(reference.model)
            ours = binary_cross_entropy_with_logits(found(**read).logits[keep], labels[keep].float())
            agree(ours, reference.module(**read, labels=labels, return_dict=True).loss)


@torch.no_grad()
@pytest.mark.parametrize(("card", "objective"), [("vit", s.ImageClasses()), ("clip", s.Contrastive())])
def test_the_loss_of_images_is_theirs(card: str, objective: s.Objective) -> None:
    with cases(card, declared(card), usual=True) as every:
        references = [*theirs(every)]
        assert references
        for reference in references:
            read = reference.inputs
            labels = torch.arange(len(read["pixel_values"]))
            batch = Batch(read, {"labels": labels}, {}, 0)
            given = {"labels": labels} if card == "vit" else {"return_loss": True}
            wanted = reference.module(**read, **given, return_dict=True).loss
            agree(task(objective).loss(reference.filled(reference.model), batch).mean, wanted)  # type: ignore[arg-type]
