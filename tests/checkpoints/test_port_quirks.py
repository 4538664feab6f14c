"""What single ports of transformers do otherwise than their papers: the numbers of transformers 5.23.0's own models."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

import clados.nn
from clados import from_pretrained, save_pretrained, spec as s
from clados.checkpoints.errors import OwnNames
from clados.data.examples import Captioned
from clados.models.declared import declared
from clados.train.fitting import tokenizer_for

SMALL = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}


def randomised(model: Any) -> Any:
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    return model.eval()


# An eos_token_id of 2, which OpenAI's files have, means: read at input_ids.argmax() (modeling_clip.py); other ids mean
# the first such token.
@pytest.mark.parametrize(("eos", "vocabulary"), [(2, 49_410), (49_407, 49_410), (2, 99)])
@pytest.mark.parametrize("ids", [[60, 5, 97], [60, 5, 98, 6, 97], [60, 97, 5, 97]])
def test_clip_reads_a_text_at_its_highest_id_or_at_its_end(
    eos: int, vocabulary: int, ids: list[int], tmp_path: Path
) -> None:
    if vocabulary > 99:
        ids = [each + 49_310 if each > 59 else each for each in ids]
    text = {"vocab_size": vocabulary, "eos_token_id": eos, "bos_token_id": 0, "pad_token_id": 1, **SMALL}
    config = transformers.CLIPConfig(
        text_config=text, vision_config={"image_size": 32, "patch_size": 16, **SMALL}, projection_dim=8
    )
    theirs = randomised(transformers.CLIPModel(config))
    theirs.save_pretrained(tmp_path / "theirs")
    ours: Any = from_pretrained(tmp_path / "theirs")
    save_pretrained(ours, tmp_path / "ours")
    back = transformers.CLIPModel.from_pretrained(tmp_path / "ours")
    given = torch.tensor([ids])
    with torch.no_grad():
        expected = theirs(input_ids=given, pixel_values=torch.zeros(1, 3, 32, 32)).text_embeds
        assert (ours(input_ids=given).text_embeds - expected).abs().max() < 2e-5
        assert (back(input_ids=given, pixel_values=torch.zeros(1, 3, 32, 32)).text_embeds - expected).abs().max() < 2e-5
    assert from_pretrained(tmp_path / "ours").spec == ours.spec
    said = json.loads((tmp_path / "ours" / "config.json").read_text(encoding="utf-8"))["text_config"]
    assert "read_at" not in said
    assert said["eos_token_id"] == eos


# The port adds row 0 of a table of n_positions rows to every token (modeling_decision_transformer.py).
@pytest.mark.parametrize("rows", [1, 64, 1024, 1500])
def test_a_decision_transformer_may_have_any_number_of_positions(rows: int, tmp_path: Path) -> None:
    small = {"state_dim": 3, "act_dim": 2, "hidden_size": 16, "n_layer": 1, "n_head": 2, "max_ep_len": 20}
    config = transformers.DecisionTransformerConfig(n_positions=rows, **small)
    theirs = randomised(transformers.DecisionTransformerModel(config))
    theirs.save_pretrained(tmp_path)
    file = tmp_path / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"n_ctx": rows}))
    read = {"states": torch.randn(1, 4, 3), "actions": torch.randn(1, 4, 2), "returns_to_go": torch.randn(1, 4, 1)}
    read |= {"timesteps": torch.arange(4)[None], "attention_mask": torch.ones(1, 4)}
    with torch.no_grad():
        ours = from_pretrained(tmp_path)(**read).action_preds
        expected = theirs(rewards=torch.zeros(1, 4, 1), **read).action_preds
    assert (ours - expected).abs().max() < 2e-5


def test_clip_that_reads_at_an_end_of_id_2_is_not_written_as_files_of_2021_are(tmp_path: Path) -> None:
    text = s.but(inputs=s.but(vocab=s.but(size=97, pad=0, bos=1, eos=2)))
    made = clados.nn.build(s.tiny(declared("clip").model.but(text=text)))
    with pytest.warns(OwnNames):
        save_pretrained(made, tmp_path)
    assert from_pretrained(tmp_path).spec == made.spec
    tokenizer = tokenizer_for(declared("clip").model, [Captioned("a", np.zeros((1, 1, 3), np.uint8), ("a cat",))], 300)
    assert tokenizer
    assert tokenizer.ids == {"pad": 0, "eos": 1, "bos": 2}
