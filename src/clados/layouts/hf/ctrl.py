"""Where transformers keeps CTRL."""

from clados.layouts.hf.gpt_2 import gpt_2, vocab_config
from clados.spec import *

ctrl = gpt_2.but(
    model_type="ctrl",
    architectures={"CTRLLMHeadModel": ("lm",), "CTRLModel": ()},
    tuned={"CTRLForSequenceClassification": (LastClassifier(2),)},
    rules={
        "inputs.tokens.*": "transformer.w.*",
        "stack.blocks.*.attn_norm.*": "transformer.h.*.layernorm1.*",
        "stack.blocks.*.attn.qkv.*": "transformer.h.*.multi_head_attention.{Wq,Wk,Wv}.*",
        "stack.blocks.*.attn.out.*": "transformer.h.*.multi_head_attention.dense.*",
        "stack.blocks.*.mlp_norm.*": "transformer.h.*.layernorm2.*",
        "stack.blocks.*.mlp.up.*": "transformer.h.*.ffn.0.*",
        "stack.blocks.*.mlp.down.*": "transformer.h.*.ffn.2.*",
        "stack.norm_out.*": "transformer.layernorm.*",
        "heads.lm.bias": "lm_head.bias",
        "heads.classifier.out.*": "classifier.*",
    },
    config={
        "n_embd": "size.d_model",
        "n_layer": "size.layers",
        "n_head": "size.heads",
        "dff": "size.d_ff",
        "num_labels": gpt_2.config["num_labels"],
        **vocab_config,
        "embd_pdrop": "inputs.dropout",
        "resid_pdrop": "stack.block.dropout",
    },
    fixed={"layer_norm_epsilon": 1e-6},
    ignored=("n_positions", "attn_pdrop"),
    unused=(),
)
