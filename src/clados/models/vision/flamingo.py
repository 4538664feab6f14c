"""Flamingo: frozen Chinchilla models that look at images through new layers (Alayrac et al. 2022, arXiv 2204.14198)."""

from clados.models.gopher.chinchilla import chinchilla
from clados.spec import *

large = BridgedSize(
    text=chinchilla.size,
    resampler=Size(layers=6, d_model=1536, heads=16),
    vision=NFNetSize(layers=(7, 14, 42, 21), widths=(256, 512, 1536, 1536)),
    every=7,
)
flamingo = Bridged(
    size=large,
    inputs=Tokens(vocab=Vocabulary(kind="bpe", size=32_002)),
    vision=NFNet(image=320),
    stack=chinchilla.stack,
    heads=chinchilla.heads,
    init=Normal(0.02),
)
small, middle = Size(layers=24, d_model=2048, heads=16), Size(layers=40, d_model=4096, heads=32)
frozen = ("inputs.tokens.*", "vision.*.*.*", "vision.*.*.*.*", "stack.*.*", "stack.*.*.*.*", "stack.*.*.*.*.*")
data = "43 million web pages, 2.1 billion images and 27 million videos with captions"
base = Tuning(
    name="pretraining", start="chinchilla", objective=ImagesInText(), data=data, optimiser=AdamW(lr=1e-4, decay=0.1),
    schedule=Constant(warmup=5000), length=256, steps=500_000, clip=1.0, trains=AllBut(frozen),
)  # fmt: skip
declaration = Declaration(
    model=flamingo,
    sizes={"3b": large.but(text=small, every=1), "9b": large.but(text=middle, every=4), "80b": large},
    recipe=Recipe((base,)),
    assumed=(
        "vision: its last stage is read, without NFNet's last convolution; sizes.9b: 40 layers as published, where "
        "Chinchilla's 7.1B has 32; init, recipe.batch: not published, N(0, 0.02) stands here",
        "stack, inputs: Chinchilla's, with what is assumed there; both added tokens have rows of its table, and these "
        "learn, where of the two the paper says so of the chunk's end",
        "recipe: the vision, which learned apart to tell pairs (two-way contrast with a BERT), stays here as drawn",
        "resampler, gated: where norms stand is from replications, their eps torch's; recipe: the resampler decays too",
    ),
)
