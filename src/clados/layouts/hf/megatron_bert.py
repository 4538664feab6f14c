"""Where transformers keeps Megatron's BERT."""

from clados.layouts.hf.bert import bert, tasks
from clados.spec import *

megatron_bert = bert.but(
    model_type="megatron-bert",
    architectures={
        "MegatronBertForPreTraining": ("lm", "pooler", "sop"),
        "MegatronBertModel": ("pooler",),
        "MegatronBertForMaskedLM": ("lm",),
    },
    tuned=for_tasks("MegatronBert", tasks),
    rules={
        **bert.rules,
        "stack.blocks.*.attn_norm.*": "bert.encoder.layer.*.attention.ln.*",
        "stack.blocks.*.mlp_norm.*": "bert.encoder.layer.*.ln.*",
        "stack.norm_out.*": "bert.encoder.ln.*",
        "heads.sop.out.*": "cls.seq_relationship.*",
    },
    config={**bert.config, "type_vocab_size": Choice("inputs.types", {2: 2})},
)
