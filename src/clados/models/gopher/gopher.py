"""Gopher: GPT-2 with RMSNorm and positions by distance, in six sizes (Rae et al. 2021, arXiv 2112.11446)."""

from clados.models.gpt.gpt_2 import gpt_2
from clados.spec import *

gopher = gpt_2.but(
    size=Size(layers=80, d_model=16_384, heads=128),
    inputs=but(vocab=Vocabulary(kind="bpe", size=32_000), position=None, dropout=0.0),
    stack=but(block=but(attn=but(dropout=0.0), dropout=0.0), norm=RMSNorm(), position=Distances()),
    init=Normal(0.02),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="MassiveText, 300B tokens of web pages, books, news, code, C4 and Wikipedia",
    optimiser=AdamW(lr=4e-5),
    schedule=Cosine(warmup=1500, floor=0.1),
    batch=3072,
    length=2048,
    steps=47_684,
    clip=0.25,
)
seventh = pretraining.but(optimiser=but(lr=1.2e-4), batch=1024, steps=143_051)
smaller = pretraining.but(optimiser=but(lr=2e-4), batch=128, steps=1_144_409, clip=1.0)
smallest = smaller.but(optimiser=but(lr=6e-4))

declaration = Declaration(
    model=gopher,
    sizes={
        "44m": Size(layers=8, d_model=512, heads=16),
        "117m": Size(layers=12, d_model=768, heads=12),
        "417m": Size(layers=12, d_model=1536, heads=12),
        "1.4b": Size(layers=24, d_model=2048, heads=16),
        "7.1b": Size(layers=32, d_model=4096, heads=32),
        "280b": gopher.size,
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "44m": Recipe((smallest,)),
        "117m": Recipe((smallest,)),
        "417m": Recipe((smaller,)),
        "1.4b": Recipe((smaller,)),
        "7.1b": Recipe((seventh,)),
    },
    assumed=(
        "stack.block.attn.biases, stack.block.mlp.bias, stack.block.mlp.act: GPT-2's but for two changes (§3.1)",
        "stack.position: Transformer-XL's by its authors, one pair of biases for all layers",
        "inputs.dropout, stack.block.dropout, stack.block.attn.dropout: none is stated, and none stands here",
        "inputs.vocab: the ids with a role are not published",
        "stack.norm.eps, init: not published; RMSNorm's usual 1e-6 and N(0, 0.02) stand here",
        "recipe: published in tokens (0.25M, 2M, for 280b 3M and then 6M a batch, 300B in all); 6M and sequences of "
        "2048 stand here, the warmup's start at 1e-7 as zero",
        "recipe.optimiser.beta2, recipe.optimiser.eps: not published; Adam's usual 0.999 and 1e-8 stand here",
    ),
)
