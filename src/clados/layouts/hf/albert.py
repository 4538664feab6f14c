"""Where transformers keeps ALBERT."""

from clados.layouts.hf.bert import bert, tasks
from clados.spec import *

albert = bert.but(
    model_type="albert",
    architectures={
        "AlbertForPreTraining": ("lm", "pooler", "sop"),
        "AlbertModel": ("pooler",),
        "AlbertForMaskedLM": ("lm",),
    },
    tuned=for_tasks("Albert", tasks),
    prefix="albert.",
    rules={
        "inputs.tokens.*": "albert.embeddings.word_embeddings.*",
        "inputs.types.*": "albert.embeddings.token_type_embeddings.*",
        "inputs.position.table.*": "albert.embeddings.position_embeddings.*",
        "inputs.norm.*": "albert.embeddings.LayerNorm.*",
        "inputs.project.*": "albert.encoder.embedding_hidden_mapping_in.*",
        "stack.blocks.*.attn.qkv.*": (
            "albert.encoder.albert_layer_groups.*.albert_layers.0.attention.{query,key,value}.*"
        ),
        "stack.blocks.*.attn.out.*": "albert.encoder.albert_layer_groups.*.albert_layers.0.attention.dense.*",
        "stack.blocks.*.attn_norm.*": "albert.encoder.albert_layer_groups.*.albert_layers.0.attention.LayerNorm.*",
        "stack.blocks.*.mlp.up.*": "albert.encoder.albert_layer_groups.*.albert_layers.0.ffn.*",
        "stack.blocks.*.mlp.down.*": "albert.encoder.albert_layer_groups.*.albert_layers.0.ffn_output.*",
        "stack.blocks.*.mlp_norm.*": "albert.encoder.albert_layer_groups.*.albert_layers.0.full_layer_layer_norm.*",
        "heads.pooler.dense.*": "albert.pooler.*",
        "heads.sop.out.*": "sop_classifier.classifier.*",
        "heads.lm.dense.*": "predictions.dense.*",
        "heads.lm.norm.*": "predictions.LayerNorm.*",
        "heads.lm.bias": "predictions.bias",
        "heads.{classifier,choice}.dense.*": "albert.pooler.*",
        "heads.{classifier,choice,token_classifier}.out.*": "classifier.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={**bert.config, "embedding_size": "size.d_embedding", "num_hidden_groups": "stack.groups"},
    fixed={"inner_group_num": 1},
    ignored=("down_scale_factor", "gap_size", "net_structure_type", "num_memory_blocks", "layers_to_keep"),
    tied={"predictions.decoder.weight": "inputs.tokens.weight", "predictions.decoder.bias": "heads.lm.bias"},
    unused=(r"albert\.embeddings\.position_ids",),
)
