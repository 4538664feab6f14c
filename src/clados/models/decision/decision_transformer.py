"""Decision Transformer: the next action, given the return to come (Chen et al. 2021, arXiv 2106.01345)."""

from clados.spec import *

gym = Decoder(
    size=Size(layers=3, d_model=128, heads=1),
    inputs=Trajectory(states=11, actions=3, timesteps=1000, context=20, dropout=0.1),
    stack=Stack(block=Block(Attention(dropout=0.1), MLP("relu"), dropout=0.1), norm=LayerNorm(1e-5), sees=Causal()),
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

declaration = Declaration(
    model=gym,
    sizes={"gym-hopper": gym, "atari": atari},
    recipe=Recipe((training,)),
    recipes={"atari": Recipe((playing,))},
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
