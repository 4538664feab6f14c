"""GPT-J: rotary positions, branches side by side after one norm (Wang & Komatsuzaki 2021, mesh-transformer-jax)."""

from clados.models.gpt.gpt_2 import gpt_2
from clados.models.gpt.gpt_2 import hf as parent
from clados.spec import *

gpt_j = gpt_2.but(
    size=Size(layers=28, d_model=4096, heads=16),
    inputs=but(vocab=but(size=50_400), position=None, dropout=0.0),
    stack=but(
        block=but(attn=Attention(biases="none"), residual=Parallel(norms=1), dropout=0.0),
        position=Rotary(fraction=0.25, pairs="neighbours"),
    ),
    heads=(Untied(bias=True),),
    init=Haiku(),
)

pretraining = Stage(
    name="pretraining",
    objective=NextToken(z=1e-4),
    data="the Pile, 402B tokens",
    optimiser=AdamW(lr=1.2e-4, decay=0.1),
    schedule=Cosine(warmup=3000, floor=0.1, over=303_000),
    batch=512,
    length=2048,
    steps=383_500,
    clip=1.0,
)

hf = parent.but(
    model_type="gptj",
    architectures={"GPTJForCausalLM": ("lm",), "GPTJModel": ()},
    tuned={
        "GPTJForSequenceClassification": (LastClassifier(2),),
        "GPTJForQuestionAnswering": (SpanStart(), SpanEnd()),
    },
    rules={
        "inputs.tokens.*": "transformer.wte.*",
        "stack.blocks.*.attn_norm.*": "transformer.h.*.ln_1.*",
        "stack.blocks.*.attn.qkv.*": "transformer.h.*.attn.{q_proj,k_proj,v_proj}.*",
        "stack.blocks.*.attn.out.*": "transformer.h.*.attn.out_proj.*",
        "stack.blocks.*.mlp.up.*": "transformer.h.*.mlp.fc_in.*",
        "stack.blocks.*.mlp.down.*": "transformer.h.*.mlp.fc_out.*",
        "stack.norm_out.*": "transformer.ln_f.*",
        "heads.lm.table.*": "lm_head.*",
        "heads.lm.bias": "lm_head.bias",
        "heads.classifier.out.*": "score.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={
        "n_embd": "size.d_model",
        "n_layer": "size.layers",
        "n_head": "size.heads",
        "n_inner": "size.d_ff",
        "vocab_size": "inputs.vocab.size",
        "bos_token_id": "inputs.vocab.bos",
        "eos_token_id": "inputs.vocab.eos",
        "pad_token_id": "inputs.vocab.pad",
        "layer_norm_epsilon": "stack.norm.eps",
        "num_labels": parent.config["num_labels"],
        "activation_function": parent.config["activation_function"],
        "rotary_dim": OfHead("stack.position.fraction"),
        "embd_pdrop": "inputs.dropout",
        "resid_pdrop": "stack.block.dropout",
        "attn_pdrop": "stack.block.attn.dropout",
    },
    fixed={},
    ignored=("n_positions", "rotary"),
    tied={},
    unused=(r"(transformer\.)?h\.\d+\.attn\.(bias|masked_bias|embed_positions)",),
)

declaration = Declaration(
    model=gpt_j,
    sizes={"6b": gpt_j.size},
    recipe=Recipe((pretraining,)),
    layouts=(hf,),
)
