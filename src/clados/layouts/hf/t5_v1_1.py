"""Where transformers keeps T5 v1.1 and mT5."""

from clados.layouts.hf.t5 import t5, t5_classes, t5_common
from clados.spec import *

gated: dict[str, str | Rule] = {
    "encoder.blocks.*.mlp.up.*": "encoder.block.*.layer.1.DenseReluDense.{wi_0,wi_1}.*",
    "decoder.blocks.*.mlp.up.*": "decoder.block.*.layer.2.DenseReluDense.{wi_0,wi_1}.*",
}
t5_v1_1 = t5.but(
    rules={**t5.rules, **gated},
    fixed={**t5.fixed, "feed_forward_proj": "gated-gelu", "is_gated_act": True, "dense_act_fn": "gelu_new"},
)

# mT5 (Xue et al. 2021, arXiv 2010.11934): T5 v1.1 on 101 languages; its words are read out unscaled.
mt5 = t5_v1_1.but(model_type="mt5", architectures={"MT5ForConditionalGeneration": ("lm",)}, config=t5_common.config)

t5_v1_1_classes = t5_classes.but(rules={**t5_classes.rules, **prefixed("transformer.", gated)}, fixed=t5_v1_1.fixed)
mt5_classes = t5_v1_1_classes.but(
    model_type="mt5",
    architectures={"MT5Model": ()},
    tuned={"MT5ForSequenceClassification": (LastClassifier(2, transform="tanh"),)},
)
