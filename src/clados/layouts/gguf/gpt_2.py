"""Where llama.cpp keeps GPT-2."""

from clados.spec import *

decoder_config = {
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

gpt_2 = Layout(
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
    config={**decoder_config, "context_length": "inputs.position.length"},
    tied={"output.weight": "heads.lm.table.weight"},
)
