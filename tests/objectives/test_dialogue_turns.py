"""All turns of a dialogue are one text, the end of text behind each (Zhang et al. 2019, DialoGPT, §3.1)."""

import json
from pathlib import Path

import pytest
import torch

import clados
from clados import spec as s
from clados.data import Dialogue, train_tokenizer
from clados.data.packing import generator
from clados.data.roles import GPT2_ROLES
from clados.models.declared import declared
from clados.objectives import Setting, SourceConfig, VocabIds, task
from tests.train.small import NOUNS, choices

SAID = ("Hello there.", "Hello, you.", "How are you?", "I am a cat.")
DIALOGUE = Dialogue("one", tuple(zip(("user", "assistant") * 2, SAID)))


@pytest.mark.parametrize("number", [2, 3, 4])
@pytest.mark.parametrize("backwards", [False, True])
def test_every_turn_counts_and_the_end_of_text_stands_behind_each(backwards: bool, number: int) -> None:
    """The last one too where nobody answers it: of three turns the third answers the second (§3.1)."""
    tokenizer = train_tokenizer([*SAID], "bytes", 300, GPT2_ROLES)
    one = task(s.DialogueTurns(backwards=backwards))
    dialogue = Dialogue("one", DIALOGUE.messages[:number])
    source = one.source([dialogue], SourceConfig(200, tokenizer=tokenizer, writes="continues"))
    assert len(source) == 1
    turns = SAID[:number][::-1] if backwards else SAID[:number]
    whole = tokenizer.encode("".join(each + "<|endoftext|>" for each in turns), add_special_tokens=False)
    assert source.at(0).row.ids.tolist() == whole
    model = declared("gpt-2").model
    batch = one.prepare([source.at(0)], [generator(0)], Setting(model, 200, VocabIds.of(tokenizer)))
    assert batch.targets["labels"].tolist() == whole[1:]
    assert batch.weights == {"lm": len(whole) - 1}


def test_both_models_of_the_paper_learn_so() -> None:
    forward = declared("dialogpt").recipe.stages[0].objective
    backward = declared("dialogpt").recipe_at("medium").stages[0].objective
    assert (forward, backward) == (s.DialogueTurns(), s.DialogueTurns(backwards=True))


def test_it_is_trained_on_dialogues_and_chats(tmp_path: Path) -> None:
    rows = [[("user", f"Who is the {noun}?"), ("assistant", f"The {noun} is me.")] for noun in NOUNS for _ in range(3)]
    lines = [json.dumps({"messages": [{"role": r, "content": c} for r, c in row]}) for row in rows]
    (tmp_path / "talk.jsonl").write_text("\n".join(lines), encoding="utf-8")
    model = tmp_path / "model"
    result = clados.pretrain(
        choices(tmp_path / "talk.jsonl", "gpt-2", objective="dialogue-turns", steps=16, length=40, lr=5e-3), model
    )
    assert result.held_out[-1]["loss"] < result.held_out[0]["loss"] - 0.5
    torch.manual_seed(0)
    assert "<|endoftext|>" not in clados.chat(model, "Who is the cat?", max_new_tokens=8)
    template = json.loads((model / "tokenizer_config.json").read_text(encoding="utf-8")).get("chat_template")
    assert template is None or "endoftext" in template
