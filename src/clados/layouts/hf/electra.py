"""Where transformers keeps ELECTRA."""

from clados.layouts.hf import ACTIVATIONS
from clados.layouts.hf.bert import bert, body, embeddings
from clados.spec import *

electra = bert.but(
    model_type="electra",
    architectures={"ElectraForPreTraining": ("discriminator",), "ElectraModel": ()},
    tuned={
        "ElectraForSequenceClassification": (Classifier(2, transform="gelu"),),
        "ElectraForTokenClassification": (TokenClassifier(2),),
        "ElectraForQuestionAnswering": (SpanStart(), SpanEnd()),
        "ElectraForMultipleChoice": (ChoiceScore("gelu"),),
    },
    prefix="electra.",
    rules={
        **prefixed("electra.", {**body, **embeddings}),
        "inputs.project.*": "electra.embeddings_project.*",
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
        **bert.config,
        # the generator's head and the classifier's take gelu, whatever the layers have
        "hidden_act": Choice("{stack.block.mlp.act,heads[discriminator].act}", ACTIVATIONS),
        "embedding_size": "size.d_embedding",
    },
    tied={},
    unused=(r"electra\.embeddings\.position_ids",),
)

electra_generator = electra.but(
    architectures={"ElectraForMaskedLM": ("lm",)}, tuned={}, tied={"generator_lm_head.weight": "inputs.tokens.weight"}
)
