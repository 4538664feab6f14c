"""Where transformers keeps DeBERTa."""

from clados.layouts.hf import ACTIVATIONS
from clados.layouts.hf.bert import bert, body
from clados.spec import *

rules = {
    **prefixed("deberta.", body),
    "stack.position.table.*": "deberta.encoder.rel_embeddings.*",
    "heads.lm.dense.*": "lm_predictions.lm_head.dense.*",
    "heads.lm.norm.*": "lm_predictions.lm_head.LayerNorm.*",
    "heads.lm.bias": "lm_predictions.lm_head.bias",
    "heads.{classifier,choice}.dense.*": "pooler.dense.*",
    "heads.{classifier,choice,token_classifier}.out.*": "classifier.*",
    "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
}

deberta = bert.but(
    model_type="deberta",
    architectures={"DebertaForMaskedLM": ("lm",), "DebertaModel": ()},
    tuned={
        "DebertaForSequenceClassification": (Classifier(2, transform="gelu"),),
        "DebertaForTokenClassification": (TokenClassifier(2),),
        "DebertaForQuestionAnswering": (SpanStart(), SpanEnd()),
    },
    prefix="deberta.",
    rules={
        **rules,
        "stack.blocks.*.attn.qkv.*": PerHead("deberta.encoder.layer.*.attention.self.in_proj.*"),
        "stack.blocks.*.attn.q_bias": "deberta.encoder.layer.*.attention.self.q_bias",
        "stack.blocks.*.attn.v_bias": "deberta.encoder.layer.*.attention.self.v_bias",
        "stack.blocks.*.attn.distance_k.*": "deberta.encoder.layer.*.attention.self.pos_proj.*",
        "stack.blocks.*.attn.distance_q.*": "deberta.encoder.layer.*.attention.self.pos_q_proj.*",
    },
    config={
        **bert.config,
        "pooler_hidden_act": Choice("heads[{classifier,choice}].transform", ACTIVATIONS),
        "max_position_embeddings": "stack.position.furthest",
        "hidden_dropout_prob": "{inputs,stack.block,stack.position}.dropout",
    },
    fixed={
        "relative_attention": True,
        "pos_att_type": ["c2p", "p2c"],
        "max_relative_positions": -1,
        "position_biased_input": False,
        "legacy": (False, True),  # the name of the head, of which both are known
    },
    ignored=("padding_idx", "pooler_dropout", "pooler_hidden_size", "attention_head_size"),
    tied={
        "cls.predictions.transform.dense.weight": "heads.lm.dense.weight",
        "cls.predictions.transform.dense.bias": "heads.lm.dense.bias",
        "cls.predictions.transform.LayerNorm.weight": "heads.lm.norm.weight",
        "cls.predictions.transform.LayerNorm.bias": "heads.lm.norm.bias",
        "cls.predictions.bias": "heads.lm.bias",
        "cls.predictions.decoder.weight": "inputs.tokens.weight",
        "cls.predictions.decoder.bias": "heads.lm.bias",
    },
    unused=(r"deberta\.embeddings\.position_ids",),
    extra=(r"deberta\.embeddings\.position_embeddings\.weight", r"mask_predictions\..*"),
    # it reads words from the last layer as tuning has it, and one direction of distance
    port=but(stack=but(position=but(reverse=False), decoder=None), heads=(Tied(bias=True, transform="gelu"),)),
)

deberta_v3 = deberta.but(
    model_type="deberta-v2",
    architectures={"DebertaV2ForMaskedLM": ("lm",), "DebertaV2Model": ()},
    tuned={
        "DebertaV2ForSequenceClassification": (Classifier(2, transform="gelu"),),
        "DebertaV2ForTokenClassification": (TokenClassifier(2),),
        "DebertaV2ForQuestionAnswering": (SpanStart(), SpanEnd()),
        "DebertaV2ForMultipleChoice": (ChoiceScore("gelu"),),
    },
    rules={
        **rules,
        "stack.position.norm.*": "deberta.encoder.LayerNorm.*",
        "stack.blocks.*.attn.qkv.*": "deberta.encoder.layer.*.attention.self.{query_proj,key_proj,value_proj}.*",
    },
    config={**deberta.config, "position_buckets": "stack.position.buckets"},
    fixed={**deberta.fixed, "norm_rel_ebd": "layer_norm", "share_att_key": True, "conv_kernel_size": 0},
)

deberta_v2 = deberta_v3.but(
    rules={
        **deberta_v3.rules,
        "stack.convolution.norm.*": "deberta.encoder.conv.LayerNorm.*",
        "stack.convolution.*": "deberta.encoder.conv.conv.*",
    },
    config={
        **deberta_v3.config,
        "conv_kernel_size": "stack.convolution.kernel",
        "conv_act": Choice("stack.convolution.act", ACTIVATIONS),
        "hidden_dropout_prob": "{inputs,stack.block,stack.position,stack.convolution}.dropout",
    },
    fixed={**deberta.fixed, "norm_rel_ebd": "layer_norm", "share_att_key": True},
)
