"""ALBERT: BERT with one set of weights for every layer and a narrow table (Lan et al. 2020, arXiv 1909.11942)."""

from clados.models.bert.bert import bert, large
from clados.models.bert.bert import hf as parent
from clados.spec import *

albert = bert.but(
    size=but(d_embedding=128),
    inputs=Factorised.like(
        bert.inputs, vocab=Vocabulary(kind="unigram", size=30_000, pad=0, unk=1, cls=2, sep=3, mask=4)
    ),
    stack=SharedStack.like(bert.stack),
    heads=(Tied(bias=True, transform="gelu"), Pooler(), SentenceOrder()),
)

pretraining = Stage(
    name="pretraining",
    objective=MaskedNgrams(),
    data="BooksCorpus and English Wikipedia, 16 GB",
    optimiser=LAMB(lr=1.76e-3),
    schedule=Linear(warmup=3125),
    batch=4096,
    length=512,
    steps=125_000,
    clip=1.0,
)

hf = parent.but(
    model_type="albert",
    architectures={
        "AlbertForPreTraining": ("lm", "pooler", "sop"),
        "AlbertModel": ("pooler",),
        "AlbertForMaskedLM": ("lm",),
    },
    tuned={
        "AlbertForSequenceClassification": (Classifier(2, transform="tanh"),),
        "AlbertForTokenClassification": (TokenClassifier(2),),
        "AlbertForQuestionAnswering": (SpanStart(), SpanEnd()),
        "AlbertForMultipleChoice": (ChoiceScore(),),
    },
    prefix="albert.",
    rules={
        "inputs.tokens.*": "albert.embeddings.word_embeddings.*",
        "inputs.types.*": "albert.embeddings.token_type_embeddings.*",
        "inputs.position.table.*": "albert.embeddings.position_embeddings.*",
        "inputs.norm.*": "albert.embeddings.LayerNorm.*",
        "inputs.project.*": "albert.encoder.embedding_hidden_mapping_in.*",
        "stack.blocks.*.attn.qkv.*": (
            "albert.encoder.albert_layer_groups.*.albert_layers.0.attention.{query,key,value}.*"
        ),
        "stack.blocks.*.attn.out.*": "albert.encoder.albert_layer_groups.*.albert_layers.0.attention.dense.*",
        "stack.blocks.*.attn_norm.*": "albert.encoder.albert_layer_groups.*.albert_layers.0.attention.LayerNorm.*",
        "stack.blocks.*.mlp.up.*": "albert.encoder.albert_layer_groups.*.albert_layers.0.ffn.*",
        "stack.blocks.*.mlp.down.*": "albert.encoder.albert_layer_groups.*.albert_layers.0.ffn_output.*",
        "stack.blocks.*.mlp_norm.*": "albert.encoder.albert_layer_groups.*.albert_layers.0.full_layer_layer_norm.*",
        "heads.pooler.dense.*": "albert.pooler.*",
        "heads.sop.out.*": "sop_classifier.classifier.*",
        "heads.lm.dense.*": "predictions.dense.*",
        "heads.lm.norm.*": "predictions.LayerNorm.*",
        "heads.lm.bias": "predictions.bias",
        "heads.{classifier,choice}.dense.*": "albert.pooler.*",
        "heads.{classifier,choice,token_classifier}.out.*": "classifier.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={
        **parent.config,
        "embedding_size": "size.d_embedding",
        "num_hidden_groups": "stack.groups",
    },
    fixed={"inner_group_num": 1},
    ignored=("down_scale_factor", "gap_size", "net_structure_type", "num_memory_blocks", "layers_to_keep"),
    tied={"predictions.decoder.weight": "inputs.tokens.weight", "predictions.decoder.bias": "heads.lm.bias"},
    unused=(r"albert\.embeddings\.position_ids",),
)

declaration = Declaration(
    model=albert,
    sizes={
        "base": albert.size,
        "large": large.but(d_embedding=128),
        "xlarge": Size(layers=24, d_model=2048, heads=16, d_embedding=128),
        "xxlarge": albert.but(
            size=Size(layers=12, d_model=4096, heads=64, d_embedding=128),
            inputs=but(dropout=0.0),
            stack=but(block=but(attn=but(dropout=0.0), dropout=0.0)),
        ),
    },
    recipe=Recipe((pretraining,)),
    layouts=(hf,),
    assumed=(
        "stack.block.mlp.act, heads.transform: the paper says GELU; its exact form stands here, as in the first "
        "checkpoints; the second have the tanh form",
        "init: not published; BERT's, as in the authors' code",
        "sizes.xxlarge.inputs.dropout, sizes.xxlarge.stack.block.dropout: 0 is the released configuration's",
    ),
)
