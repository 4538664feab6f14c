"""Where llama.cpp keeps BERT."""

from clados.spec import *

bert = Layout(
    model_type="gguf:bert",
    architectures={"bert": ()},
    rules={
        "inputs.tokens.*": "token_embd.*",
        "inputs.types.*": "token_types.*",
        "inputs.position.table.*": "position_embd.*",
        "inputs.norm.*": "token_embd_norm.*",
        "stack.blocks.*.attn.qkv.*": "blk.*.{attn_q,attn_k,attn_v}.*",
        "stack.blocks.*.attn.out.*": "blk.*.attn_output.*",
        "stack.blocks.*.attn_norm.*": "blk.*.attn_output_norm.*",
        "stack.blocks.*.mlp.up.*": "blk.*.ffn_up.*",
        "stack.blocks.*.mlp.down.*": "blk.*.ffn_down.*",
        "stack.blocks.*.mlp_norm.*": "blk.*.layer_output_norm.*",
    },
    config={
        "embedding_length": "size.d_model",
        "block_count": "size.layers",
        "attention.head_count": "size.heads",
        "feed_forward_length": "size.d_ff",
        "attention.layer_norm_epsilon": "stack.norm.eps",
        "context_length": "inputs.position.length",
        "vocab_size": "inputs.vocab.size",
        "type_vocab_size": "inputs.types",
        "pad_token_id": "inputs.vocab.pad",
        "unk_token_id": "inputs.vocab.unk",
    },
    fixed={"attention.causal": False},
    ignored=("pooling_type",),
)
