"""Where transformers keeps BigBird."""

from clados.layouts.hf import ACTIVATIONS
from clados.layouts.hf.bert import bert
from clados.layouts.hf.pegasus import pegasus
from clados.spec import *

big_bird = bert.but(
    model_type="big_bird",
    architectures={
        "BigBirdForMaskedLM": ("lm", "pooler"),
        "BigBirdModel": ("pooler",),
        "BigBirdForPreTraining": ("lm", "pooler"),  # its scores of next sentences were never trained
    },
    tuned={
        "BigBirdForSequenceClassification": (Pooler(), Classifier(2, transform="gelu_tanh")),
        "BigBirdForTokenClassification": (Pooler(), TokenClassifier(2)),
        "BigBirdForMultipleChoice": (ChoiceScore(),),
    },
    rules={
        "heads.{pooler,choice}.dense.*": "bert.pooler.*",
        "heads.classifier.dense.*": "classifier.dense.*",
        "heads.classifier.out.*": "classifier.out_proj.*",
        **bert.rules,
    },
    config={
        **bert.config,
        "bos_token_id": "inputs.vocab.bos",
        "eos_token_id": "inputs.vocab.eos",
        "sep_token_id": "inputs.vocab.sep",
        "hidden_act": Choice("{stack.block.mlp.act,heads[lm].transform,heads[classifier].transform}", ACTIVATIONS),
        "block_size": "stack.block.attn.pattern.block",
        "num_random_blocks": "stack.block.attn.pattern.random",
    },
    fixed={"attention_type": "block_sparse", "use_bias": True, "rescale_embeddings": False},
    unused=(r"bert\.embeddings\.(position_ids|token_type_ids)", r"cls\.seq_relationship\.(weight|bias)"),
)

bigbird_pegasus = pegasus.but(
    model_type="bigbird_pegasus",
    architectures={"BigBirdPegasusForConditionalGeneration": ("lm",), "BigBirdPegasusModel": ()},
    rules={
        "encoder.blocks.*.attn.qkv.*": "model.encoder.layers.*.self_attn.self.{query,key,value}.*",
        "encoder.blocks.*.attn.out.*": "model.encoder.layers.*.self_attn.output.*",
        **pegasus.rules,
        "inputs.position.table.*": "model.encoder.embed_positions.*",
        "target.position.table.*": "model.decoder.embed_positions.*",
        "*.norm_out.*": "model.*.layernorm_embedding.*",
    },
    config={
        **pegasus.config,
        "max_position_embeddings": "{inputs,target}.position.length",
        "scale_embedding": "{inputs,target}.scaled",
        "dropout": "{inputs,target,encoder.block,decoder.block}.dropout",
        "block_size": "encoder.block.attn.pattern.block",
        "num_random_blocks": "encoder.block.attn.pattern.random",
    },
    unused=(),
    fixed={**pegasus.fixed, "attention_type": "block_sparse", "use_bias": False},
    ignored=("num_hidden_layers", "init_std", "encoder_layerdrop", "decoder_layerdrop", "classifier_dropout"),
    # each side has a table of positions of its own
    port=but(
        target=Target(position=Learned(4096), scaled=True, dropout=0.1),
        encoder=but(norm=LayerNorm(1e-5)),
        decoder=but(norm=LayerNorm(1e-5)),
    ),
)
