"""Decision Transformer: the next action, given the return to come (Chen et al. 2021, arXiv 2106.01345)."""

from clados.spec import *

gym = Decoder(
    size=Size(layers=3, d_model=128, heads=1),
    inputs=Trajectory(states=11, actions=3, timesteps=1000, context=20, dropout=0.1),
    stack=Stack(
        block=Block(Attention(dropout=0.1), MLP("relu"), dropout=0.1),
        norm=LayerNorm(1e-5),
        sees=Causal(),
    ),
    heads=(NextAction(), NextState(), NextReturn()),
    init=Normal(0.02),
)
atari = gym.but(
    size=Size(layers=6, d_model=128, heads=8),
    inputs=Frames(
        frames=4,
        side=84,
        convolutions=((32, 8, 4), (64, 4, 2), (64, 3, 1)),
        actions=4,
        timesteps=2_000,
        context=30,
        dropout=0.1,
    ),
    stack=but(block=but(mlp=MLP("gelu"))),
    heads=(ActionLogits(),),
    init=Normal(0.02, positions=0.0),
)

training = Stage(
    name="training",
    objective=ReturnConditioned("squared"),
    data="D4RL, Hopper",
    optimiser=AdamW(lr=1e-4, decay=1e-4, decays="all"),
    schedule=Constant(warmup=100_000),
    batch=64,
    length=20,
    steps=100_000,
    clip=0.25,
)
playing = Stage(
    name="training",
    objective=ReturnConditioned("cross-entropy"),
    data="DQN replay, 500,000 steps of Breakout, 5 epochs",
    optimiser=AdamW(lr=6e-4, beta2=0.95, decay=0.1, decays="products"),
    schedule=Cosine(warmup=3, over=23_437),
    batch=128,
    length=30,
    steps=19_531,
    clip=1.0,
)

hf = Layout(
    model_type="decision_transformer",
    architectures={"DecisionTransformerModel": ("action", "state", "return")},
    rules={
        "inputs.returns.*": "embed_return.*",
        "inputs.states.*": "embed_state.*",
        "inputs.actions.*": "embed_action.*",
        "inputs.timesteps.*": "embed_timestep.*",
        "inputs.norm.weight": "embed_ln.weight",
        # the port adds one row of an unused table of positions to all that leaves this norm
        "inputs.norm.bias": Folded("embed_ln.bias", plus="encoder.wpe.weight", rows=1024, any_rows=True),
        "stack.blocks.*.attn_norm.*": "encoder.h.*.ln_1.*",
        "stack.blocks.*.attn.qkv.weight": Flipped("encoder.h.*.attn.c_attn.weight"),
        "stack.blocks.*.attn.qkv.bias": "encoder.h.*.attn.c_attn.bias",
        "stack.blocks.*.attn.out.weight": Flipped("encoder.h.*.attn.c_proj.weight"),
        "stack.blocks.*.attn.out.bias": "encoder.h.*.attn.c_proj.bias",
        "stack.blocks.*.mlp_norm.*": "encoder.h.*.ln_2.*",
        "stack.blocks.*.mlp.up.weight": Flipped("encoder.h.*.mlp.c_fc.weight"),
        "stack.blocks.*.mlp.up.bias": "encoder.h.*.mlp.c_fc.bias",
        "stack.blocks.*.mlp.down.weight": Flipped("encoder.h.*.mlp.c_proj.weight"),
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

declaration = Declaration(
    model=gym,
    sizes={"gym-hopper": gym, "atari": atari},
    recipe=Recipe((training,)),
    recipes={"atari": Recipe((playing,))},
    layouts=(hf,),
    assumed=(
        "init: not published; the authors' code draws the layers from N(0, 0.02) and leaves inputs and heads to torch; "
        "N(0, 0.02) stands here for all",
        "recipe.schedule.warmup: the paper's table says 100,000, the authors' code 10,000; the paper's stands here",
        "recipes.atari.schedule: the authors' code counts tokens, 30 a window, and stops at a tenth of the peak; steps "
        "stand here, which end at 0.07 of it",
        "sizes.atari.inputs.timesteps: as long as the longest episode of the game's data; 2,000 stands here",
        "sizes.atari.inputs.actions: of Breakout; each game has its own",
    ),
)
