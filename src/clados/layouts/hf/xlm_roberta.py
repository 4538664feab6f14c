"""Where transformers keeps XLM-RoBERTa and CamemBERT."""

from clados.layouts.hf.bert import tasks
from clados.layouts.hf.roberta import roberta, roberta_with_types
from clados.spec import *

xlm_roberta = roberta.but(
    model_type="xlm-roberta",
    architectures={"XLMRobertaForMaskedLM": ("lm",), "XLMRobertaModel": ()},
    tuned=for_tasks("XLMRoberta", tasks),
)

xlm_roberta_with_types = roberta_with_types.but(
    model_type=xlm_roberta.model_type, architectures=xlm_roberta.architectures, tuned=xlm_roberta.tuned
)

# CamemBERT (Martin et al. 2020, arXiv 1911.03894): RoBERTa in French, with pieces of SentencePiece.
camembert = xlm_roberta.but(
    model_type="camembert",
    architectures={"CamembertForMaskedLM": ("lm",), "CamembertModel": ()},
    tuned=for_tasks("Camembert", tasks),
)

camembert_with_types = xlm_roberta_with_types.but(
    model_type=camembert.model_type, architectures=camembert.architectures, tuned=camembert.tuned
)

xlm_roberta_xl = roberta.but(
    model_type="xlm-roberta-xl",
    architectures={"XLMRobertaXLForMaskedLM": ("lm",), "XLMRobertaXLModel": ()},
    tuned=for_tasks("XLMRobertaXL", tasks),
    rules={
        "inputs.tokens.*": "roberta.embeddings.word_embeddings.*",
        "inputs.position.table.weight": roberta.rules["inputs.position.table.weight"],
        "stack.blocks.*.attn_norm.*": "roberta.encoder.layer.*.attention.self_attn_layer_norm.*",
        "stack.blocks.*.attn.qkv.*": "roberta.encoder.layer.*.attention.self.{query,key,value}.*",
        "stack.blocks.*.attn.out.*": "roberta.encoder.layer.*.attention.output.dense.*",
        "stack.blocks.*.mlp_norm.*": "roberta.encoder.layer.*.LayerNorm.*",
        "stack.blocks.*.mlp.up.*": "roberta.encoder.layer.*.intermediate.dense.*",
        "stack.blocks.*.mlp.down.*": "roberta.encoder.layer.*.output.dense.*",
        "stack.norm_out.*": "roberta.encoder.LayerNorm.*",
        "heads.lm.dense.*": "lm_head.dense.*",
        "heads.lm.norm.*": "lm_head.layer_norm.*",
        "heads.lm.bias": "lm_head.bias",
        "heads.classifier.dense.*": "classifier.dense.*",
        "heads.classifier.out.*": "classifier.out_proj.*",
        "heads.choice.dense.*": "roberta.pooler.dense.*",
        "heads.{choice,token_classifier}.out.*": "classifier.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
)
