"""Switch Transformer: T5 with experts, one for each token (Fedus et al. 2021, arXiv 2101.03961)."""

from clados.models.t5.t5 import pretraining, t5
from clados.spec import *

experts = Experts("relu", capacity=OfBatch(training=1.25, evaluation=2.0), balance=0.01, jitter=0.01, dropout=0.1)
reader, writer = reach(t5, "encoder.block"), reach(t5, "decoder.block")
switch = t5.but(
    size=Size(layers=15, d_model=2080, heads=32, d_ff=6144, head_dim=64, experts=2048),
    encoder=but(block=but(mlp=experts)),
    decoder=but(block=but(mlp=experts)),
    init=FanIn(scale=0.1, cut=True),
)
base = switch.but(
    size=Size(layers=12, d_model=768, heads=12, d_ff=3072, head_dim=64, experts=128),
    encoder=but(block=(reader, reader.but(mlp=experts))),
    decoder=but(block=(writer, writer.but(mlp=experts))),
)
gated = but(act="gelu_tanh", gated=True)
xxl = base.but(
    size=Size(layers=24, d_model=4096, heads=64, d_ff=10_240, head_dim=64, experts=128),
    encoder=but(block=but(mlp=gated)),
    decoder=but(block=but(mlp=gated)),
)

declaration = Declaration(
    model=switch,
    sizes={
        "base-8": base.but(size=but(experts=8)),
        "base-16": base.but(size=but(experts=16)),
        "base-32": base.but(size=but(experts=32)),
        "base-64": base.but(size=but(experts=64)),
        "base-128": base,
        "base-256": base.but(size=but(experts=256)),
        "large-128": base.but(size=Size(layers=24, d_model=1024, heads=16, d_ff=4096, head_dim=64, experts=128)),
        "xxl": xxl,
        "c": switch,
    },
    recipe=Recipe((pretraining.but(data="C4", steps=None),)),
    assumed=(
        "encoder.block.mlp.capacity.least, decoder.block.mlp.capacity.least: not in the paper; 4 as in Mesh TensorFlow",
        "encoder.block.mlp.jitter, decoder.block.mlp.jitter: the paper scales the router's input; 0.01 as released",
        "encoder.dropout, decoder.dropout: not published for pretraining; T5's stand here",
        "sizes.base-128, sizes.large-128: the table lists gated layers of 2048 and 2816; those of the released "
        "checkpoints, with ReLU, stand here",
        "sizes.xxl.size.experts: the table prints 64, which gives 201B; 128 give its 395B and stand here",
    ),
)
