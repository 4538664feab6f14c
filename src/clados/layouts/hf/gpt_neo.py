"""Where transformers keeps GPT-Neo."""

from clados.layouts.hf.gpt import tasks, tuned_heads
from clados.layouts.hf.gpt_2 import gpt_2, vocab_config
from clados.spec import *

gpt_neo = gpt_2.but(
    model_type="gpt_neo",
    architectures={"GPTNeoForCausalLM": ("lm",), "GPTNeoModel": ()},
    tuned=for_tasks("GPTNeo", tasks),
    rules={
        "inputs.tokens.*": "transformer.wte.*",
        "inputs.position.table.*": "transformer.wpe.*",
        "stack.blocks.*.attn_norm.*": "transformer.h.*.ln_1.*",
        "stack.blocks.*.attn.qkv.*": "transformer.h.*.attn.attention.{q_proj,k_proj,v_proj}.*",
        "stack.blocks.*.attn.out.*": "transformer.h.*.attn.attention.out_proj.*",
        "stack.blocks.*.mlp_norm.*": "transformer.h.*.ln_2.*",
        "stack.blocks.*.mlp.up.*": "transformer.h.*.mlp.c_fc.*",
        "stack.blocks.*.mlp.down.*": "transformer.h.*.mlp.c_proj.*",
        "stack.norm_out.*": "transformer.ln_f.*",
        **tuned_heads,
    },
    config={
        "hidden_size": "size.d_model",
        "num_layers": "size.layers",
        "num_heads": "size.heads",
        "intermediate_size": "size.d_ff",
        **vocab_config,
        "max_position_embeddings": "inputs.position.length",
        "layer_norm_epsilon": "stack.norm.eps",
        "num_labels": gpt_2.config["num_labels"],
        "activation_function": gpt_2.config["activation_function"],
        "window_size": "stack.block[1].attn.pattern.span",
        "attention_layers": EachLayer("stack.block.attn.pattern", {"global": None, "local": Banded}),
        "attention_types": EachLayer("stack.block.attn.pattern", {"global": None, "local": Banded}, rounds=True),
        "embed_dropout": "inputs.dropout",
        "resid_dropout": "stack.block.dropout",
        "attention_dropout": "stack.block.attn.dropout",
        "initializer_range": "init.std",
    },
    unused=(r"(transformer\.)?h\.\d+\.attn\.attention\.(bias|masked_bias)",),
)
