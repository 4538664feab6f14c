"""T5: every task as text to text, with relative biases and scale-only norms (Raffel et al. 2020, arXiv 1910.10683)."""

from clados.spec import *

attn = Attention(biases="none", scale=1.0, dropout=0.1)
encoder = Stack(
    block=Block(attn, MLP("relu", bias=False, dropout=0.1), dropout=0.1),
    norm=RMSNorm(1e-6),
    sees=All(),
    position=RelativeBias(buckets=32, distance=128),
    dropout=0.1,
)
t5 = EncoderDecoder(
    size=Size(layers=24, d_model=1024, heads=128, d_ff=65_536, head_dim=128),
    inputs=Tokens(
        vocab=Vocabulary(kind="unigram", size=32_128, pad=0, eos=1, unk=2, start=0, sentinels=100), dropout=0.1
    ),
    encoder=encoder,
    decoder=encoder.but(block=but(cross=CrossAttention(biases="none", scale=1.0, dropout=0.1)), sees=Causal()),
    heads=(Tied(scaled=True),),
    init=UnscaledScores(),
)

pretraining = Stage(
    name="pretraining",
    objective=CorruptedSpans(),
    data="C4, in the released models mixed with the supervised tasks",
    optimiser=Adafactor(lr=1e-2),
    schedule=InverseSquareRoot(warmup=10_000, rising=False),
    batch=2048,
    length=512,
    steps=1_000_000,
)

shared = Layout(
    model_type="t5",
    architectures={"T5ForConditionalGeneration": ("lm",)},
    rules={
        "inputs.tokens.*": "shared.*",
        "*.position.table.*": "*.block.0.layer.0.SelfAttention.relative_attention_bias.*",
        "*.blocks.*.attn_norm.*": "*.block.*.layer.0.layer_norm.*",
        "*.blocks.*.attn.qkv.*": "*.block.*.layer.0.SelfAttention.{q,k,v}.*",
        "*.blocks.*.attn.out.*": "*.block.*.layer.0.SelfAttention.o.*",
        "decoder.blocks.*.cross_norm.*": "decoder.block.*.layer.1.layer_norm.*",
        "decoder.blocks.*.cross.q.*": "decoder.block.*.layer.1.EncDecAttention.q.*",
        "decoder.blocks.*.cross.kv.*": "decoder.block.*.layer.1.EncDecAttention.{k,v}.*",
        "decoder.blocks.*.cross.out.*": "decoder.block.*.layer.1.EncDecAttention.o.*",
        "encoder.blocks.*.mlp_norm.*": "encoder.block.*.layer.1.layer_norm.*",
        "decoder.blocks.*.mlp_norm.*": "decoder.block.*.layer.2.layer_norm.*",
        "encoder.blocks.*.mlp.up.*": "encoder.block.*.layer.1.DenseReluDense.wi.*",
        "decoder.blocks.*.mlp.up.*": "decoder.block.*.layer.2.DenseReluDense.wi.*",
        "encoder.blocks.*.mlp.down.*": "encoder.block.*.layer.1.DenseReluDense.wo.*",
        "decoder.blocks.*.mlp.down.*": "decoder.block.*.layer.2.DenseReluDense.wo.*",
        "*.norm_out.*": "*.final_layer_norm.*",
    },
    config={
        "d_model": "{sides.encoder,sides.decoder}.d_model",
        "num_layers": "sides.encoder.layers",
        "num_decoder_layers": "sides.decoder.layers",
        "num_heads": "{sides.encoder,sides.decoder}.heads",
        "d_ff": "{sides.encoder,sides.decoder}.d_ff",
        "d_kv": "{sides.encoder,sides.decoder}.head_dim",
        "vocab_size": "inputs.vocab.size",
        "pad_token_id": "inputs.vocab.pad",
        "eos_token_id": "inputs.vocab.eos",
        "decoder_start_token_id": "inputs.vocab.start",
        "relative_attention_num_buckets": "{encoder,decoder}.position.buckets",
        "relative_attention_max_distance": "{encoder,decoder}.position.distance",
        "layer_norm_epsilon": "{encoder,decoder}.norm.eps",
        "dropout_rate": "{inputs,encoder,encoder.block,encoder.block.attn,encoder.block.mlp,decoder,decoder.block,"
        "decoder.block.attn,decoder.block.cross,decoder.block.mlp}.dropout",
        "initializer_factor": "init.tables",
    },
    fixed={
        "feed_forward_proj": "relu",
        "is_gated_act": False,
        "dense_act_fn": "relu",
        "is_encoder_decoder": True,
    },
    ignored=("n_positions",),
    extra=(r"decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight",),  # files of 2019
    tied={
        "encoder.embed_tokens.weight": "inputs.tokens.weight",
        "decoder.embed_tokens.weight": "inputs.tokens.weight",
        "lm_head.weight": "heads.lm.table.weight",
    },
)

# 4.x scales what it ties; 5.x says of the two only the scaling (checkpoints/dialects.py)
hf = shared.but(
    config={**shared.config, "tie_word_embeddings": "heads[lm].scaled", "scale_decoder_outputs": "heads[lm].scaled"}
)

declaration = Declaration(
    model=t5,
    sizes={
        "small": Size(layers=6, d_model=512, heads=8, d_ff=2048, head_dim=64),
        "base": Size(layers=12, d_model=768, heads=12, d_ff=3072, head_dim=64),
        "large": Size(layers=24, d_model=1024, heads=16, d_ff=4096, head_dim=64),
        "3b": Size(layers=24, d_model=1024, heads=32, d_ff=16_384, head_dim=128),
        "11b": t5.size,
    },
    recipe=Recipe((pretraining,)),
    layouts=(hf,),
)
