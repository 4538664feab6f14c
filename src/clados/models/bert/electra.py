"""ELECTRA: BERT's encoder as a judge of each token, a small generator beside it (arXiv 2003.10555)."""

from clados.models.bert.bert import bert, large
from clados.models.bert.bert import hf as parent
from clados.models.bert.bert import pretraining as parents
from clados.spec import *

small = Size(layers=12, d_model=256, heads=4, d_embedding=128)
electra = bert.but(inputs=Factorised.like(bert.inputs), heads=(Discriminator("gelu"),))

# the generators, with the discriminators' tables
generator = electra.but(heads=(Tied(bias=True, transform="gelu"),))
quarter = generator.but(size=Size(layers=12, d_model=64, heads=1, d_embedding=128))
third = generator.but(size=small.but(d_embedding=768))
wide = generator.but(size=small.but(layers=24, d_embedding=1024))

pretraining = Stage(
    name="pretraining",
    objective=ReplacedTokens(generator=third.size),
    data="BooksCorpus and English Wikipedia, as BERT: 3.3B tokens",
    optimiser=parents.optimiser.but(lr=2e-4),
    schedule=Linear(warmup=10_000),
    batch=256,
    length=512,
    steps=766_000,
    clip=1.0,
)
little = pretraining.but(
    objective=but(generator=quarter.size), optimiser=but(lr=5e-4), batch=128, length=128, steps=1_000_000
)
much = pretraining.but(
    objective=but(generator=wide.size, rate=0.25),
    data="XLNet's text: BERT's, ClueWeb, CommonCrawl and Gigaword, 33B tokens",
    batch=2048,
    steps=1_750_000,
)

hf = parent.but(
    model_type="electra",
    architectures={
        "ElectraForPreTraining": ("discriminator",),
        "ElectraModel": (),
    },
    tuned={
        "ElectraForSequenceClassification": (Classifier(2, transform="gelu"),),
        "ElectraForTokenClassification": (TokenClassifier(2),),
        "ElectraForQuestionAnswering": (SpanStart(), SpanEnd()),
        "ElectraForMultipleChoice": (ChoiceScore("gelu"),),
    },
    prefix="electra.",
    rules={
        "inputs.tokens.*": "electra.embeddings.word_embeddings.*",
        "inputs.types.*": "electra.embeddings.token_type_embeddings.*",
        "inputs.position.table.*": "electra.embeddings.position_embeddings.*",
        "inputs.norm.*": "electra.embeddings.LayerNorm.*",
        "inputs.project.*": "electra.embeddings_project.*",
        "stack.blocks.*.attn.qkv.*": "electra.encoder.layer.*.attention.self.{query,key,value}.*",
        "stack.blocks.*.attn.out.*": "electra.encoder.layer.*.attention.output.dense.*",
        "stack.blocks.*.attn_norm.*": "electra.encoder.layer.*.attention.output.LayerNorm.*",
        "stack.blocks.*.mlp.up.*": "electra.encoder.layer.*.intermediate.dense.*",
        "stack.blocks.*.mlp.down.*": "electra.encoder.layer.*.output.dense.*",
        "stack.blocks.*.mlp_norm.*": "electra.encoder.layer.*.output.LayerNorm.*",
        "heads.discriminator.dense.*": "discriminator_predictions.dense.*",
        "heads.discriminator.out.*": "discriminator_predictions.dense_prediction.*",
        "heads.lm.dense.*": "generator_predictions.dense.*",
        "heads.lm.norm.*": "generator_predictions.LayerNorm.*",
        "heads.lm.bias": "generator_lm_head.bias",
        "heads.classifier.dense.*": "classifier.dense.*",
        "heads.classifier.out.*": "classifier.out_proj.*",
        "heads.choice.dense.*": "sequence_summary.summary.*",
        "heads.{choice,token_classifier}.out.*": "classifier.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={
        **parent.config,
        # the generator's head and the classifier's take gelu, whatever the layers have
        "hidden_act": Choice("{stack.block.mlp.act,heads[discriminator].act}", ACTIVATIONS),
        "embedding_size": "size.d_embedding",
    },
    tied={},
    unused=(r"electra\.embeddings\.position_ids",),
)
hf_generator = hf.but(
    architectures={"ElectraForMaskedLM": ("lm",)},
    tuned={},
    tied={"generator_lm_head.weight": "inputs.tokens.weight"},
)

declaration = Declaration(
    model=electra,
    sizes={
        "small": small,
        "base": electra.size,
        "large": large,
        "small-generator": quarter,
        "small++-generator": generator.but(size=small),
        "base-generator": third,
        "large-generator": wide,
    },
    recipe=Recipe((pretraining,)),
    recipes={"small": Recipe((little,)), "large": Recipe((much,))},
    layouts=(hf, hf_generator),
    assumed=(
        "stack.block.mlp.act, heads.act: the paper says BERT's; the exact GELU stands here, as there",
        "heads.act: not in the paper; the authors' code has the stack's",
    ),
)
