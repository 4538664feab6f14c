"""LaMDA: a decoder for dialogue with T5's relative biases and GEGLU (Thoppilan et al. 2022, arXiv 2201.08239)."""

from clados.models.t5.t5 import pretraining as parent, t5
from clados.spec import *

lamda = Decoder(
    size=Size(layers=64, d_model=8192, heads=128, d_ff=65_536, head_dim=128),
    inputs=Tokens(vocab=Vocabulary(kind="bpe", size=32_000, pad=0, eos=1, bos=2, unk=3)),
    stack=dropping(t5, 0.0).decoder.but(block=but(mlp=MLP("gelu_tanh", gated=True, bias=False), cross=None)),
    heads=(Tied(scaled=True),),
    init=UnscaledScores(),
)

pretraining = parent.but(
    objective=NextToken(),
    data="1.56T words (2.81T tokens): half public dialogue, the rest C4, code documents, Wikipedia, other web text",
    batch=256,
    length=1024,
    steps=3_000_000,
)

declaration = Declaration(
    model=lamda,
    sizes={
        "2b": Size(layers=10, d_model=2560, heads=40, d_ff=20_480, head_dim=128),
        "8b": Size(layers=16, d_model=4096, heads=64, d_ff=32_768, head_dim=128),
        "137b": lamda.size,
    },
    recipe=Recipe((pretraining,)),
    recipes={"2b": Recipe((pretraining.but(steps=501_000),)), "8b": Recipe((pretraining.but(steps=521_000),))},
    assumed=(
        "stack.norm, stack.block.residual, stack.block.attn.scale, stack.position, heads, init: not published beyond "
        "T5's relative attention; T5's stand here",
        "inputs.vocab, recipe.optimiser, recipe.schedule: not published (of the first, special ids); T5's stand here",
        "recipe: pretraining alone; the tuning that follows (§5, §6) is published in its data and not in its numbers",
        "sizes.2b.size.d_ff, sizes.8b.size.d_ff: not published; 8 d_model stands here, as in 137b",
        "recipe.batch: published in tokens (256K); sequences of 1024 stand here",
    ),
)
