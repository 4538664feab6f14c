"""Where transformers keeps BERT."""

from clados.layouts.hf import ACTIVATIONS
from clados.spec import *

# heads of fine-tuned classes, by task
tasks = {
    "SequenceClassification": (Classifier(2, transform="tanh"),),
    "TokenClassification": (TokenClassifier(2),),
    "QuestionAnswering": (SpanStart(), SpanEnd()),
    "MultipleChoice": (ChoiceScore(),),
}
body = {
    "inputs.tokens.*": "embeddings.word_embeddings.*",
    "inputs.norm.*": "embeddings.LayerNorm.*",
    "stack.blocks.*.attn.qkv.*": "encoder.layer.*.attention.self.{query,key,value}.*",
    "stack.blocks.*.attn.out.*": "encoder.layer.*.attention.output.dense.*",
    "stack.blocks.*.attn_norm.*": "encoder.layer.*.attention.output.LayerNorm.*",
    "stack.blocks.*.mlp.up.*": "encoder.layer.*.intermediate.dense.*",
    "stack.blocks.*.mlp.down.*": "encoder.layer.*.output.dense.*",
    "stack.blocks.*.mlp_norm.*": "encoder.layer.*.output.LayerNorm.*",
}
embeddings = {
    "inputs.types.*": "embeddings.token_type_embeddings.*",
    "inputs.position.table.*": "embeddings.position_embeddings.*",
}

bert = Layout(
    model_type="bert",
    architectures={
        "BertForPreTraining": ("lm", "pooler", "nsp"),
        "BertModel": ("pooler",),
        "BertForMaskedLM": ("lm",),
        "BertForNextSentencePrediction": ("pooler", "nsp"),
    },
    tuned=for_tasks("Bert", tasks),
    prefix="bert.",
    rules={
        **prefixed("bert.", {**body, **embeddings}),
        "heads.pooler.dense.*": "bert.pooler.dense.*",
        "heads.nsp.out.*": "cls.seq_relationship.*",
        "heads.lm.dense.*": "cls.predictions.transform.dense.*",
        "heads.lm.norm.*": "cls.predictions.transform.LayerNorm.*",
        "heads.lm.bias": "cls.predictions.bias",
        "heads.{classifier,choice}.dense.*": "bert.pooler.dense.*",
        "heads.{classifier,choice,token_classifier}.out.*": "classifier.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={
        "hidden_size": "size.d_model",
        "num_hidden_layers": "size.layers",
        "num_attention_heads": "size.heads",
        "intermediate_size": "size.d_ff",
        "vocab_size": "inputs.vocab.size",
        "pad_token_id": "inputs.vocab.pad",
        "type_vocab_size": "inputs.types",
        "max_position_embeddings": "inputs.position.length",
        "layer_norm_eps": "stack.norm.eps",
        "hidden_act": Choice("{stack.block.mlp.act,heads[lm].transform}", ACTIVATIONS),
        "num_labels": "heads[{classifier,token_classifier}].classes",
        "hidden_dropout_prob": "{inputs,stack.block}.dropout",
        "attention_probs_dropout_prob": "stack.block.attn.dropout",
        "initializer_range": "init.std",
    },
    tied={"cls.predictions.decoder.weight": "inputs.tokens.weight", "cls.predictions.decoder.bias": "heads.lm.bias"},
    unused=(r"bert\.embeddings\.position_ids",),
)
