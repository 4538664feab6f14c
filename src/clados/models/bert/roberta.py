"""RoBERTa: BERT trained longer, on more text, without next sentences (Liu et al. 2019, arXiv 1907.11692)."""

from clados.models.bert.bert import bert, large
from clados.models.bert.bert import hf as parent
from clados.spec import *

roberta = bert.but(
    size=large,
    inputs=but(
        vocab=Vocabulary(kind="bytes", size=50_265, bos=0, pad=1, eos=2, unk=3, cls=0, sep=2, mask=50_264),
        types=0,
        position=Learned(514, start=2),
    ),
    stack=but(norm=LayerNorm(1e-5)),
    heads=(Tied(bias=True, transform="gelu"),),
)

pretraining = Stage(
    name="pretraining",
    objective=MaskedTokens(packing=FullSentences()),
    data="160 GB: BookCorpus, Wikipedia, CC-News, OpenWebText, Stories",
    optimiser=AdamW(lr=4e-4, beta2=0.98, eps=1e-6, decay=0.01),
    schedule=Linear(warmup=30_000),
    batch=8192,
    length=512,
    steps=500_000,
)

hf = parent.but(
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
        "inputs.position.table.weight": Folded(
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
        **parent.config,
        "hidden_act": Choice("stack.block.mlp.act", ACTIVATIONS),  # its head takes gelu, whatever the layers have
        "type_vocab_size": Choice("inputs.types", {1: 0}),
        "pad_token_id": ("inputs.vocab.pad", Less("inputs.position.start", by=1)),  # the row of padding comes before
        "bos_token_id": "inputs.vocab.bos",
        "eos_token_id": "inputs.vocab.eos",
    },
    tied={"lm_head.decoder.weight": "inputs.tokens.weight", "lm_head.decoder.bias": "heads.lm.bias"},
    unused=(r"roberta\.embeddings\.position_ids", r"(roberta\.)?pooler\.dense\.(weight|bias)"),
)

# As RobertaConfig() itself has it: two rows of types, of which texts read the first where nothing is said.
typed = hf.but(
    rules={
        **hf.rules,
        "inputs.position.table.weight": "roberta.embeddings.position_embeddings.weight",
        "inputs.types.*": "roberta.embeddings.token_type_embeddings.*",
    },
    config={**hf.config, "type_vocab_size": "inputs.types"},
    port=but(inputs=but(types=2)),
)

fairseq = Layout(
    model_type="fairseq:roberta",
    architectures={"RobertaModel": ("lm",)},
    rules={
        "inputs.tokens.*": "encoder.sentence_encoder.embed_tokens.*",
        "inputs.position.table.*": "encoder.sentence_encoder.embed_positions.*",
        "inputs.norm.*": "encoder.sentence_encoder.layernorm_embedding.*",
        "stack.blocks.*.attn.qkv.*": "encoder.sentence_encoder.layers.*.self_attn.{q_proj,k_proj,v_proj}.*",
        "stack.blocks.*.attn.out.*": "encoder.sentence_encoder.layers.*.self_attn.out_proj.*",
        "stack.blocks.*.attn_norm.*": "encoder.sentence_encoder.layers.*.self_attn_layer_norm.*",
        "stack.blocks.*.mlp.up.*": "encoder.sentence_encoder.layers.*.fc1.*",
        "stack.blocks.*.mlp.down.*": "encoder.sentence_encoder.layers.*.fc2.*",
        "stack.blocks.*.mlp_norm.*": "encoder.sentence_encoder.layers.*.final_layer_norm.*",
        "heads.lm.dense.*": "encoder.lm_head.dense.*",
        "heads.lm.norm.*": "encoder.lm_head.layer_norm.*",
        "heads.lm.bias": "encoder.lm_head.bias",
    },
    config={
        "encoder_embed_dim": "size.d_model",
        "encoder_layers": "size.layers",
        "encoder_attention_heads": "size.heads",
        "encoder_ffn_embed_dim": "size.d_ff",
        "vocab_size": "inputs.vocab.size",
        "mask": "inputs.vocab.mask",
        "positions": "inputs.position.length",
        "activation_fn": Choice(  # fairseq/utils.py
            "{stack.block.mlp.act,heads[lm].transform}",
            {"gelu": "gelu", "relu": "relu", "gelu_accurate": "gelu_tanh", "gelu_fast": "gelu_tanh"},
        ),
        "dropout": "{inputs,stack.block}.dropout",
        "attention_dropout": "stack.block.attn.dropout",
        "activation_dropout": "stack.block.mlp.dropout",
    },
    fixed={  # those of a command line that change what is computed (roberta/model.py, base_architecture)
        "encoder_normalize_before": False,
        "layernorm_embedding": True,
        "encoder_learned_pos": True,
        "no_token_positional_embeddings": False,
        "no_scale_embedding": True,
        "adaptive_input": False,
        "untie_weights_roberta": False,
        "encoder_layers_to_keep": None,
        "quant_noise_scalar": 0,
    },
    tied={"encoder.lm_head.weight": "inputs.tokens.weight"},
    unused=(r"encoder\.sentence_encoder\.version", r".+\._float_tensor"),
)

declaration = Declaration(
    model=roberta,
    sizes={"base": bert.size, "large": large},
    recipe=Recipe((pretraining,)),
    recipes={"base": Recipe((pretraining.but(optimiser=but(lr=6e-4), schedule=but(warmup=24_000)),))},
    layouts=(hf, typed, fairseq),
    assumed=("init: not published; BERT's cut normal stands here, the authors' code does not cut it",),
)
