"""CTRL: text that follows a code for its domain, style or task (Keskar et al. 2019, arXiv 1909.05858)."""

from clados.models.gpt.gpt_2 import gpt_2
from clados.models.gpt.gpt_2 import hf as parent
from clados.spec import *

ctrl = gpt_2.but(
    size=Size(layers=48, d_model=1280, heads=16, d_ff=8192),
    inputs=Tokens(vocab=Vocabulary(kind="bpe", size=246_534), position=Sinusoidal("halves"), scaled=True, dropout=0.1),
    stack=but(block=but(attn=but(dropout=0.0), mlp=but(act="relu")), norm=LayerNorm(1e-6)),
    heads=(Tied(bias=True),),
    init=Keras(),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="140 GB: Wikipedia, Project Gutenberg, 45 subreddits, OpenWebText, Amazon reviews, translations, questions "
    "and answers; each sequence begins with the code of its source",
    optimiser=Adagrad(lr=0.05),
    schedule=Constant(warmup=25_000),
    batch=1024,
    length=256,
    steps=800_000,
    clip=0.25,
)

hf = parent.but(
    model_type="ctrl",
    architectures={"CTRLLMHeadModel": ("lm",), "CTRLModel": ()},
    tuned={"CTRLForSequenceClassification": (LastClassifier(2),)},
    rules={
        "inputs.tokens.*": "transformer.w.*",
        "stack.blocks.*.attn_norm.*": "transformer.h.*.layernorm1.*",
        "stack.blocks.*.attn.qkv.*": "transformer.h.*.multi_head_attention.{Wq,Wk,Wv}.*",
        "stack.blocks.*.attn.out.*": "transformer.h.*.multi_head_attention.dense.*",
        "stack.blocks.*.mlp_norm.*": "transformer.h.*.layernorm2.*",
        "stack.blocks.*.mlp.up.*": "transformer.h.*.ffn.0.*",
        "stack.blocks.*.mlp.down.*": "transformer.h.*.ffn.2.*",
        "stack.norm_out.*": "transformer.layernorm.*",
        "heads.lm.bias": "lm_head.bias",
        "heads.classifier.out.*": "classifier.*",
    },
    config={
        "n_embd": "size.d_model",
        "n_layer": "size.layers",
        "n_head": "size.heads",
        "dff": "size.d_ff",
        "num_labels": parent.config["num_labels"],
        "vocab_size": "inputs.vocab.size",
        "bos_token_id": "inputs.vocab.bos",
        "eos_token_id": "inputs.vocab.eos",
        "pad_token_id": "inputs.vocab.pad",
        "embd_pdrop": "inputs.dropout",
        "resid_pdrop": "stack.block.dropout",
    },
    fixed={"layer_norm_epsilon": 1e-6},
    ignored=("n_positions", "attn_pdrop"),
    unused=(),
)

declaration = Declaration(
    model=ctrl,
    sizes={"48-layer": ctrl.size, "36-layer": ctrl.size.but(layers=36)},
    recipe=Recipe((pretraining,)),
    layouts=(hf,),
    assumed=(
        "inputs.position: the paper adds sinusoids; the authors' code puts all sines first",
        "recipe.optimiser.initial: not published; the default of the library stands here",
        "stack.norm.eps, init, stack.block.attn.dropout: not published; the authors' code",
    ),
)
