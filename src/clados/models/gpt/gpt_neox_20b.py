"""GPT-NeoX-20B: a dense decoder with rotary positions and parallel branches (Black et al. 2022, arXiv 2204.06745)."""

from clados.models.gpt.gpt_2 import gguf as gpt_2_gguf
from clados.models.gpt.gpt_2 import gguf_words
from clados.spec import *

gpt_neox = Decoder(
    size=Size(layers=44, d_model=6144, heads=64),
    inputs=Tokens(vocab=Vocabulary(kind="bytes", size=50_432, bos=0, eos=0, pad=1)),
    stack=Stack(
        block=Block(Attention(), MLP("gelu_tanh"), residual=Parallel(norms=2)),
        norm=LayerNorm(1e-5),
        sees=Causal(),
        position=Rotary(fraction=0.25),
    ),
    heads=(Untied(),),
    init=SmallInit(),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="the Pile, about 472B tokens",
    optimiser=AdamW(lr=0.97e-4, beta2=0.95, decay=0.01),
    schedule=Cosine(warmup=1500, floor=0.1),
    batch=1536,
    length=2048,
    steps=150_000,
    clip=1.0,
)

hf = Layout(
    model_type="gpt_neox",
    architectures={"GPTNeoXForCausalLM": ("lm",), "GPTNeoXModel": ()},
    tuned={
        "GPTNeoXForSequenceClassification": (LastClassifier(2),),
        "GPTNeoXForTokenClassification": (TokenClassifier(2),),
        "GPTNeoXForQuestionAnswering": (SpanStart(), SpanEnd()),
    },
    prefix="gpt_neox.",
    rules={
        "inputs.tokens.*": "gpt_neox.embed_in.*",
        "stack.blocks.*.attn_norm.*": "gpt_neox.layers.*.input_layernorm.*",
        "stack.blocks.*.attn.qkv.*": PerHead("gpt_neox.layers.*.attention.query_key_value.*"),
        "stack.blocks.*.attn.out.*": "gpt_neox.layers.*.attention.dense.*",
        "stack.blocks.*.mlp_norm.*": "gpt_neox.layers.*.post_attention_layernorm.*",
        "stack.blocks.*.mlp.up.*": "gpt_neox.layers.*.mlp.dense_h_to_4h.*",
        "stack.blocks.*.mlp.down.*": "gpt_neox.layers.*.mlp.dense_4h_to_h.*",
        "stack.norm_out.*": "gpt_neox.final_layer_norm.*",
        "heads.lm.table.*": "embed_out.*",
        "heads.classifier.out.*": "score.*",
        "heads.token_classifier.out.*": "classifier.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={
        "hidden_size": "size.d_model",
        "num_hidden_layers": "size.layers",
        "num_attention_heads": "size.heads",
        "intermediate_size": "size.d_ff",
        "vocab_size": "inputs.vocab.size",
        "bos_token_id": "inputs.vocab.bos",
        "eos_token_id": "inputs.vocab.eos",
        "pad_token_id": "inputs.vocab.pad",
        "layer_norm_eps": "stack.norm.eps",
        "hidden_act": Choice("stack.block.mlp.act", {"gelu_fast": "gelu_tanh", **ACTIVATIONS}),
        "num_labels": "heads[{classifier,token_classifier}].classes",
        "rope_parameters.rope_theta": "stack.position.base",
        "rope_parameters.partial_rotary_factor": "stack.position.fraction",
        "attention_bias": Choice("stack.block.attn.biases", {True: "all", False: "none"}),
        "use_parallel_residual": Choice("stack.block.residual", {True: Parallel(norms=2), False: Pre()}),
        "hidden_dropout": "{inputs,stack.block}.dropout",
        "attention_dropout": "stack.block.attn.dropout",
    },
    fixed={"rope_parameters.rope_type": "default"},
    ignored=("max_position_embeddings", "initializer_range"),
    unused=(r"(gpt_neox\.)?layers\.\d+\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)",),
)

gguf = gpt_2_gguf.but(
    model_type="gguf:gptneox",
    architectures={"gptneox": ("lm",)},
    rules={**gpt_2_gguf.rules, "heads.lm.table.*": "output.*"},
    config={
        **gguf_words,
        "rope.freq_base": "stack.position.base",
        "rope.dimension_count": OfHead("stack.position.fraction"),
        "use_parallel_residual": Choice("stack.block.residual", {True: Parallel(norms=2), False: Pre()}),
    },
    ignored=("context_length",),
    tied={},
)

declaration = Declaration(
    model=gpt_neox,
    sizes={"20b": gpt_neox.size},
    recipe=Recipe((pretraining,)),
    layouts=(hf, gguf),
    assumed=(
        "init: the paper narrows the feed-forward layers' last products; the authors' code attention's too, as here",
        "stack.block.mlp.act: the paper says GELU; the authors' fused kernel computes its tanh form, which stands here",
    ),
)
