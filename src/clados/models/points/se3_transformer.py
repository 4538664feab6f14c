"""SE(3)-Transformer: attention over points that turns as they do (Fuchs et al. 2020, arXiv 2006.10503)."""

from clados.spec import *

attention = EquivariantAttention(places=True)
particles = PointCloud(
    size=PointSize(layers=4, degrees=4, channels=8, inner=2, heads=2),
    inputs=Points(vectors=1, edges=1),
    block=EquivariantBlock(attention, BiasedLengths()),
    heads=(Motion(attn=attention.but(mixture=AttentiveMixture())),),
    init=EquivariantInit(),
)
molecules = particles.but(
    size=PointSize(layers=7, degrees=4, channels=32, inner=16, heads=8),
    inputs=Points(scalars=6, edges=4),
    block=but(attn=but(places=False), activation=NormedLengths()),
    heads=(Property(),),
)
training = Stage(
    name="training",
    objective=PointRegression(),
    data="30,000 simulations of charged particles",
    optimiser=AdamW(lr=1e-3),
    schedule=Cosine(floor=0.1),
    batch=128,
    steps=117_000,
)
other = training.but(objective=PointRegression(error="absolute"), data="QM9, 100,000 molecules", batch=32)
declaration = Declaration(
    model=particles,
    sizes={"n-body": particles, "qm9": molecules},
    recipe=Recipe((training,)),
    recipes={"qm9": Recipe((other.but(steps=312_500),))},
    assumed=(
        "recipe.stages: how many simulations train is not published; the code suggests 30,000, for 20 particles",
        "recipes.qm9.data: how many of QM9's molecules train is not in its code; 100,000 is the usual split",
    ),
)
