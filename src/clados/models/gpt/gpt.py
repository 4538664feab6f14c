"""GPT: a decoder pretrained to continue books, then tuned (Radford et al. 2018)."""

from clados.spec import *

gpt = Decoder(
    size=Size(layers=12, d_model=768, heads=12),
    inputs=Tokens(vocab=Vocabulary(kind="bpe", size=40_478, unk=0), position=Learned(512), dropout=0.1),
    stack=Stack(
        block=Block(Attention(dropout=0.1), MLP("gelu_tanh"), residual=Post(), dropout=0.1),
        norm=LayerNorm(1e-5),
        sees=Causal(),
        norm_out=False,
    ),
    heads=(Tied(),),
    init=Normal(0.02),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="BooksCorpus, over 7,000 unpublished books, 100 epochs",
    optimiser=AdamW(lr=2.5e-4, decay=0.01),
    schedule=Cosine(warmup=2000),
    batch=64,
    length=512,
)

declaration = Declaration(
    model=gpt,
    sizes={"117m": gpt.size},
    recipe=Recipe((pretraining,)),
    assumed=("stack.block.mlp.act: the paper says GELU; the authors' code computes its tanh form, which stands here",),
)
