"""Where transformers keeps mBART."""

from clados.layouts.hf.bart import bart
from clados.spec import *

mbart = bart.but(
    model_type="mbart",
    architectures={"MBartForConditionalGeneration": ("lm",), "MBartModel": ()},
    tuned={
        "MBartForSequenceClassification": (LastClassifier(2, transform="tanh"),),
        "MBartForQuestionAnswering": (SpanStart(), SpanEnd()),
    },
    rules={**bart.rules, "*.norm_out.*": "model.*.layer_norm.*"},
)
