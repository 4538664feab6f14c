"""InstructOR: T5's encoder gives a text's vector for the task that is named before it (Su et al. 2022, 2212.09741)."""

from clados.models.t5.t5 import t5
from clados.spec import *

instructor = Encoder(
    size=Size(layers=24, d_model=1024, heads=16, d_ff=4096, head_dim=64),
    inputs=t5.inputs,
    stack=t5.encoder,
    heads=(Embedding(steps=(Dense(768, bias=False), UnitLength())),),
    init=t5.init,
)

tuning = Tuning(
    name="tuning",
    start="t5:large",
    objective=PairedTexts(hard=1, both=True),
    data="MEDI: 330 sets of pairs, each with an instruction; a batch is of one task",
    optimiser=AdamW(lr=2e-5),
    schedule=Linear(warmup=2000),
    steps=20_000,
)

hf = Layout(
    model_type="t5",
    architectures={"T5EncoderModel": ()},
    rules={
        "inputs.tokens.*": "shared.*",
        "stack.position.table.*": "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.*",
        "stack.blocks.*.attn_norm.*": "encoder.block.*.layer.0.layer_norm.*",
        "stack.blocks.*.attn.qkv.*": "encoder.block.*.layer.0.SelfAttention.{q,k,v}.*",
        "stack.blocks.*.attn.out.*": "encoder.block.*.layer.0.SelfAttention.o.*",
        "stack.blocks.*.mlp_norm.*": "encoder.block.*.layer.1.layer_norm.*",
        "stack.blocks.*.mlp.up.*": "encoder.block.*.layer.1.DenseReluDense.wi.*",
        "stack.blocks.*.mlp.down.*": "encoder.block.*.layer.1.DenseReluDense.wo.*",
        "stack.norm_out.*": "encoder.final_layer_norm.*",
    },
    config={
        "d_model": "size.d_model",
        "num_layers": "size.layers",
        "num_heads": "size.heads",
        "d_ff": "size.d_ff",
        "d_kv": "size.head_dim",
        "vocab_size": "inputs.vocab.size",
        "pad_token_id": "inputs.vocab.pad",
        "eos_token_id": "inputs.vocab.eos",
        "relative_attention_num_buckets": "stack.position.buckets",
        "relative_attention_max_distance": "stack.position.distance",
        "layer_norm_epsilon": "stack.norm.eps",
        "dropout_rate": "{inputs,stack,stack.block,stack.block.attn,stack.block.mlp}.dropout",
        "initializer_factor": "init.tables",
    },
    fixed={
        "feed_forward_proj": "relu",
        "is_gated_act": False,
        "dense_act_fn": "relu",
    },
    ignored=(
        "n_positions",
        "num_decoder_layers",
        "is_encoder_decoder",
        "tie_word_embeddings",
        "scale_decoder_outputs",
    ),
    tied={"encoder.embed_tokens.weight": "inputs.tokens.weight"},
    extra=(r"decoder\..*", r"lm_head\.weight"),  # of whole models, whose encoder is asked for
)

declaration = Declaration(
    model=instructor,
    sizes={
        "base": Size(layers=12, d_model=768, heads=12, d_ff=3072, head_dim=64),
        "large": instructor.size,
        "xl": Size(layers=24, d_model=1024, heads=32, d_ff=16_384, head_dim=128),
    },
    recipe=Recipe((tuning,)),
    recipes={
        "base": Recipe((tuning.but(start="t5:base"),)),
        "xl": Recipe((tuning.but(start="t5:3b"),)),
    },
    layouts=(hf,),
    assumed=(
        "recipe: it starts from GTR, T5's encoder tuned for retrieval, which is outside this catalog",
        "recipe.optimiser: betas and decay are not published; the usual ones stand here",
        "recipe.schedule: a tenth of the steps warms up; the line after it is the default of the authors' code",
    ),
)
