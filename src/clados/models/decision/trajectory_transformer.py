"""Trajectory Transformer: every number of a trajectory a token (Janner et al. 2021, arXiv 2106.02039)."""

from clados.spec import *

attention = Attention(pattern=WithoutValues(), dropout=0.1)
trajectory_transformer = Decoder(
    size=Size(layers=4, d_model=128, heads=4),
    inputs=Binned(states=17, actions=6, bins=100, context=249, dropout=0.1),
    stack=Stack(block=Block(attention, MLP("gelu"), dropout=0.1), norm=LayerNorm(1e-5), sees=Causal()),
    heads=(BinLogits(),),
    init=Normal(0.02, positions=0.0),
)

training = Stage(
    name="training",
    objective=BinnedTrajectories(),
    data="D4RL, HalfCheetah, 1 million steps, 50 epochs",
    optimiser=AdamW(lr=6e-4, beta2=0.95, decay=0.1, decays="products"),
    schedule=Cosine(warmup=3_906, floor=0.1, over=78_125),
    batch=256,
    length=10,
    steps=195_312,
    clip=1.0,
)

declaration = Declaration(
    model=trajectory_transformer,
    sizes={"default": trajectory_transformer.size},
    recipe=Recipe((training,)),
    assumed=(
        "init: not published; the authors' code draws the heads from U(-1, 1) / sqrt(d_model) and the rest from "
        "N(0, 0.02), positions apart, which begin at zero; N(0, 0.02) stands here for the heads too",
        "recipe.optimiser.lr, recipe.schedule: the authors' code, by tokens, with a cosine that rises again after 20 "
        "epochs; its lowest rate stays here. The paper's appendix has 2.5e-4 after 2,000 steps",
        "recipe.steps: 50 epochs of 1 million windows; a data set of another size is read so much oftener",
    ),
)
