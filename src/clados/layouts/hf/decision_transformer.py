"""Where transformers keeps a Decision Transformer."""

from clados.layouts.hf import ACTIVATIONS
from clados.spec import *

decision_transformer = Layout(
    model_type="decision_transformer",
    architectures={"DecisionTransformerModel": ("action", "state", "return")},
    rules={
        "inputs.returns.*": "embed_return.*",
        "inputs.states.*": "embed_state.*",
        "inputs.actions.*": "embed_action.*",
        "inputs.timesteps.*": "embed_timestep.*",
        "inputs.norm.weight": "embed_ln.weight",
        # the port adds one row of an unused table of positions to all that leaves this norm
        "inputs.norm.bias": PlusRow("embed_ln.bias", plus="encoder.wpe.weight", rows=1024, any_rows=True),
        "stack.blocks.*.attn_norm.*": "encoder.h.*.ln_1.*",
        "stack.blocks.*.attn.qkv.weight": Transposed("encoder.h.*.attn.c_attn.weight"),
        "stack.blocks.*.attn.qkv.bias": "encoder.h.*.attn.c_attn.bias",
        "stack.blocks.*.attn.out.weight": Transposed("encoder.h.*.attn.c_proj.weight"),
        "stack.blocks.*.attn.out.bias": "encoder.h.*.attn.c_proj.bias",
        "stack.blocks.*.mlp_norm.*": "encoder.h.*.ln_2.*",
        "stack.blocks.*.mlp.up.weight": Transposed("encoder.h.*.mlp.c_fc.weight"),
        "stack.blocks.*.mlp.up.bias": "encoder.h.*.mlp.c_fc.bias",
        "stack.blocks.*.mlp.down.weight": Transposed("encoder.h.*.mlp.c_proj.weight"),
        "stack.blocks.*.mlp.down.bias": "encoder.h.*.mlp.c_proj.bias",
        "stack.norm_out.*": "encoder.ln_f.*",
        "heads.action.out.*": "predict_action.0.*",
        "heads.state.out.*": "predict_state.*",
        "heads.return.out.*": "predict_return.*",
    },
    config={
        "hidden_size": "size.d_model",
        "n_layer": "size.layers",
        "n_head": "size.heads",
        "n_inner": "size.d_ff",
        "state_dim": "inputs.states",
        "act_dim": "inputs.actions",
        "max_ep_len": "inputs.timesteps",
        "layer_norm_epsilon": "stack.norm.eps",
        "activation_function": Choice("stack.block.mlp.act", ACTIVATIONS),
        "embd_pdrop": "inputs.dropout",
        "resid_pdrop": "stack.block.dropout",
        "attn_pdrop": "stack.block.attn.dropout",
        "initializer_range": "init.std",
    },
    fixed={"action_tanh": True},
    ignored=("vocab_size", "n_positions", "max_position_embeddings"),
    unused=(r"encoder\.wte\.weight", r"encoder\.h\.\d+\.attn\.(bias|masked_bias)"),
)
