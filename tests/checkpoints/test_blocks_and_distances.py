"""Published config.json of DeBERTa, BigBird and PEGASUS: each is read as the structure that it is of."""

from typing import Any

import pytest

from clados import spec as s
from clados.checkpoints.mapping.detect import detect
from clados.checkpoints.mapping.dialects import flat
from clados.models.declared import declared

DEBERTA: dict[str, Any] = {
    "attention_probs_dropout_prob": 0.1,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "initializer_range": 0.02,
    "layer_norm_eps": 1e-7,
    "max_position_embeddings": 512,
    "max_relative_positions": -1,
    "padding_idx": 0,
    "pooler_dropout": 0,
    "pooler_hidden_act": "gelu",
    "pos_att_type": "p2c|c2p",
    "position_biased_input": False,
    "relative_attention": True,
    "type_vocab_size": 0,
}
BASE = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
}
SECOND = {**DEBERTA, "model_type": "deberta-v2", "norm_rel_ebd": "layer_norm", "position_buckets": 256}
SECOND |= {"share_att_key": True, "vocab_size": 128_100}
WIDE = {
    "hidden_size": 1536,
    "intermediate_size": 6144,
    "num_attention_heads": 24,
    "num_hidden_layers": 48,
}
BLOCKS = {
    "attention_type": "block_sparse",
    "block_size": 64,
    "num_random_blocks": 3,
    "max_position_embeddings": 4096,
}
SIDES: dict[str, Any] = {
    "d_model": 1024,
    "encoder_layers": 16,
    "decoder_layers": 16,
    "num_hidden_layers": 16,
    "vocab_size": 96_103,
}
SIDES |= {"encoder_ffn_dim": 4096, "decoder_ffn_dim": 4096, "encoder_attention_heads": 16}
SIDES |= {"decoder_attention_heads": 16, "scale_embedding": True, "is_encoder_decoder": True, "dropout": 0.1}
PUBLISHED: dict[str, dict[str, Any]] = {
    "deberta:base": {**DEBERTA, **BASE, "model_type": "deberta", "vocab_size": 50_265},
    "deberta:v2-xxlarge": {**SECOND, **WIDE, "attention_head_size": 64, "conv_act": "gelu", "conv_kernel_size": 3},
    "deberta:v3-base": {**SECOND, **BASE, "pos_att_type": ["p2c", "c2p"], "pooler_hidden_size": 768},
    "deberta:mdeberta-v3-base": {**SECOND, **BASE, "vocab_size": 251_000},
    "big-bird:base": {
        **BASE,
        **BLOCKS,
        "architectures": ["BigBirdForPreTraining"],
        "model_type": "big_bird",
        "hidden_act": "gelu_new",
        "layer_norm_eps": 1e-12,
        "rescale_embeddings": False,
        "type_vocab_size": 2,
        "use_bias": True,
        "vocab_size": 50_358,
    },
    "big-bird:pegasus-large": {
        **SIDES,
        **BLOCKS,
        "architectures": ["BigBirdPegasusForConditionalGeneration"],
        "model_type": "bigbird_pegasus",
        "activation_function": "relu",
        "classifier_dropout": 0.0,
        "use_bias": False,
    },
    "pegasus:large": {
        **SIDES,
        "architectures": ["PegasusForConditionalGeneration"],
        "model_type": "pegasus",
        "activation_function": "relu",
        "activation_dropout": 0.1,
        "add_bias_logits": False,
        "add_final_layer_norm": True,
        "attention_dropout": 0.1,
        "extra_pos_embeddings": 1,
        "max_position_embeddings": 1024,
        "normalize_before": True,
        "static_position_embeddings": True,
    },
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_config_is_the_port_of_the_declared_model(name: str) -> None:
    card, _, size = name.partition(":")
    choice = detect(flat(PUBLISHED[name]))
    expected = declared(card).at(size).but(**(choice.layout.port or s.but()))
    assert choice.card == card
    assert s.count_parameters(choice.model) == s.count_parameters(expected)
    assert [type(part) for part in s.parts(choice.model)] == [type(part) for part in s.parts(expected)]


def test_a_deberta_without_one_of_its_terms_is_refused() -> None:
    with pytest.raises(s.CladosError, match="'pos_att_type' is"):
        detect(flat({**PUBLISHED["deberta:base"], "pos_att_type": "c2p"}))
