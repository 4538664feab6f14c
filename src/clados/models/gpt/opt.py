"""OPT: GPT-3 remade in the open, dense and with ReLU (Zhang et al. 2022, arXiv 2205.01068)."""

from clados.models.gpt.gpt_3 import dense, gpt_3
from clados.spec import *

opt = gpt_3.but(
    inputs=Tokens(
        vocab=Vocabulary(kind="bytes", size=50_272, bos=2, eos=2, pad=1, unk=3), position=Learned(2050, start=2)
    ),
    stack=but(block=dense.but(mlp=but(act="relu"))),
    init=Normal(0.006, by_depth=True),
)
narrow = opt.but(
    size=Size(layers=24, d_model=1024, heads=16, d_embedding=512),
    inputs=Widened(vocab=opt.vocab, position=Learned(2050, start=2)),
    stack=but(block=but(residual=Post()), norm_out=False),
    heads=(Narrowed(),),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="180B tokens, 300B seen: BookCorpus, CC-Stories, CCNews, parts of the Pile, PushShift Reddit",
    optimiser=AdamW(lr=1.2e-4, beta2=0.95, decay=0.1),
    schedule=LinearDecay(warmup=2000, floor=0.1),
    batch=1024,
    length=2048,
    steps=143_051,
    clip=1.0,
)
quarter = pretraining.but(schedule=but(warmup=715), batch=256, steps=572_205)
half = pretraining.but(schedule=but(warmup=358), batch=512, steps=286_102)
whole = pretraining.but(schedule=but(warmup=179))
double = pretraining.but(schedule=but(warmup=89), batch=2048, steps=71_526)

declaration = Declaration(
    model=opt,
    sizes={
        "125m": Size(layers=12, d_model=768, heads=12),
        "350m": narrow,
        "1.3b": Size(layers=24, d_model=2048, heads=32),
        "2.7b": Size(layers=32, d_model=2560, heads=32),
        "6.7b": Size(layers=32, d_model=4096, heads=32),
        "13b": Size(layers=40, d_model=5120, heads=40),
        "30b": Size(layers=48, d_model=7168, heads=56),
        "66b": Size(layers=64, d_model=9216, heads=72),
        "175b": opt.size,
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "125m": Recipe((quarter.but(optimiser=but(lr=6e-4)),)),
        "350m": Recipe((quarter.but(optimiser=but(lr=3e-4)),)),
        "1.3b": Recipe((half.but(optimiser=but(lr=2e-4)),)),
        "2.7b": Recipe((half.but(optimiser=but(lr=1.6e-4)),)),
        "6.7b": Recipe((whole,)),
        "13b": Recipe((double.but(optimiser=but(lr=1e-4)),)),
        "30b": Recipe((double.but(optimiser=but(lr=1e-4)),)),
        "66b": Recipe((whole.but(optimiser=but(lr=0.8e-4)),)),
    },
    assumed=(
        "recipe: published in tokens (0.5M to 4M a batch, warmup 375M, 300B in all); sequences of 2048 stand here",
        "sizes.350m: its norms after each layer, its narrow table and the two products around it are facts of the code "
        "and the files, not of the paper",
        "inputs.position: two rows, before the first position, are never read, as in the authors' code",
    ),
)
