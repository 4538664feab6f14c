"""Adapters in PEFT's layout: PEFT loads ours, we load PEFT's, and the outputs are the same."""

import json
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
import transformers

from clados.apply.classify import classify
from clados.checkpoints import CheckpointError, from_pretrained, reading
from clados.cli.frame import run_command_line
from clados.errors import InputError
from clados.train.finetune import Tuned, finetune
from tests.apply.little import written
from tests.train.test_finetune import lines, rows

IDS = torch.arange(5, 17)[None]
TOLERANCE = 1e-6
CLASSES = ["minus", "plus", "zero"]


def tuned(folder: Path, card: str, **more: Any) -> Path:
    """The adapter of a tiny model that tells three classes apart, and its model in ``folder / card``."""
    written(card, folder / card)
    data = lines(folder / "data.jsonl", [{**row, "label": CLASSES[i % 3]} for i, row in enumerate(rows(40))])
    usual: dict[str, Any] = {"lora": 4, "lr": 3e-3, "steps": 4, "batch": 8, "length": 24}
    made = Tuned(start=str(folder / card), task="classify", data=str(data), **(usual | more))
    finetune(made, folder / "adapter")
    return folder / "adapter"


def theirs(base: Path, classes: int = 3) -> Any:
    """The model of a directory in transformers, ready for an adapter."""
    torch.manual_seed(0)
    return transformers.AutoModelForSequenceClassification.from_pretrained(base, num_labels=classes)


def logits(model: Any, ids: torch.Tensor = IDS) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(ids).logits
        return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("card", "on"),
    [
        ("bert", ("q", "v")),
        ("roberta", ("q", "k", "v", "out", "up", "down")),
        ("gpt-2", ("q", "v")),  # two of three outputs of a product that they keep whole, and as [in, out]
        ("gpt-2", ("out",)),
        ("llama", ("q", "k", "v")),  # rows in another order
    ],
    ids=lambda each: each if isinstance(each, str) else ",".join(each),
)
def test_peft_gives_what_we_give(tmp_path: Path, card: str, on: tuple[str, ...]) -> None:
    """Right: the outputs of peft 0.21.2 on transformers 5.23.0."""
    folder = tuned(tmp_path, card, on=on)
    assert not (folder / "model.safetensors").exists()
    ours = from_pretrained(folder)
    assert ours.report.verdict.startswith("whole")
    both: Any = peft.PeftModel.from_pretrained(theirs(tmp_path / card), folder).eval()
    expected = logits(both)
    own = ours(IDS)
    assert (own.logits - expected).abs().max() <= TOLERANCE
    assert (expected - logits(theirs(tmp_path / card))).abs().max() > 1e-4
    assert (logits(both.merge_and_unload()) - expected).abs().max() <= TOLERANCE
    if card == "bert":  # transformers reads the directory by itself, and so do the commands
        alone: Any = transformers.AutoModelForSequenceClassification.from_pretrained(folder, num_labels=3).eval()
        assert (logits(alone) - expected).abs().max() <= TOLERANCE
        assert {each.label for each in classify(folder, "The dog is warm.")[0]} == {*CLASSES}
        assert run_command_line(["merge", str(folder), "--out", str(tmp_path / "merged")]) == 0
        merged: Any = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "merged").eval()
        assert (logits(merged) - expected).abs().max() <= TOLERANCE
        assert [merged.config.id2label[number] for number in range(3)] == sorted(CLASSES)
        assert classify(tmp_path / "merged", "The dog is warm.")[0] == classify(folder, "The dog is warm.")[0]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "more", [{}, {"use_rslora": True}, {"rank_pattern": {"query": 5}, "alpha_pattern": {"query": 3}}]
)
@pytest.mark.parametrize("card", ["bert", "gpt-2"])
def test_we_give_what_peft_gives(tmp_path: Path, card: str, more: dict[str, Any]) -> None:
    """Adapters that peft 0.21.2 wrote, of another rank than alpha, on products that we fuse."""
    written(card, tmp_path / card)
    names = ["query", "key", "output.dense"] if card == "bert" else ["c_attn", "c_proj"]
    how: dict[str, Any] = {"r": 3, "lora_alpha": 7, "init_lora_weights": False, "target_modules": names, **more}
    how |= {"modules_to_save": ["pooler", "classifier"]} if card == "bert" else {"fan_in_fan_out": True}
    config = peft.LoraConfig(task_type="SEQ_CLS", **how)
    both: Any = peft.get_peft_model(theirs(tmp_path / card), config).eval()
    both.save_pretrained(tmp_path / "adapter")
    ours = from_pretrained(tmp_path / "adapter")
    assert not [note for note in ours.report.notes if "adapter" in note]
    assert (ours(IDS).logits - logits(both)).abs().max() <= TOLERANCE
    (tmp_path / card).rename(tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match=r"which is no directory here; base= \(--base\) names it"):
        from_pretrained(tmp_path / "adapter")
    with reading(base=tmp_path / "elsewhere"):
        assert torch.equal(from_pretrained(tmp_path / "adapter")(IDS).logits, ours(IDS).logits)


@pytest.mark.filterwarnings("ignore")
def test_classes_are_those_of_the_adapter_or_else_of_its_model(tmp_path: Path) -> None:
    """PEFT writes no names of classes; an adapter of another number of classes does not get its model's."""
    folder = tuned(tmp_path, "bert", lora=None)
    for classes in (3, 2):
        base: Any = transformers.AutoModelForSequenceClassification.from_pretrained(
            folder, num_labels=classes, ignore_mismatched_sizes=True
        )
        peft.get_peft_model(base, peft.LoraConfig(task_type="SEQ_CLS", target_modules=["query"])).save_pretrained(
            tmp_path / "theirs"
        )
        named = {each.label for each in classify(tmp_path / "theirs", "The dog is warm.")[0]}
        assert named == ({*CLASSES} if classes == 3 else {"0", "1"})
        assert run_command_line(["merge", str(tmp_path / "theirs"), "--out", str(tmp_path / f"{classes}")]) == 0
        read: Any = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / f"{classes}")
        assert read.config.num_labels == classes


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"peft_type": "IA3"}, r'peft_type is "IA3".*allowed: LORA'),
        ({"use_dora": True}, r"use_dora is true.*only W \+ s B A is"),
        ({"lora_alpha": "much"}, 'lora_alpha is "much"'),
    ],
)
def test_an_adapter_that_is_not_computed_is_refused(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    folder = tuned(tmp_path, "bert")
    file = folder / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changed))
    with pytest.raises(CheckpointError, match=message):
        from_pretrained(folder)


def test_no_adapter_is_put_on_another_and_none_is_written_that_peft_does_not_read(tmp_path: Path) -> None:
    folder = tuned(tmp_path, "bert")
    again = Tuned(start=str(folder), task="classify", data=str(tmp_path / "data.jsonl"), lora=2, steps=1)
    with pytest.raises(InputError, match="it is an adapter itself"):
        finetune(again, tmp_path / "again")
    assert run_command_line(["merge", str(tmp_path / "bert"), "--out", str(tmp_path / "merged")]) == 2
    assert not (tmp_path / "merged").exists()
