"""Where transformers keeps DistilBERT."""

from clados.layouts.hf import ACTIVATIONS
from clados.layouts.hf.bert import bert
from clados.spec import *

distilbert = bert.but(
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
        "num_labels": bert.config["num_labels"],
        "dropout": "{inputs,stack.block}.dropout",
        "attention_dropout": "stack.block.attn.dropout",
        "initializer_range": "init.std",
    },
    ignored=("tie_weights_", "sinusoidal_pos_embds"),  # the latter says how the table of positions begins
    tied={"vocab_projector.weight": "inputs.tokens.weight"},
    unused=(r"distilbert\.embeddings\.position_ids",),
)
