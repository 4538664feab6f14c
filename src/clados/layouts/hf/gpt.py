"""Where transformers keeps GPT."""

from clados.spec import *

# heads of fine-tuned classes, by task, and where they are kept
tasks = {
    "SequenceClassification": (LastClassifier(2),),
    "TokenClassification": (TokenClassifier(2),),
    "QuestionAnswering": (SpanStart(), SpanEnd()),
}
tuned_heads: dict[str, str | Rule] = {
    "heads.classifier.out.*": "score.*",
    "heads.token_classifier.out.*": "classifier.*",
    "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
}

gpt = Layout(
    model_type="openai-gpt",
    architectures={"OpenAIGPTLMHeadModel": ("lm",), "OpenAIGPTModel": ()},
    tuned={"OpenAIGPTForSequenceClassification": (LastClassifier(2),)},
    prefix="transformer.",
    rules={
        "inputs.tokens.*": "transformer.tokens_embed.*",
        "inputs.position.table.*": "transformer.positions_embed.*",
        "stack.blocks.*.attn_norm.*": "transformer.h.*.ln_1.*",
        "stack.blocks.*.attn.qkv.weight": Transposed("transformer.h.*.attn.c_attn.weight"),
        "stack.blocks.*.attn.qkv.bias": "transformer.h.*.attn.c_attn.bias",
        "stack.blocks.*.attn.out.weight": Transposed("transformer.h.*.attn.c_proj.weight"),
        "stack.blocks.*.attn.out.bias": "transformer.h.*.attn.c_proj.bias",
        "stack.blocks.*.mlp_norm.*": "transformer.h.*.ln_2.*",
        "stack.blocks.*.mlp.up.weight": Transposed("transformer.h.*.mlp.c_fc.weight"),
        "stack.blocks.*.mlp.up.bias": "transformer.h.*.mlp.c_fc.bias",
        "stack.blocks.*.mlp.down.weight": Transposed("transformer.h.*.mlp.c_proj.weight"),
        "stack.blocks.*.mlp.down.bias": "transformer.h.*.mlp.c_proj.bias",
        **tuned_heads,
    },
    config={
        "n_embd": "size.d_model",
        "n_layer": "size.layers",
        "n_head": "size.heads",
        "vocab_size": "inputs.vocab.size",
        "n_positions": "inputs.position.length",
        "layer_norm_epsilon": "stack.norm.eps",
        "num_labels": "heads[{classifier,token_classifier}].classes",
        "afn": Choice("stack.block.mlp.act", {"gelu": "gelu_tanh", "relu": "relu", "silu": "silu", "swish": "silu"}),
        "embd_pdrop": "inputs.dropout",
        "resid_pdrop": "stack.block.dropout",
        "attn_pdrop": "stack.block.attn.dropout",
        "initializer_range": "init.std",
    },
    ignored=("n_special", "predict_special_tokens"),
    tied={"lm_head.weight": "heads.lm.table.weight"},
    unused=(r"(transformer\.)?h\.\d+\.attn\.bias", r"(transformer\.)?position_ids"),
)
