"""Where transformers keeps RoBERTa."""

from clados.layouts.hf import ACTIVATIONS
from clados.layouts.hf.bert import bert, body, tasks
from clados.spec import *

roberta = bert.but(
    model_type="roberta",
    architectures={"RobertaForMaskedLM": ("lm",), "RobertaModel": ()},
    tuned=for_tasks("Roberta", tasks),
    prefix="roberta.",
    rules={
        **prefixed("roberta.", body),
        # the port adds the one row of a table of types to every token
        "inputs.position.table.weight": PlusRow(
            "roberta.embeddings.position_embeddings.weight",
            plus="roberta.embeddings.token_type_embeddings.weight",
            rows=1,
        ),
        "heads.lm.dense.*": "lm_head.dense.*",
        "heads.lm.norm.*": "lm_head.layer_norm.*",
        "heads.lm.bias": "lm_head.bias",
        "heads.classifier.dense.*": "classifier.dense.*",
        "heads.classifier.out.*": "classifier.out_proj.*",
        "heads.choice.dense.*": "roberta.pooler.dense.*",
        "heads.{choice,token_classifier}.out.*": "classifier.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={
        **bert.config,
        "hidden_act": Choice("stack.block.mlp.act", ACTIVATIONS),  # its head takes gelu, whatever the layers have
        "type_vocab_size": Choice("inputs.types", {1: 0}),
        "pad_token_id": ("inputs.vocab.pad", Offset("inputs.position.start", by=1)),  # the row of padding comes before
        "bos_token_id": "inputs.vocab.bos",
        "eos_token_id": "inputs.vocab.eos",
    },
    tied={"lm_head.decoder.weight": "inputs.tokens.weight", "lm_head.decoder.bias": "heads.lm.bias"},
    unused=(r"roberta\.embeddings\.position_ids", r"(roberta\.)?pooler\.dense\.(weight|bias)"),
)

# As RobertaConfig() itself has it: two rows of types, of which texts read the first where nothing is said.
roberta_with_types = roberta.but(
    rules={
        **roberta.rules,
        "inputs.position.table.weight": "roberta.embeddings.position_embeddings.weight",
        "inputs.types.*": "roberta.embeddings.token_type_embeddings.*",
    },
    config={**roberta.config, "type_vocab_size": "inputs.types"},
    port=but(inputs=but(types=2)),
)
