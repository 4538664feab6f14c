"""Where transformers keeps a Transformer: as Marian."""

from clados.layouts.fairseq.roberta import layer
from clados.layouts.hf import ACTIVATIONS
from clados.spec import *

# Both ports add biases to attention and round their norms otherwise; torch adds a norm after each stack.
biased = but(attn=but(biases="all"))

config: dict[str, str | KeyRule] = {
    "d_model": "{sides.encoder,sides.decoder}.d_model",
    "encoder_layers": "sides.encoder.layers",
    "decoder_layers": "sides.decoder.layers",
    "encoder_attention_heads": "sides.encoder.heads",
    "decoder_attention_heads": "sides.decoder.heads",
    "encoder_ffn_dim": "sides.encoder.d_ff",
    "decoder_ffn_dim": "sides.decoder.d_ff",
    "vocab_size": "inputs.vocab.size",
    "pad_token_id": "inputs.vocab.pad",
    "eos_token_id": "inputs.vocab.eos",
    "decoder_start_token_id": "inputs.vocab.start",
    "scale_embedding": "inputs.scaled",
    "activation_function": Choice("{encoder,decoder}.block.mlp.act", ACTIVATIONS),
    "dropout": "{inputs,encoder.block,decoder.block}.dropout",
    "attention_dropout": "{encoder.block.attn,decoder.block.attn,decoder.block.cross}.dropout",
    "activation_dropout": "{encoder,decoder}.block.mlp.dropout",
}

rules: dict[str, str | Rule] = {
    "inputs.tokens.*": "model.shared.*",
    **prefixed("model.*.layers.*.", layer, ours="*.blocks.*."),
    "decoder.blocks.*.cross.q.*": "model.decoder.layers.*.encoder_attn.q_proj.*",
    "decoder.blocks.*.cross.kv.*": "model.decoder.layers.*.encoder_attn.{k_proj,v_proj}.*",
    "decoder.blocks.*.cross.out.*": "model.decoder.layers.*.encoder_attn.out_proj.*",
    "decoder.blocks.*.cross_norm.*": "model.decoder.layers.*.encoder_attn_layer_norm.*",
    "heads.lm.bias": Reshaped("final_logits_bias", (1, -1)),
    "heads.lm.table.bias": Reshaped("final_logits_bias", (1, -1)),
}

# Words of 2020 that nothing has read since: the model_type says as much.
legacy_keys = (
    "add_bias_logits",
    "add_final_layer_norm",
    "do_blenderbot_90_layernorm",
    "extra_pos_embeddings",
    "force_bos_token_to_be_generated",
    "layernorm_variant",
    "normalize_before",
    "normalize_embedding",
    "static_position_embeddings",
)

marian = Layout(
    model_type="marian",
    architectures={"MarianMTModel": ("lm",), "MarianModel": ()},
    prefix="model.",
    rules=rules,
    config={**config, "decoder_vocab_size": "inputs.vocab.size"},
    fixed={"is_encoder_decoder": True, "share_encoder_decoder_embeddings": True, "tie_word_embeddings": True},
    ignored=(
        *legacy_keys,
        "max_position_embeddings",
        "num_hidden_layers",
        "init_std",
        "encoder_layerdrop",
        "decoder_layerdrop",
        "forced_eos_token_id",
    ),
    tied={
        "model.encoder.embed_tokens.weight": "inputs.tokens.weight",
        "model.decoder.embed_tokens.weight": "inputs.tokens.weight",
        "lm_head.weight": "heads.lm.table.weight",
    },
    zeros={"final_logits_bias": but(heads=but(bias=True))},
    unused=(r"model\.(encoder|decoder)\.embed_positions\.weight",),
    port=but(
        inputs=but(position=but(order="halves")),
        encoder=but(block=biased, norm=LayerNorm(1e-5)),
        decoder=but(block=but(attn=but(biases="all"), cross=but(biases="all")), norm=LayerNorm(1e-5)),
    ),
)

# A vocabulary for each language, with a table each.
marian_two_vocabularies = marian.but(
    rules={
        **rules,
        "inputs.tokens.*": "model.encoder.embed_tokens.*",
        "target.tokens.*": "model.decoder.embed_tokens.*",
    },
    config={
        **config,
        "decoder_vocab_size": "target.vocab.size",
        "pad_token_id": "{inputs,target}.vocab.pad",
        "eos_token_id": "{inputs,target}.vocab.eos",
        "decoder_start_token_id": "target.vocab.start",
        "scale_embedding": "{inputs,target}.scaled",
        "dropout": "{inputs,target,encoder.block,decoder.block}.dropout",
    },
    fixed={"is_encoder_decoder": True, "share_encoder_decoder_embeddings": False},
    tied={"lm_head.weight": "heads.lm.table.weight"},
    port=merged(
        marian.port or but(),
        but(
            target=OwnTarget(
                vocab=Vocabulary(kind="bpe", size=37_000, pad=0, eos=1, start=0),
                position=Sinusoidal(order="halves"),
                scaled=True,
                dropout=0.1,
            )
        ),
    ),
)
