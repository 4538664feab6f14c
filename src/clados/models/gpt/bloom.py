"""BLOOM: GPT-3's decoder with linear biases and a norm after the tokens, in 59 languages (Le Scao et al. 2022)."""

from clados.models.gpt.gpt_2 import hf as parent
from clados.models.gpt.gpt_3 import dense, gpt_3
from clados.spec import *

bloom = gpt_3.but(
    size=Size(layers=70, d_model=14_336, heads=112),
    inputs=Tokens(vocab=Vocabulary(kind="bytes", size=250_880, unk=0, bos=1, eos=2, pad=3), norm=True),
    stack=but(block=dense.but(attn=but(dropout=0.0), dropout=0.0), position=ALiBi()),
    init=Normal(0.0048, by_depth=True),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="ROOTS, 366B tokens of 46 natural and 13 programming languages",
    optimiser=AdamW(lr=6e-5, beta2=0.95, decay=0.1),
    schedule=Cosine(warmup=89, floor=0.1, over=97_752),
    batch=2048,
    length=2048,
    steps=87_262,
    clip=1.0,
)
half = pretraining.but(data="341B tokens of it", schedule=but(warmup=358, over=391_006), batch=512, steps=325_203)
quarter = half.but(schedule=but(warmup=715, over=782_013), batch=256, steps=650_406)

hf = parent.but(
    model_type="bloom",
    architectures={"BloomForCausalLM": ("lm",), "BloomModel": ()},
    tuned={
        "BloomForSequenceClassification": (LastClassifier(2),),
        "BloomForTokenClassification": (TokenClassifier(2),),
        "BloomForQuestionAnswering": (SpanStart(), SpanEnd()),
    },
    rules={
        "inputs.tokens.*": "transformer.word_embeddings.*",
        "inputs.norm.*": "transformer.word_embeddings_layernorm.*",
        "stack.blocks.*.attn_norm.*": "transformer.h.*.input_layernorm.*",
        "stack.blocks.*.attn.qkv.*": PerHead("transformer.h.*.self_attention.query_key_value.*"),
        "stack.blocks.*.attn.out.*": "transformer.h.*.self_attention.dense.*",
        "stack.blocks.*.mlp_norm.*": "transformer.h.*.post_attention_layernorm.*",
        "stack.blocks.*.mlp.up.*": "transformer.h.*.mlp.dense_h_to_4h.*",
        "stack.blocks.*.mlp.down.*": "transformer.h.*.mlp.dense_4h_to_h.*",
        "stack.norm_out.*": "transformer.ln_f.*",
        "heads.classifier.out.*": "score.*",
        "heads.token_classifier.out.*": "classifier.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={
        "hidden_size": "size.d_model",
        "n_layer": "size.layers",
        "n_head": "size.heads",
        "vocab_size": "inputs.vocab.size",
        "bos_token_id": "inputs.vocab.bos",
        "eos_token_id": "inputs.vocab.eos",
        "pad_token_id": "inputs.vocab.pad",
        "num_labels": parent.config["num_labels"],
        "layer_norm_epsilon": "stack.norm.eps",
        "apply_residual_connection_post_layernorm": Choice("stack.block.residual", {False: Pre(), True: FromNorm()}),
        "hidden_dropout": "stack.block.dropout",
        "attention_dropout": "stack.block.attn.dropout",
        "initializer_range": "init.std",
    },
    ignored=(
        "slow_but_exact",
        "pretraining_tp",
        "seq_length",
        "masked_softmax_fusion",
        "offset_alibi",
        "skip_bias_add",
        "skip_bias_add_qkv",
        "bias_dropout_fusion",
        "n_inner",
        "attention_softmax_in_fp32",
        "unk_token_id",
    ),
    unused=(),
)

declaration = Declaration(
    model=bloom,
    sizes={
        "560m": Size(layers=24, d_model=1024, heads=16),
        "1b1": Size(layers=24, d_model=1536, heads=16),
        "1b7": Size(layers=24, d_model=2048, heads=16),
        "3b": Size(layers=30, d_model=2560, heads=32),
        "7b1": Size(layers=30, d_model=4096, heads=32),
        "176b": bloom.size,
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "560m": Recipe((quarter.but(optimiser=but(lr=3e-4), schedule=but(floor=1 / 30)),)),
        "1b1": Recipe((quarter.but(optimiser=but(lr=2.5e-4), schedule=but(floor=0.04)),)),
        "1b7": Recipe((half.but(optimiser=but(lr=2e-4), schedule=but(floor=0.05)),)),
        "3b": Recipe((half.but(optimiser=but(lr=1.6e-4), schedule=but(floor=0.0625)),)),
        "7b1": Recipe((half.but(optimiser=but(lr=1.2e-4), schedule=but(floor=1 / 12)),)),
    },
    layouts=(hf,),
    assumed=(
        "recipe: published in tokens (warmup 375M, decay 410B); the whole batch stands here, without its ramp from 16 "
        "and 192 sequences over the first 20B tokens",
    ),
)
