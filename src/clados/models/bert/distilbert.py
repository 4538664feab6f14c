"""DistilBERT: every second layer of BERT, taught by the whole (Sanh et al. 2019, arXiv 1910.01108)."""

from clados.models.bert.bert import bert
from clados.models.bert.bert import hf as parent
from clados.spec import *

distilbert = bert.but(size=but(layers=6), inputs=but(types=0), heads=(Tied(bias=True, transform="gelu"),))

distillation = Stage(
    name="distillation",
    objective=Distilled(teacher="bert"),
    data="BooksCorpus and English Wikipedia, as BERT",
    optimiser=AdamW(lr=5e-4, eps=1e-6),
    schedule=Linear(),
    batch=4000,
    length=512,
    clip=5.0,
)

hf = parent.but(
    model_type="distilbert",
    architectures={"DistilBertForMaskedLM": ("lm",), "DistilBertModel": ()},
    tuned={
        "DistilBertForSequenceClassification": (Classifier(2, transform="relu"),),
        "DistilBertForTokenClassification": (TokenClassifier(2),),
        "DistilBertForQuestionAnswering": (SpanStart(), SpanEnd()),
        "DistilBertForMultipleChoice": (ChoiceScore("relu"),),
    },
    prefix="distilbert.",
    rules={
        "inputs.tokens.*": "distilbert.embeddings.word_embeddings.*",
        "inputs.position.table.*": "distilbert.embeddings.position_embeddings.*",
        "inputs.norm.*": "distilbert.embeddings.LayerNorm.*",
        "stack.blocks.*.attn.qkv.*": "distilbert.transformer.layer.*.attention.{q_lin,k_lin,v_lin}.*",
        "stack.blocks.*.attn.out.*": "distilbert.transformer.layer.*.attention.out_lin.*",
        "stack.blocks.*.attn_norm.*": "distilbert.transformer.layer.*.sa_layer_norm.*",
        "stack.blocks.*.mlp.up.*": "distilbert.transformer.layer.*.ffn.lin1.*",
        "stack.blocks.*.mlp.down.*": "distilbert.transformer.layer.*.ffn.lin2.*",
        "stack.blocks.*.mlp_norm.*": "distilbert.transformer.layer.*.output_layer_norm.*",
        "heads.lm.dense.*": "vocab_transform.*",
        "heads.lm.norm.*": "vocab_layer_norm.*",
        "heads.lm.bias": "vocab_projector.bias",
        "heads.{classifier,choice}.dense.*": "pre_classifier.*",
        "heads.{classifier,choice,token_classifier}.out.*": "classifier.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={
        "dim": "size.d_model",
        "n_layers": "size.layers",
        "n_heads": "size.heads",
        "hidden_dim": "size.d_ff",
        "vocab_size": "inputs.vocab.size",
        "pad_token_id": "inputs.vocab.pad",
        "max_position_embeddings": "inputs.position.length",
        "activation": Choice("{stack.block.mlp.act,heads[lm].transform}", ACTIVATIONS),
        "num_labels": parent.config["num_labels"],
        "dropout": "{inputs,stack.block}.dropout",
        "attention_dropout": "stack.block.attn.dropout",
        "initializer_range": "init.std",
    },
    ignored=("tie_weights_", "sinusoidal_pos_embds"),  # the latter says how the table of positions begins
    tied={"vocab_projector.weight": "inputs.tokens.weight"},
    unused=(r"distilbert\.embeddings\.position_ids",),
)

declaration = Declaration(
    model=distilbert,
    sizes={
        "base": distilbert.size,
        "base-cased": distilbert.but(inputs=but(vocab=but(size=28_996))),
        "base-multilingual-cased": distilbert.but(inputs=but(vocab=but(size=119_547))),
    },
    recipe=Recipe((distillation,)),
    recipes={
        "base-cased": Recipe((distillation.but(objective=but(teacher="bert:base-cased")),)),
        "base-multilingual-cased": Recipe(
            (
                distillation.but(
                    objective=but(teacher="bert:base-multilingual-cased"),
                    data="Wikipedia in 104 languages, as the teacher",
                ),
            )
        ),
    },
    layouts=(hf,),
    assumed=(
        "recipe.objective: the weights and the temperature are those of the authors' published command",
        "recipe.optimiser, recipe.schedule, recipe.clip: not published; the defaults of the authors' script, whose "
        "warmup is 5 % of three passes over the data",
        "init: it starts from one layer of each two of the teacher's (§3), by the authors' script 0, 2, 4, 7, 9 and "
        "11, counted from 0; drawn anew here, as its teacher was",
        "recipe.objective.rate: the masks fall evenly here; the authors' command prefers rare words, by their count to "
        "the power of -0.7",
    ),
)
