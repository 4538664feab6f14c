"""Where transformers keeps GPT-J."""

from clados.layouts.hf.gpt_2 import gpt_2
from clados.spec import *

gpt_j = gpt_2.but(
    model_type="gptj",
    architectures={"GPTJForCausalLM": ("lm",), "GPTJModel": ()},
    tuned={"GPTJForSequenceClassification": (LastClassifier(2),), "GPTJForQuestionAnswering": (SpanStart(), SpanEnd())},
    rules={
        "inputs.tokens.*": "transformer.wte.*",
        "stack.blocks.*.attn_norm.*": "transformer.h.*.ln_1.*",
        "stack.blocks.*.attn.qkv.*": "transformer.h.*.attn.{q_proj,k_proj,v_proj}.*",
        "stack.blocks.*.attn.out.*": "transformer.h.*.attn.out_proj.*",
        "stack.blocks.*.mlp.up.*": "transformer.h.*.mlp.fc_in.*",
        "stack.blocks.*.mlp.down.*": "transformer.h.*.mlp.fc_out.*",
        "stack.norm_out.*": "transformer.ln_f.*",
        "heads.lm.table.*": "lm_head.*",
        "heads.lm.bias": "lm_head.bias",
        "heads.classifier.out.*": "score.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
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
        "layer_norm_epsilon": "stack.norm.eps",
        "num_labels": gpt_2.config["num_labels"],
        "activation_function": gpt_2.config["activation_function"],
        "rotary_dim": HeadShare("stack.position.fraction"),
        "embd_pdrop": "inputs.dropout",
        "resid_pdrop": "stack.block.dropout",
        "attn_pdrop": "stack.block.attn.dropout",
    },
    ignored=("n_positions", "rotary"),
    tied={},
    unused=(r"(transformer\.)?h\.\d+\.attn\.(bias|masked_bias|embed_positions)",),
)
