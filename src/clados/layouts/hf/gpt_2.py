"""Where transformers keeps GPT-2."""

from clados.layouts.hf import ACTIVATIONS
from clados.layouts.hf.gpt import gpt, tasks
from clados.spec import *

vocab_config = {
    "vocab_size": "inputs.vocab.size",
    "bos_token_id": "inputs.vocab.bos",
    "eos_token_id": "inputs.vocab.eos",
    "pad_token_id": "inputs.vocab.pad",
}

gpt_2 = gpt.but(
    model_type="gpt2",
    architectures={"GPT2LMHeadModel": ("lm",), "GPT2Model": ()},
    tuned=for_tasks("GPT2", tasks),
    rules={
        **gpt.rules,
        "inputs.tokens.*": "transformer.wte.*",
        "inputs.position.table.*": "transformer.wpe.*",
        "stack.norm_out.*": "transformer.ln_f.*",
    },
    config={
        "n_embd": "size.d_model",
        "n_layer": "size.layers",
        "n_head": "size.heads",
        "n_inner": "size.d_ff",
        **vocab_config,
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
