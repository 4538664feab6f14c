"""Where transformers keeps a Trajectory Transformer, to version 4."""

from clados.spec import *

trajectory_transformer = Layout(
    model_type="trajectory_transformer",
    architectures={"TrajectoryTransformerModel": ("bins",)},
    rules={
        "inputs.tokens.weight": "tok_emb.weight",
        "inputs.positions.weight": Reshaped("pos_emb", (1, -1, -1)),
        "stack.blocks.*.attn_norm.*": "blocks.*.ln1.*",
        "stack.blocks.*.attn.qkv.*": "blocks.*.attn.{query,key,value}.*",
        "stack.blocks.*.attn.out.*": "blocks.*.attn.proj.*",
        "stack.blocks.*.mlp_norm.*": "blocks.*.ln2.*",
        "stack.blocks.*.mlp.up.*": "blocks.*.l1.*",
        "stack.blocks.*.mlp.down.*": "blocks.*.l2.*",
        "stack.norm_out.*": "ln_f.*",
        "heads.bins.products": "head.weight",
    },
    config={
        "n_embd": "size.d_model",
        "n_layer": "size.layers",
        "n_head": "size.heads",
        "observation_dim": "inputs.states",
        "action_dim": "inputs.actions",
        "transition_dim": Derived("inputs.step"),
        "vocab_size": "inputs.bins",
        "block_size": "inputs.context",
        "embd_pdrop": "inputs.dropout",
        "resid_pdrop": "stack.block.dropout",
        "attn_pdrop": "stack.block.attn.dropout",
        "initializer_range": "init.std",
    },
    # of the loss, or read by nothing there: its norms have torch's 1e-5 whatever layer_norm_eps says
    ignored=(
        "action_weight",
        "reward_weight",
        "value_weight",
        "learning_rate",
        "layer_norm_eps",
        "max_position_embeddings",
        "kaiming_initializer_range",
    ),
    unused=(r"blocks\.\d+\.attn\.mask",),
)
