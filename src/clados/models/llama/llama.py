"""LLaMA: a smaller decoder trained on more tokens (Touvron et al. 2023, arXiv 2302.13971)."""

from clados.models.gpt.gpt_2 import gguf_words
from clados.models.gpt.gpt_neox_20b import gguf as gpt_neox_gguf
from clados.spec import *

llama = Decoder(
    size=Size(layers=32, d_model=4096, heads=32, d_ff=11_008),
    inputs=Tokens(vocab=Vocabulary(kind="bpe", size=32_000, unk=0, bos=1, eos=2)),
    stack=Stack(
        block=Block(Attention(biases="none"), MLP("silu", gated=True, bias=False)),
        norm=RMSNorm(1e-6),
        sees=Causal(),
        position=Rotary(pairs="neighbours"),
    ),
    heads=(Untied(),),
    init=Normal(0.02),
)
largest = llama.but(size=Size(layers=80, d_model=8192, heads=64, d_ff=22_016), stack=but(norm=RMSNorm(1e-5)))

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="1.4T tokens: CommonCrawl, C4, GitHub, Wikipedia, books, arXiv, StackExchange",
    optimiser=AdamW(lr=1.5e-4, beta2=0.95, decay=0.1),
    schedule=Cosine(warmup=2000, floor=0.1),
    batch=2048,
    length=2048,
    clip=1.0,
)
smaller = Recipe((pretraining.but(data="1.0T tokens of the same", optimiser=but(lr=3e-4)),))

hf = Layout(
    model_type="llama",
    architectures={"LlamaForCausalLM": ("lm",), "LlamaModel": ()},
    tuned={
        "LlamaForSequenceClassification": (LastClassifier(2),),
        "LlamaForTokenClassification": (TokenClassifier(2),),
    },
    prefix="model.",
    rules={
        "inputs.tokens.*": "model.embed_tokens.*",
        "stack.blocks.*.attn_norm.*": "model.layers.*.input_layernorm.*",
        "stack.blocks.*.attn.qkv.*": Halved("model.layers.*.self_attn.{q_proj,k_proj,v_proj}.*"),
        "stack.blocks.*.attn.out.*": "model.layers.*.self_attn.o_proj.*",
        "stack.blocks.*.mlp_norm.*": "model.layers.*.post_attention_layernorm.*",
        "stack.blocks.*.mlp.up.*": "model.layers.*.mlp.{gate_proj,up_proj}.*",
        "stack.blocks.*.mlp.down.*": "model.layers.*.mlp.down_proj.*",
        "stack.norm_out.*": "model.norm.*",
        "heads.lm.table.*": "lm_head.*",
        "heads.{classifier,token_classifier}.out.*": "score.*",
    },
    config={
        "hidden_size": "size.d_model",
        "num_hidden_layers": "size.layers",
        "num_attention_heads": "size.heads",
        "num_key_value_heads": "size.kv_heads",
        "head_dim": "size.head_dim",
        "intermediate_size": "size.d_ff",
        "vocab_size": "inputs.vocab.size",
        "bos_token_id": "inputs.vocab.bos",
        "eos_token_id": "inputs.vocab.eos",
        "pad_token_id": "inputs.vocab.pad",
        "rms_norm_eps": "stack.norm.eps",
        "hidden_act": Choice("stack.block.mlp.act", ACTIVATIONS),
        "num_labels": "heads[{classifier,token_classifier}].classes",
        "rope_parameters.rope_theta": "stack.position.base",
        "attention_bias": Choice("stack.block.attn.biases", {False: "none", True: "all"}),
        "mlp_bias": "stack.block.mlp.bias",
        "attention_dropout": "stack.block.attn.dropout",
        "initializer_range": "init.std",
    },
    fixed={"rope_parameters.rope_type": "default"},
    ignored=("max_position_embeddings", "max_sequence_length", "pretraining_tp"),
    unused=(r"(model\.)?layers\.\d+\.self_attn\.rotary_emb\.inv_freq",),
)

# Longer texts than LLaMA's: Vicuna 1.5 at 16k, LLaMA 3.1.
linear = hf.but(
    config={**hf.config, "rope_parameters.factor": "stack.position.scaling.factor"},
    fixed={"rope_parameters.rope_type": "linear"},
    port=but(stack=but(position=but(scaling=LinearScaling(factor=2.0)))),
)
bands = hf.but(
    config={
        **hf.config,
        "rope_parameters.factor": "stack.position.scaling.factor",
        "rope_parameters.low_freq_factor": "stack.position.scaling.low",
        "rope_parameters.high_freq_factor": "stack.position.scaling.high",
        "rope_parameters.original_max_position_embeddings": "stack.position.scaling.original",
    },
    fixed={"rope_parameters.rope_type": "llama3"},
    port=but(stack=but(position=but(scaling=BandScaling(factor=8.0, low=1.0, high=4.0, original=8192)))),
)

gguf = gpt_neox_gguf.but(
    model_type="gguf:llama",
    architectures={"llama": ("lm",)},
    rules={
        **gpt_neox_gguf.rules,
        "stack.blocks.*.attn.qkv.*": "blk.*.{attn_q,attn_k,attn_v}.*",
        "stack.blocks.*.mlp.up.*": "blk.*.{ffn_gate,ffn_up}.*",
    },
    config={
        **gguf_words,
        "rope.freq_base": "stack.position.base",
        "rope.dimension_count": OfHead("stack.position.fraction"),
        "attention.head_count_kv": "size.kv_heads",
        "attention.key_length": "size.head_dim",
        "attention.value_length": "size.head_dim",
        "attention.layer_norm_rms_epsilon": "stack.norm.eps",
    },
)

declaration = Declaration(
    model=largest,
    sizes={
        "7b": llama,
        "13b": llama.but(size=Size(layers=40, d_model=5120, heads=40, d_ff=13_824)),
        "33b": llama.but(size=Size(layers=60, d_model=6656, heads=52, d_ff=17_920)),
        "65b": largest,
    },
    recipe=Recipe((pretraining,)),
    recipes={"7b": smaller, "13b": smaller},
    layouts=(hf, linear, bands, gguf),
    assumed=(
        "init: not published; N(0, 0.02) stands here",
        "stack.norm.eps: not published; the released params.json files say 1e-6, and 1e-5 for 65b",
    ),
)
