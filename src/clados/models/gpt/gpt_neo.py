"""GPT-Neo: an open model of GPT-3's shapes, its scores unscaled (Black et al. 2021, github:EleutherAI/gpt-neo)."""

from clados.models.gpt.gpt_2 import hf as parent
from clados.models.gpt.gpt_3 import gpt_3
from clados.spec import *

gpt_neo = gpt_3.but(
    size=Size(layers=32, d_model=2560, heads=20),
    inputs=but(dropout=0.0),
    stack=but(block=but(attn=but(biases="out", scale=1.0, dropout=0.0), dropout=0.0)),
    init=MeshNormal(0.02, positions=0.01),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(z=1e-4),
    data="the Pile, about 420B tokens",
    optimiser=AdamW(lr=1.6e-4, beta2=0.95, decay=0.1),
    schedule=Cosine(warmup=3000, floor=0.1),
    batch=512,
    length=2048,
    steps=400_000,
    clip=1.0,
)

hf = parent.but(
    model_type="gpt_neo",
    architectures={"GPTNeoForCausalLM": ("lm",), "GPTNeoModel": ()},
    tuned={
        "GPTNeoForSequenceClassification": (LastClassifier(2),),
        "GPTNeoForTokenClassification": (TokenClassifier(2),),
        "GPTNeoForQuestionAnswering": (SpanStart(), SpanEnd()),
    },
    rules={
        "inputs.tokens.*": "transformer.wte.*",
        "inputs.position.table.*": "transformer.wpe.*",
        "stack.blocks.*.attn_norm.*": "transformer.h.*.ln_1.*",
        "stack.blocks.*.attn.qkv.*": "transformer.h.*.attn.attention.{q_proj,k_proj,v_proj}.*",
        "stack.blocks.*.attn.out.*": "transformer.h.*.attn.attention.out_proj.*",
        "stack.blocks.*.mlp_norm.*": "transformer.h.*.ln_2.*",
        "stack.blocks.*.mlp.up.*": "transformer.h.*.mlp.c_fc.*",
        "stack.blocks.*.mlp.down.*": "transformer.h.*.mlp.c_proj.*",
        "stack.norm_out.*": "transformer.ln_f.*",
        "heads.classifier.out.*": "score.*",
        "heads.token_classifier.out.*": "classifier.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={
        "hidden_size": "size.d_model",
        "num_layers": "size.layers",
        "num_heads": "size.heads",
        "intermediate_size": "size.d_ff",
        "vocab_size": "inputs.vocab.size",
        "bos_token_id": "inputs.vocab.bos",
        "eos_token_id": "inputs.vocab.eos",
        "pad_token_id": "inputs.vocab.pad",
        "max_position_embeddings": "inputs.position.length",
        "layer_norm_epsilon": "stack.norm.eps",
        "num_labels": parent.config["num_labels"],
        "activation_function": parent.config["activation_function"],
        "window_size": "stack.block[1].attn.pattern.span",
        "attention_layers": EachLayer("stack.block.attn.pattern", {"global": None, "local": Banded}),
        "attention_types": EachLayer("stack.block.attn.pattern", {"global": None, "local": Banded}, rounds=True),
        "embed_dropout": "inputs.dropout",
        "resid_dropout": "stack.block.dropout",
        "attention_dropout": "stack.block.attn.dropout",
        "initializer_range": "init.std",
    },
    unused=(r"(transformer\.)?h\.\d+\.attn\.attention\.(bias|masked_bias)",),
)

declaration = Declaration(
    model=gpt_neo,
    sizes={
        "125m": Size(layers=12, d_model=768, heads=12),
        "1.3b": Size(layers=24, d_model=2048, heads=16),
        "2.7b": gpt_neo.size,
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "125m": Recipe((pretraining.but(data="300B tokens of it", optimiser=but(lr=6e-4), batch=256, steps=572_300),)),
        "1.3b": Recipe((pretraining.but(data="380B tokens of it", optimiser=but(lr=2e-4), steps=362_000),)),
    },
    layouts=(hf,),
    assumed=("recipe.schedule.floor: not in the configurations; a tenth stands here, the code's default",),
)
