"""Megatron-LM: GPT-2 and BERT at sizes that are cut across devices, the norms in front (arXiv 1909.08053)."""

from clados.models.bert.bert import bert
from clados.models.gpt.gpt_2 import gpt_2
from clados.spec import *

megatron = gpt_2.but(
    size=Size(layers=72, d_model=3072, heads=24), inputs=but(vocab=but(size=51_200)), init=Normal(0.02, by_depth=True)
)
megatron_bert = bert.but(
    size=Size(layers=24, d_model=1024, heads=16),
    inputs=but(vocab=but(size=30_592), norm=False),
    stack=but(block=but(residual=Pre()), norm=LayerNorm(1e-5), norm_out=True),
    heads=(Tied(bias=True, transform="gelu"), Pooler(), SentenceOrder()),
    init=Normal(0.02, by_depth=True),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="174 GB: Wikipedia, CC-Stories, RealNews, OpenWebText, each text once",
    optimiser=AdamW(lr=1.5e-4, decay=0.01),
    schedule=Cosine(warmup=3000, floor=1e-5 / 1.5e-4),
    batch=512,
    length=1024,
    steps=300_000,
    clip=1.0,
)
masked = pretraining.but(
    objective=MaskedNgrams(),
    data="174 GB: Wikipedia, CC-Stories, RealNews, OpenWebText, each text once; and BookCorpus",
    optimiser=but(lr=1e-4),
    schedule=LinearDecay(warmup=10_000),
    batch=1024,
    length=512,
    steps=2_000_000,
)

largest = masked.but(schedule=but(over=2_000_000), steps=1_500_000)

declaration = Declaration(
    model=megatron,
    sizes={
        "gpt-355m": Size(layers=24, d_model=1024, heads=16),
        "gpt-1.2b": Size(layers=40, d_model=1536, heads=16),
        "gpt-2.5b": Size(layers=54, d_model=1920, heads=20),
        "gpt-4.2b": Size(layers=64, d_model=2304, heads=24),
        "gpt-8.3b": megatron.size,
        "bert-336m": megatron_bert,
        "bert-1.3b": megatron_bert.but(size=Size(layers=24, d_model=2048, heads=32)),
        "bert-3.9b": megatron_bert.but(size=Size(layers=48, d_model=2560, heads=40)),
    },
    recipe=Recipe((pretraining,)),
    recipes={"bert-336m": Recipe((masked,)), "bert-1.3b": Recipe((masked,)), "bert-3.9b": Recipe((largest,))},
    assumed=(
        "sizes.bert-336m.stack.norm.eps, stack.norm.eps: not published; the default of the authors' code",
        "stack.block.mlp.act: the paper says GELU; its parents' forms stand here",
        "recipes.bert-336m.objective: n-grams of whole words as SpanBERT's (§4.2); up to three, the default of the "
        "authors' code and ALBERT's, stand here",
        "sizes.gpt-1.2b, sizes.gpt-4.2b: shapes of the scaling study (table 1), which were timed, not trained to "
        "the end; the others' recipe stands here",
        "recipes.bert-3.9b.steps: still in training when the paper was written",
    ),
)
