"""Where transformers keeps BART."""

from clados.layouts.hf.marian import config, legacy_keys, marian, rules
from clados.spec import *

bart = marian.but(
    model_type="bart",
    architectures={"BartForConditionalGeneration": ("lm",), "BartModel": ()},
    tuned={
        "BartForSequenceClassification": (LastClassifier(2, transform="tanh"),),
        "BartForQuestionAnswering": (SpanStart(), SpanEnd()),
    },
    rules={
        **rules,
        "inputs.position.table.*": "model.encoder.embed_positions.*",
        "inputs.norm.*": "model.encoder.layernorm_embedding.*",
        "target.position.table.*": "model.decoder.embed_positions.*",
        "target.norm.*": "model.decoder.layernorm_embedding.*",
        "heads.classifier.dense.*": "classification_head.dense.*",
        "heads.classifier.out.*": "classification_head.out_proj.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={
        **config,
        "num_labels": "heads[{classifier,token_classifier}].classes",
        "max_position_embeddings": Offset("{inputs,target}.position.length", by=2),
        "scale_embedding": "{inputs,target}.scaled",
        "dropout": "{inputs,target,encoder.block,decoder.block}.dropout",
        "init_std": "init.std",
    },
    fixed={"is_encoder_decoder": True, "tie_word_embeddings": True},
    ignored=("num_hidden_layers", *legacy_keys),
    unused=(r"model\.(encoder|decoder)\.version",),
    port=None,
)
