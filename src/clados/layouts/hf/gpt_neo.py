"""Where transformers keeps GPT-Neo."""

from clados.layouts.hf.gpt_2 import gpt_2
from clados.spec import *

gpt_neo = gpt_2.but(
    model_type="gpt_neo",
    architectures={"GPTNeoForCausalLM": ("lm",), "GPTNeoModel": ()},
    tuned={
        "GPTNeoForSequenceClassification": (LastClassifier(2),),
        "GPTNeoForTokenClassification": (TokenClassifier(2),),
        "GPTNeoForQuestionAnswering": (SpanStart(), SpanEnd()),
    },
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
        "heads.classifier.out.*": "score.*",
        "heads.token_classifier.out.*": "classifier.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={
        "hidden_size": "size.d_model",
        "num_layers": "size.layers",
        "num_heads": "size.heads",
        "intermediate_size": "size.d_ff",
        "vocab_size": "inputs.vocab.size",
        "bos_token_id": "inputs.vocab.bos",
        "eos_token_id": "inputs.vocab.eos",
        "pad_token_id": "inputs.vocab.pad",
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
