"""Where transformers keeps RoBERTa."""

from clados.layouts.hf.bert import bert
from clados.spec import *

roberta = bert.but(
    model_type="roberta",
    architectures={"RobertaForMaskedLM": ("lm",), "RobertaModel": ()},
    tuned={
        "RobertaForSequenceClassification": (Classifier(2, transform="tanh"),),
        "RobertaForTokenClassification": (TokenClassifier(2),),
        "RobertaForQuestionAnswering": (SpanStart(), SpanEnd()),
        "RobertaForMultipleChoice": (ChoiceScore(),),
    },
    prefix="roberta.",
    rules={
        "inputs.tokens.*": "roberta.embeddings.word_embeddings.*",
        # the port adds the one row of a table of types to every token
        "inputs.position.table.weight": PlusRow(
            "roberta.embeddings.position_embeddings.weight",
            plus="roberta.embeddings.token_type_embeddings.weight",
            rows=1,
        ),
        "inputs.norm.*": "roberta.embeddings.LayerNorm.*",
        "stack.blocks.*.attn.qkv.*": "roberta.encoder.layer.*.attention.self.{query,key,value}.*",
        "stack.blocks.*.attn.out.*": "roberta.encoder.layer.*.attention.output.dense.*",
        "stack.blocks.*.attn_norm.*": "roberta.encoder.layer.*.attention.output.LayerNorm.*",
        "stack.blocks.*.mlp.up.*": "roberta.encoder.layer.*.intermediate.dense.*",
        "stack.blocks.*.mlp.down.*": "roberta.encoder.layer.*.output.dense.*",
        "stack.blocks.*.mlp_norm.*": "roberta.encoder.layer.*.output.LayerNorm.*",
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
