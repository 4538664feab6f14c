"""GPT-2: GPT with its norms in front, ten times larger (Radford et al. 2019)."""

from clados.models.gpt.gpt import gpt
from clados.models.gpt.gpt import hf as parent
from clados.spec import *

gpt_2 = gpt.but(
    inputs=but(
        vocab=Vocabulary(kind="bytes", size=50_257, bos=50_256, eos=50_256),
        position=Learned(1024),
    ),
    stack=but(block=but(residual=Pre()), norm_out=True),
    init=Normal(0.02, positions=0.01, by_depth=True),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="WebText: 8 million pages linked from Reddit, 40 GB",
    optimiser=AdamW(lr=2.5e-4, decay=0.01),
    schedule=Cosine(warmup=2000),
    batch=512,
    length=1024,
)

hf = parent.but(
    model_type="gpt2",
    architectures={"GPT2LMHeadModel": ("lm",), "GPT2Model": ()},
    tuned={
        "GPT2ForSequenceClassification": (LastClassifier(2),),
        "GPT2ForTokenClassification": (TokenClassifier(2),),
        "GPT2ForQuestionAnswering": (SpanStart(), SpanEnd()),
    },
    rules={
        **parent.rules,
        "inputs.tokens.*": "transformer.wte.*",
        "inputs.position.table.*": "transformer.wpe.*",
        "stack.norm_out.*": "transformer.ln_f.*",
    },
    config={
        "n_embd": "size.d_model",
        "n_layer": "size.layers",
        "n_head": "size.heads",
        "n_inner": "size.d_ff",
        "vocab_size": "inputs.vocab.size",
        "bos_token_id": "inputs.vocab.bos",
        "eos_token_id": "inputs.vocab.eos",
        "pad_token_id": "inputs.vocab.pad",
        "n_positions": "inputs.position.length",
        "layer_norm_epsilon": "stack.norm.eps",
        "activation_function": Choice("stack.block.mlp.act", ACTIVATIONS),
        "num_labels": "heads[{classifier,token_classifier}].classes",
        "embd_pdrop": "inputs.dropout",
        "resid_pdrop": "stack.block.dropout",
        "attn_pdrop": "stack.block.attn.dropout",
        "initializer_range": "init.std",
    },
    ignored=(),
    unused=(r"(transformer\.)?h\.\d+\.attn\.(bias|masked_bias)",),
)

gguf_words = {
    "embedding_length": "size.d_model",
    "block_count": "size.layers",
    "attention.head_count": "size.heads",
    "feed_forward_length": "size.d_ff",
    "attention.layer_norm_epsilon": "stack.norm.eps",
    "vocab_size": "inputs.vocab.size",
    "bos_token_id": "inputs.vocab.bos",
    "eos_token_id": "inputs.vocab.eos",
    "pad_token_id": "inputs.vocab.pad",
    "unk_token_id": "inputs.vocab.unk",
}
gguf = Layout(
    model_type="gguf:gpt2",
    architectures={"gpt2": ("lm",)},
    rules={
        "inputs.tokens.*": "token_embd.*",
        "inputs.position.table.*": "position_embd.*",
        "stack.blocks.*.attn_norm.*": "blk.*.attn_norm.*",
        "stack.blocks.*.attn.qkv.*": "blk.*.attn_qkv.*",
        "stack.blocks.*.attn.out.*": "blk.*.attn_output.*",
        "stack.blocks.*.mlp_norm.*": "blk.*.ffn_norm.*",
        "stack.blocks.*.mlp.up.*": "blk.*.ffn_up.*",
        "stack.blocks.*.mlp.down.*": "blk.*.ffn_down.*",
        "stack.norm_out.*": "output_norm.*",
    },
    config={**gguf_words, "context_length": "inputs.position.length"},
    tied={"output.weight": "heads.lm.table.weight"},
)

declaration = Declaration(
    model=gpt_2,
    sizes={
        "small": gpt_2.size,
        "medium": Size(layers=24, d_model=1024, heads=16),
        "large": Size(layers=36, d_model=1280, heads=20),
        "xl": Size(layers=48, d_model=1600, heads=25),
    },
    recipe=Recipe((pretraining,)),
    layouts=(hf, gguf),
    assumed=(
        "inputs.dropout, stack.block.dropout, stack.block.attn.dropout: not published; GPT's stand here",
        "init.by_depth: the paper counts residual layers; two a block, as in ports",
        "recipe.optimiser: not published; GPT's rate and decay stand here",
        "recipe.schedule: not published; GPT's warmup and cosine stand here",
    ),
)
