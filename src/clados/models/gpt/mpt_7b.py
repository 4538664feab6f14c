"""MPT-7B: a decoder without biases whose positions are ALiBi's slopes (MosaicML 2023)."""

from clados.models.gpt.gpt_2 import hf as parent
from clados.models.gpt.gpt_3 import dense, gpt_3
from clados.spec import *

mpt_7b = gpt_3.but(
    size=Size(layers=32, d_model=4096, heads=32),
    inputs=Tokens(vocab=Vocabulary(kind="bytes", size=50_432, bos=0, eos=0)),
    stack=but(
        block=dense.but(attn=but(biases="none", dropout=0.0), mlp=but(act="gelu", bias=False), dropout=0.0),
        norm=LayerNorm(bias=False),
        position=ALiBi(),
    ),
    init=Kaiming(),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="1T tokens: mC4, C4, RedPajama, the Stack, S2ORC",
    optimiser=Lion(lr=4e-5),
    schedule=Cosine(warmup=2000, floor=0.1),
    batch=1760,
    length=2048,
)

hf = parent.but(
    model_type="mpt",
    architectures={"MptForCausalLM": ("lm",), "MptModel": ()},
    tuned={
        "MptForSequenceClassification": (LastClassifier(2),),
        "MptForTokenClassification": (TokenClassifier(2),),
        "MptForQuestionAnswering": (SpanStart(), SpanEnd()),
    },
    rules={
        "inputs.tokens.*": "transformer.wte.*",
        "stack.blocks.*.attn_norm.*": "transformer.blocks.*.norm_1.*",
        "stack.blocks.*.attn.qkv.*": "transformer.blocks.*.attn.Wqkv.*",
        "stack.blocks.*.attn.out.*": "transformer.blocks.*.attn.out_proj.*",
        "stack.blocks.*.mlp_norm.*": "transformer.blocks.*.norm_2.*",
        "stack.blocks.*.mlp.up.*": "transformer.blocks.*.ffn.up_proj.*",
        "stack.blocks.*.mlp.down.*": "transformer.blocks.*.ffn.down_proj.*",
        "stack.norm_out.*": "transformer.norm_f.*",
        "heads.classifier.out.*": "score.*",
        "heads.token_classifier.out.*": "classifier.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={
        "d_model": "size.d_model",
        "n_layers": "size.layers",
        "n_heads": "size.heads",
        "vocab_size": "inputs.vocab.size",
        "bos_token_id": "inputs.vocab.bos",
        "eos_token_id": "inputs.vocab.eos",
        "pad_token_id": "inputs.vocab.pad",
        "num_labels": parent.config["num_labels"],
        "layer_norm_epsilon": "stack.norm.eps",
        "emb_pdrop": "inputs.dropout",
        "resid_pdrop": "stack.block.dropout",
        "attn_config.softmax_scale": "stack.block.attn.scale",
    },
    fixed={
        "expansion_ratio": 4,
        "no_bias": True,
        "learned_pos_emb": True,
        "attn_config.attn_pdrop": 0,
        "attn_config.alibi": True,
        "attn_config.alibi_bias_max": 8,
        "attn_config.attn_type": "multihead_attention",
        "attn_config.qk_ln": False,
        "attn_config.clip_qkv": None,
        "attn_config.prefix_lm": False,
    },
    ignored=(
        "max_seq_len",
        "attn_config.attn_impl",
        "attn_config.attn_uses_sequence_id",
        "attn_config.model_type",
        "embedding_fraction",
        "init_device",
        "initializer_range",
        "logit_scale",
        "norm_type",
        "verbose",
    ),
    unused=(),
)

declaration = Declaration(
    model=mpt_7b,
    sizes={"7b": mpt_7b.size},
    recipe=Recipe((pretraining,)),
    layouts=(hf,),
    assumed=(
        "recipe.optimiser.lr, recipe.optimiser.decay: not published; a third of what its code's example takes with "
        "AdamW stands here, without decay",
        "recipe.schedule: not published; 2,000 steps of warmup and a cosine to a tenth stand here",
        "recipe.batch: 1,760 sequences, from the post that released it, not read again",
    ),
)
