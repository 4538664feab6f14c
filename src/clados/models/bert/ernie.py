"""ERNIE (Tsinghua's, not Baidu's): BERT whose upper layers carry entities of a graph (Zhang et al. 2019)."""

from clados.models.bert.bert import bert
from clados.spec import *

ernie = EntityEncoder.like(
    bert,
    plain=5,
    entities=Entities(width=100, heads=4),
    fusion=Fusion("gelu", dropout=0.1),
    entity_attn=Attention(dropout=0.1),
    heads=(*bert.heads, EntityHead()),
    init=Normal(0.02),
)

pretraining = Tuning(
    name="pretraining",
    start="bert:base",
    objective=EntityDenoising(),
    data="English Wikipedia with its links to Wikidata: 4,500M subwords, 140M entities",
    optimiser=AdamW(lr=5e-5, eps=1e-6, decay=0.01),
    schedule=LinearDecay(),
    batch=512,
    length=256,
    epochs=1,
    clip=1.0,
)

declaration = Declaration(
    model=ernie,
    sizes={"base": ernie.size},
    recipe=Recipe((pretraining,)),
    assumed=(
        "fusion: the paper bends both streams once more (eq. 4-5); the authors' code, which stands here, adds them to "
        "what entered and brings them to norm, as in BERT",
        "plain: the paper says six layers each; in the published checkpoint entities enter the sixth by fusion alone",
        "recipe.optimiser.eps, recipe.clip, recipe.schedule: §4.2 gives 5e-5 and otherwise BERT's numbers; eps, clip "
        "and warmup, a tenth of the steps and left out here, are those of the authors' script",
    ),
)
