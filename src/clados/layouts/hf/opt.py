"""Where transformers keeps OPT."""

from clados.layouts.fairseq.roberta import layer
from clados.layouts.hf import ACTIVATIONS
from clados.layouts.hf.gpt_2 import vocab_config
from clados.spec import *

rules = {
    "inputs.tokens.*": "model.decoder.embed_tokens.*",
    "inputs.position.table.*": "model.decoder.embed_positions.*",
    **prefixed("model.decoder.layers.*.", layer, ours="stack.blocks.*."),
}

config: dict[str, str | KeyRule] = {
    "hidden_size": "size.d_model",
    "num_hidden_layers": "size.layers",
    "num_attention_heads": "size.heads",
    "ffn_dim": "size.d_ff",
    "word_embed_proj_dim": "size.d_embedding",
    **vocab_config,
    "max_position_embeddings": Offset("inputs.position.length", 2),
    "activation_function": Choice("stack.block.mlp.act", ACTIVATIONS),
    "num_labels": "heads[{classifier,token_classifier}].classes",
    "dropout": "stack.block.dropout",
    "attention_dropout": "stack.block.attn.dropout",
    "init_std": "init.std",
}

opt = Layout(
    model_type="opt",
    architectures={"OPTForCausalLM": ("lm",), "OPTModel": ()},
    tuned={"OPTForSequenceClassification": (LastClassifier(2),), "OPTForQuestionAnswering": (SpanStart(), SpanEnd())},
    prefix="model.",
    rules={
        **rules,
        "stack.norm_out.*": "model.decoder.final_layer_norm.*",
        "heads.classifier.out.*": "score.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={
        **config,
        "enable_bias": (Choice("stack.block.attn.biases", {True: "all", False: "none"}), "stack.block.mlp.bias"),
    },
    fixed={"do_layer_norm_before": True, "_remove_final_layer_norm": False, "layer_norm_elementwise_affine": True},
    ignored=("prefix", "activation_dropout", "layerdrop", "output_projection"),
    tied={"lm_head.weight": "heads.lm.table.weight"},
    unused=(r"(model\.)?decoder\.version",),
)

opt_350m = opt.but(
    architectures={"OPTForCausalLM": ("lm",)},
    tuned={},
    rules={
        **rules,
        "inputs.project.*": "model.decoder.project_in.*",
        "heads.lm.project.*": "model.decoder.project_out.*",
    },
    fixed={**opt.fixed, "do_layer_norm_before": False},
)
