"""fairseq's RoBERTa checkpoints of every year: the numbers of transformers 5.23.0's model with the same tensors.

Names: fairseq/models/roberta/model.py and fairseq/modules/multihead_attention.py (upgrade_state_dict_named);
``cfg`` in place of ``args``: facebookresearch/fairseq#2812, #2838.
"""

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from clados import from_pretrained
from clados.checkpoints import CheckpointError, LayoutError

Held = dict[str, Tensor]
SIZE = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
SAID: dict[str, Any] = {
    "arch": "roberta_base", "encoder_embed_dim": 32, "encoder_layers": 2, "encoder_attention_heads": 4,
    "encoder_ffn_embed_dim": 64, "activation_fn": "gelu", "dropout": 0.1, "attention_dropout": 0.1,
    "activation_dropout": 0.0, "lr": [0.0005], "optimizer": "adam", "update_freq": [16],
}  # fmt: skip
NAMES = (
    ("roberta.embeddings.word_embeddings", "encoder.sentence_encoder.embed_tokens"),
    ("roberta.embeddings.position_embeddings", "encoder.sentence_encoder.embed_positions"),
    ("roberta.embeddings.LayerNorm", "encoder.sentence_encoder.layernorm_embedding"),
    ("roberta.encoder.layer", "encoder.sentence_encoder.layers"),
    ("attention.self.query", "self_attn.q_proj"),
    ("attention.self.key", "self_attn.k_proj"),
    ("attention.self.value", "self_attn.v_proj"),
    ("attention.output.dense", "self_attn.out_proj"),
    ("attention.output.LayerNorm", "self_attn_layer_norm"),
    ("intermediate.dense", "fc1"),
    ("output.dense", "fc2"),
    ("output.LayerNorm", "final_layer_norm"),
    ("lm_head", "encoder.lm_head"),
)


def reference(act: str = "gelu") -> Any:
    config = transformers.RobertaConfig(
        vocab_size=50, max_position_embeddings=34, layer_norm_eps=1e-5, type_vocab_size=1, hidden_act=act, **SIZE
    )
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        model = transformers.RobertaForMaskedLM(config).eval()
        for each in model.parameters():
            each.add_(0.1 * torch.randn(each.shape))
        model.roberta.embeddings.token_type_embeddings.weight.zero_()
    return model


def tensors(model: Any) -> Held:
    """As fairseq names them since 2021."""
    held = {}
    for name, tensor in model.state_dict().items():
        if "token_type" in name or "decoder" in name or "position_ids" in name:
            continue
        for theirs, fairseq in NAMES:
            name = name.replace(theirs, fairseq)
        held[name] = tensor.clone()
    table = held["encoder.sentence_encoder.embed_tokens.weight"]
    return held | {"encoder.lm_head.weight": table, "encoder.sentence_encoder.version": torch.tensor([3.0])}


def of_2020(held: Held) -> Held:
    """The body was a decoder, its first norm emb_layer_norm."""
    held = {name.replace("layernorm_embedding", "emb_layer_norm"): each for name, each in held.items()}
    return {re.sub("^encoder", "decoder", name): each for name, each in held.items() if "version" not in name}


def of_2019(held: Held) -> Held:
    """Queries, keys and values in one matrix."""
    held = of_2020(held)
    for i in range(2):
        place = f"decoder.sentence_encoder.layers.{i}.self_attn."
        for kind in ("weight", "bias"):
            held[f"{place}in_proj_{kind}"] = torch.cat([held.pop(f"{place}{each}_proj.{kind}") for each in "qkv"])
    return held


def same(held: Held) -> Held:
    return held


def with_args(held: Held, **said: Any) -> dict[str, Any]:
    return {"args": argparse.Namespace(**SAID | said), "model": held, "extra_state": {"epoch": 3}}


def with_cfg(held: Held, **said: Any) -> dict[str, Any]:
    return {"args": None, "cfg": {"model": SAID | {"_name": "roberta_base"} | said, "task": {}}, "model": held}


def with_namespace_in_cfg(held: Held, **said: Any) -> dict[str, Any]:
    return {"args": None, "cfg": {"model": argparse.Namespace(**SAID | said)}, "model": held}


def apart(ours: Any, theirs: Any) -> float:
    ids = torch.arange(4, 24)[None]
    with torch.no_grad():
        return float((ours(input_ids=ids).logits - theirs(ids).logits).abs().max())


@pytest.mark.parametrize("year", [of_2019, of_2020, same])
@pytest.mark.parametrize("said", [with_args, with_cfg, with_namespace_in_cfg])
def test_checkpoints_of_every_year_give_the_same_model(
    year: Callable[[Held], Held], said: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    theirs = reference()
    torch.save(said(year(tensors(theirs))), tmp_path / "model.pt")
    ours = from_pretrained(tmp_path / "model.pt", allow_pickle=True)
    assert apart(ours, theirs) < 2e-5
    assert not ours.report.notes


def test_the_activation_is_the_head_s_too(tmp_path: Path) -> None:
    theirs = reference("relu")
    torch.save(with_args(tensors(theirs), activation_fn="relu"), tmp_path / "model.pt")
    ours: Any = from_pretrained(tmp_path / "model.pt", allow_pickle=True)
    ids, head = torch.arange(4, 24)[None], theirs.lm_head  # transformers' own has gelu there, whatever the config says
    with torch.no_grad():
        expected = head.decoder(head.layer_norm(head.dense(theirs.roberta(ids)[0]).relu()))
        assert (ours(ids).logits - expected).abs().max() < 2e-5


def test_registered_heads_are_named(tmp_path: Path) -> None:
    heads = {f"classification_heads.{name}.out_proj.weight": torch.zeros(3, 32) for name in ("mnli", "rte")}
    torch.save(with_args({**tensors(reference()), **heads}), tmp_path / "model.pt")
    ours = from_pretrained(tmp_path / "model.pt", allow_pickle=True)
    assert ours.report.notes == ("registered heads are not read: mnli, rte",)


def test_an_argument_that_nothing_read_before_2021_means_nothing_there(tmp_path: Path) -> None:
    theirs = reference()
    torch.save(with_args(of_2020(tensors(theirs)), encoder_normalize_before=True), tmp_path / "model.pt")
    assert apart(from_pretrained(tmp_path / "model.pt", allow_pickle=True), theirs) < 2e-5


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("encoder_normalize_before", True),
        ("layernorm_embedding", False),
        ("encoder_learned_pos", False),
        ("no_token_positional_embeddings", True),
        ("no_scale_embedding", False),
        ("untie_weights_roberta", True),
        ("encoder_layers_to_keep", "0,1"),
        ("quant_noise_scalar", 0.5),
        ("activation_fn", "tanh"),
    ],
)
def test_arguments_that_change_what_is_computed_are_refused(key: str, value: object, tmp_path: Path) -> None:
    torch.save(with_cfg(tensors(reference()), **{key: value}), tmp_path / "model.pt")
    with pytest.raises(LayoutError, match=rf"model\.pt: '{key}' is {value!r}"):
        from_pretrained(tmp_path / "model.pt", allow_pickle=True)


class Config:
    """Stands for a class of omegaconf: what is pickled is its name, and it is never made."""


@pytest.mark.parametrize(
    "whole",
    [
        {"args": None, "cfg": None, "model": {}},
        {"args": argparse.Namespace(arch="roberta_base")},
        {"args": None, "cfg": Config(), "model": {}},
        {"args": argparse.Namespace(arch=3), "model": {}},
        {"args": None, "cfg": {"model": [1]}, "model": {}},
        {"args": argparse.Namespace(**SAID), "model": {"decoder.x.in_proj_weight": torch.zeros(4, 2)}},
        [1, 2],
    ],
)
def test_other_pickles_are_refused_in_one_line(whole: Any, tmp_path: Path) -> None:
    torch.save(whole, tmp_path / "model.pt")
    with pytest.raises(CheckpointError, match=r"model\.pt") as caught:
        from_pretrained(tmp_path / "model.pt", allow_pickle=True)
    assert "\n" not in str(caught.value)
