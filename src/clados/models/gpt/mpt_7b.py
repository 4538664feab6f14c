"""MPT-7B: a decoder without biases whose positions are ALiBi's slopes (MosaicML 2023)."""

from clados.models.gpt.gpt_3 import dense, gpt_3
from clados.spec import *

mpt_7b = gpt_3.but(
    size=Size(layers=32, d_model=4096, heads=32),
    inputs=Tokens(vocab=Vocabulary(kind="bytes", size=50_432, bos=0, eos=0)),
    stack=but(
        block=dense.but(attn=but(biases="none", dropout=0.0), mlp=but(act="gelu", bias=False), dropout=0.0),
        norm=LayerNorm(bias=False),
        position=ALiBi(),
    ),
    init=Kaiming(),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="1T tokens: mC4, C4, RedPajama, the Stack, S2ORC",
    optimiser=Lion(lr=4e-5),
    schedule=Cosine(warmup=2000, floor=0.1),
    batch=1760,
    length=2048,
)

declaration = Declaration(
    model=mpt_7b,
    sizes={"7b": mpt_7b.size},
    recipe=Recipe((pretraining,)),
    assumed=(
        "recipe.optimiser.lr, recipe.optimiser.decay: not published; a third of what its code's example takes with "
        "AdamW stands here, without decay",
        "recipe.schedule: not published; 2,000 steps of warmup and a cosine to a tenth stand here",
        "recipe.batch: 1,760 sequences, from the post that released it, not read again",
    ),
)
