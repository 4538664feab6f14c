"""The Transformer: attention alone, an encoder and a decoder, to translate (Vaswani et al. 2017, arXiv 1706.03762)."""

from clados.spec import *

encoder = Stack(
    block=Block(Attention(biases="none"), MLP("relu"), residual=Post(), dropout=0.1),
    norm=LayerNorm(1e-6),
    sees=All(),
    norm_out=False,
)
transformer = EncoderDecoder(
    size=Size(layers=6, d_model=512, heads=8),
    inputs=Tokens(
        vocab=Vocabulary(kind="bpe", size=37_000, pad=0, eos=1, start=0),
        position=Sinusoidal(),
        scaled=True,
        dropout=0.1,
    ),
    encoder=encoder,
    decoder=encoder.but(block=but(cross=CrossAttention(biases="none")), sees=Causal()),
    heads=(Tied(),),
    init=UnitScaling(),
)

wetter = but(block=but(dropout=0.3))
big = transformer.but(
    size=Size(layers=6, d_model=1024, heads=16), inputs=but(dropout=0.3), encoder=wetter, decoder=wetter
)

training = Stage(
    name="training",
    objective=Translation(smoothing=0.1),
    data="WMT 2014 English-German, 4.5 million pairs; about 25,000 tokens of each side a batch",
    optimiser=AdamW(lr=1.0, beta2=0.98, eps=1e-9),
    schedule=Noam(warmup=4000),
    steps=100_000,
)

# Both ports add biases to attention and round their norms otherwise; torch adds a norm after each stack.
biased = but(attn=but(biases="all"))
sided: dict[str, str | Word] = {
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
placed: dict[str, str | Rule] = {
    "inputs.tokens.*": "model.shared.*",
    "*.blocks.*.attn.qkv.*": "model.*.layers.*.self_attn.{q_proj,k_proj,v_proj}.*",
    "*.blocks.*.attn.out.*": "model.*.layers.*.self_attn.out_proj.*",
    "*.blocks.*.attn_norm.*": "model.*.layers.*.self_attn_layer_norm.*",
    "decoder.blocks.*.cross.q.*": "model.decoder.layers.*.encoder_attn.q_proj.*",
    "decoder.blocks.*.cross.kv.*": "model.decoder.layers.*.encoder_attn.{k_proj,v_proj}.*",
    "decoder.blocks.*.cross.out.*": "model.decoder.layers.*.encoder_attn.out_proj.*",
    "decoder.blocks.*.cross_norm.*": "model.decoder.layers.*.encoder_attn_layer_norm.*",
    "*.blocks.*.mlp.up.*": "model.*.layers.*.fc1.*",
    "*.blocks.*.mlp.down.*": "model.*.layers.*.fc2.*",
    "*.blocks.*.mlp_norm.*": "model.*.layers.*.final_layer_norm.*",
    "heads.lm.bias": Shaped("final_logits_bias", (1, -1)),
    "heads.lm.table.bias": Shaped("final_logits_bias", (1, -1)),
}
# Words of 2020 that nothing has read since: the model_type says as much.
once = (
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
    rules=placed,
    config={**sided, "decoder_vocab_size": "inputs.vocab.size"},
    fixed={"is_encoder_decoder": True, "share_encoder_decoder_embeddings": True, "tie_word_embeddings": True},
    ignored=(
        *once,
        "max_position_embeddings",
        "num_hidden_layers",
        "init_std",
        "encoder_layerdrop",
        "decoder_layerdrop",
        "forced_eos_token_id",
        # words of 2020, which nothing has read since: the model_type says as much
        "add_bias_logits",
        "add_final_layer_norm",
        "extra_pos_embeddings",
        "normalize_before",
        "normalize_embedding",
        "static_position_embeddings",
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
marian_apart = marian.but(
    rules={
        **placed,
        "inputs.tokens.*": "model.encoder.embed_tokens.*",
        "target.tokens.*": "model.decoder.embed_tokens.*",
    },
    config={
        **sided,
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
                vocab=reach(transformer, "inputs.vocab"),
                position=Sinusoidal(order="halves"),
                scaled=True,
                dropout=0.1,
            )
        ),
    ),
)
pytorch = Layout(
    model_type="torch.nn.Transformer",
    architectures={"Transformer": ("lm",)},
    rules={
        "inputs.tokens.*": "tokens.*",
        "*.blocks.*.attn.qkv.*": Fused("*.layers.*.self_attn.in_proj_*", ("q", "k", "v")),
        "*.blocks.*.attn.out.*": "*.layers.*.self_attn.out_proj.*",
        "*.blocks.*.attn_norm.*": "*.layers.*.norm1.*",
        "decoder.blocks.*.cross.q.*": Fused("decoder.layers.*.multihead_attn.in_proj_*", ("q", "k", "v")),
        "decoder.blocks.*.cross.kv.*": Fused("decoder.layers.*.multihead_attn.in_proj_*", ("q", "k", "v")),
        "decoder.blocks.*.cross.out.*": "decoder.layers.*.multihead_attn.out_proj.*",
        "decoder.blocks.*.cross_norm.*": "decoder.layers.*.norm2.*",
        "encoder.blocks.*.mlp_norm.*": "encoder.layers.*.norm2.*",
        "decoder.blocks.*.mlp_norm.*": "decoder.layers.*.norm3.*",
        "*.blocks.*.mlp.up.*": "*.layers.*.linear1.*",
        "*.blocks.*.mlp.down.*": "*.layers.*.linear2.*",
        "*.norm_out.*": "*.norm.*",
    },
    config={
        "d_model": "{sides.encoder,sides.decoder}.d_model",
        "nhead": "{sides.encoder,sides.decoder}.heads",
        "num_encoder_layers": "sides.encoder.layers",
        "num_decoder_layers": "sides.decoder.layers",
        "dim_feedforward": "{sides.encoder,sides.decoder}.d_ff",
        "activation": Choice("{encoder,decoder}.block.mlp.act", {"relu": "relu", "gelu": "gelu"}),
        "layer_norm_eps": "{encoder,decoder}.norm.eps",
        "vocab_size": "inputs.vocab.size",
    },
    fixed={"batch_first": True, "norm_first": False, "bias": True},
    ignored=("dropout",),
    port=but(
        encoder=but(block=biased, norm=LayerNorm(1e-5), norm_out=True),
        decoder=but(block=but(attn=but(biases="all"), cross=but(biases="all")), norm=LayerNorm(1e-5), norm_out=True),
    ),
)

declaration = Declaration(
    model=transformer,
    sizes={"base": transformer.size, "big": big},
    recipe=Recipe((training,)),
    recipes={"big": Recipe((training.but(steps=300_000),))},
    layouts=(marian, marian_apart, pytorch),
    assumed=(
        "init: not published; tensor2tensor's uniform unit scaling stands here",
        "encoder.norm.eps: not published; tensor2tensor's 1e-6 stands here",
        "inputs.vocab.start: tensor2tensor starts a translation with a vector of zeros; the padding token stands here",
        "sizes.big: dropout 0.3 is English-German's; English-French took 0.1",
    ),
)
