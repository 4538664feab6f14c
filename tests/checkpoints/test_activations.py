"""One key of a config, several words of ours: the activation of the layers, and of the heads that take it too."""

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as t
from transformers.activations import ACT2FN

from clados import spec as s
from clados.checkpoints import from_pretrained, save_pretrained
from clados.layouts.hf import ACTIVATIONS
from clados.nn.activations import ACTS

SMALL: dict[str, Any] = {"vocab_size": 60, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1}
SMALL |= {"num_attention_heads": 2, "max_position_embeddings": 32}
FIRST: dict[str, Any] = {"type_vocab_size": 0, "relative_attention": True, "position_biased_input": False}
FIRST |= {"pos_att_type": ["c2p", "p2c"]}
SECOND = FIRST | {"norm_rel_ebd": "layer_norm", "share_att_key": True, "position_buckets": 16}
DISTIL: dict[str, Any] = {"vocab_size": 60, "dim": 32, "hidden_dim": 64, "n_layers": 1, "n_heads": 2}
# class: its config, more words, and whether its head follows the key (transformers 5.23.0, each modeling file)
KINDS: dict[str, tuple[Any, dict[str, Any], bool]] = {
    "BertForMaskedLM": (t.BertConfig, SMALL, True),
    "BigBirdForMaskedLM": (t.BigBirdConfig, SMALL | {"block_size": 4, "num_random_blocks": 1}, True),
    "DebertaForMaskedLM": (t.DebertaConfig, SMALL | FIRST, True),
    "DebertaV2ForMaskedLM": (t.DebertaV2Config, SMALL | SECOND, True),
    "AlbertForMaskedLM": (t.AlbertConfig, SMALL | {"embedding_size": 16}, True),
    "MegatronBertForMaskedLM": (t.MegatronBertConfig, SMALL, True),
    "DistilBertForMaskedLM": (t.DistilBertConfig, DISTIL, True),
    "ElectraForPreTraining": (t.ElectraConfig, SMALL | {"embedding_size": 16}, True),
    "ElectraForMaskedLM": (t.ElectraConfig, SMALL | {"embedding_size": 16}, False),
    "RobertaForMaskedLM": (t.RobertaConfig, SMALL | {"type_vocab_size": 1}, False),
}
IDS = torch.arange(5, 25)[None]


@pytest.mark.parametrize("act", ["relu", "gelu_new"])
@pytest.mark.parametrize("name", KINDS)
def test_the_activation_of_a_config_is_also_that_of_the_head_where_theirs_is(
    tmp_path: Path, name: str, act: str
) -> None:
    made, words, follows = KINDS[name]
    key = "activation" if name.startswith("DistilBert") else "hidden_act"
    theirs = reference(name, made(**words, **{key: act}))
    theirs.save_pretrained(tmp_path / "theirs")
    ours: Any = from_pretrained(tmp_path / "theirs")
    [slot] = (head.slot for head in ours.spec.heads if head.slot != "pooler")
    head = s.reach(ours.spec, f"heads[{slot}].{'act' if slot == 'discriminator' else 'transform'}")
    assert head == (ACTIVATIONS[act] if follows else "gelu")
    with torch.no_grad():
        right = next(iter(theirs(IDS).values()))
        assert (next(each for each in ours(IDS).values() if each.shape == right.shape) - right).abs().max() < 1e-5
        save_pretrained(ours, tmp_path / "ours")
        back = getattr(t, name).from_pretrained(tmp_path / "ours").eval()
        assert (next(iter(back(IDS).values())) - right).abs().max() < 1e-5


def reference(name: str, config: Any) -> Any:
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        made = getattr(t, name)(config).eval()
        for each in made.parameters():
            each.add_(0.3 * torch.randn(each.shape))
    return made


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_name_stands_for_the_function_that_theirs_computes(name: str) -> None:
    x = torch.linspace(-6, 6, 101)
    assert torch.allclose(ACTS[str(ACTIVATIONS[name])](x), ACT2FN[name](x), atol=2e-6)


def test_a_head_that_bends_otherwise_than_the_layers_has_no_place_in_berts_files(tmp_path: Path) -> None:
    from clados.checkpoints.mapping.detect import writable
    from clados.models.declared import declared

    small = s.tiny(declared("bert").model)
    assert writable(small).layout.model_type == "bert"
    assert writable(small.but(**s.at("heads[lm].transform", "relu"))).layout.model_type == "clados"
