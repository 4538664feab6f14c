"""Transformer-XL: a decoder that remembers, and knows positions by distance (Dai et al. 2019, arXiv 1901.02860)."""

from clados.spec import *

transformer_xl = Recurrent(
    size=Size(layers=18, d_model=1024, heads=16),
    inputs=AdaptiveTokens(
        vocab=Vocabulary(kind="word", size=267_735, eos=0, unk=24),
        cutoffs=(20_000, 40_000, 200_000),
        scaled=True,
        dropout=0.2,
    ),
    stack=Stack(
        block=Block(Attention(biases="none", dropout=0.2), MLP("relu", dropout=0.2), residual=Post(), dropout=0.2),
        norm=LayerNorm(1e-5),
        sees=Causal(),
        position=Distances(dropout=0.2),
        norm_out=False,
        dropout=0.2,
    ),
    heads=(AdaptiveSoftmax(own="first"),),
    memory=384,
    init=NarrowNormal(0.02, products=0.01),
)

tenth = transformer_xl.but(
    inputs=but(dropout=0.1),
    stack=but(
        block=but(attn=but(dropout=0.0), mlp=but(dropout=0.1), dropout=0.1), position=but(dropout=0.1), dropout=0.1
    ),
)
standard = tenth.but(
    size=Size(layers=16, d_model=410, heads=10, d_ff=2100),
    inputs=but(shrink=1),
    heads=(AdaptiveSoftmax(),),
    memory=150,
    init=Normal(0.02),
)
characters = tenth.but(
    size=Size(layers=12, d_model=512, heads=8),
    inputs=Tokens(vocab=Vocabulary(kind="bytes", size=204), scaled=True, dropout=0.1),
    heads=(Tied(bias=True),),
    memory=512,
    init=Normal(0.02),
)
deep = characters.but(
    size=Size(layers=24, d_model=1024, heads=8, d_ff=3072),
    inputs=but(dropout=0.15),
    stack=but(
        block=but(attn=but(dropout=0.15), mlp=but(dropout=0.15), dropout=0.15),
        position=but(dropout=0.15),
        dropout=0.15,
    ),
    memory=768,
)
billion = transformer_xl.but(
    size=Size(layers=24, d_model=1280, heads=16, d_ff=8192),
    inputs=but(vocab=Vocabulary(kind="word", size=793_471), cutoffs=(60_000, 100_000, 640_000), dropout=0.05),
    stack=but(
        block=but(attn=but(dropout=0.05), mlp=but(dropout=0.05), dropout=0.05),
        position=but(dropout=0.05),
        dropout=0.05,
    ),
    heads=(AdaptiveSoftmax(own="all"),),
    memory=32,
)

training = Stage(
    name="training",
    objective=NextTokenInSegments(),
    data="WikiText-103: 103M words of 28K articles",
    optimiser=AdamW(lr=2.5e-4),
    schedule=Cosine(warmup=16_000),
    batch=128,
    length=384,
    steps=4_000_000,
    clip=0.25,
)
on_characters = training.but(
    data="enwik8: 100M bytes of Wikipedia's text", schedule=but(warmup=0), batch=22, length=512, steps=400_000
)

hf = Layout(
    model_type="transfo-xl",
    architectures={"TransfoXLLMHeadModel": ("lm",), "TransfoXLModel": ()},
    prefix="transformer.",
    rules={
        "inputs.tokens*.weight": "transformer.word_emb.emb_layers.*.weight",
        "inputs.project*.weight": "transformer.word_emb.emb_projs.*",
        "stack.blocks.*.attn.qkv.weight": "transformer.layers.*.dec_attn.qkv_net.weight",
        "stack.blocks.*.attn.out.weight": "transformer.layers.*.dec_attn.o_net.weight",
        "stack.blocks.*.attn.distance.weight": "transformer.layers.*.dec_attn.r_net.weight",
        "stack.blocks.*.attn.u": "transformer.layers.*.dec_attn.r_w_bias",
        "stack.blocks.*.attn.v": "transformer.layers.*.dec_attn.r_r_bias",
        "stack.blocks.*.attn_norm.*": "transformer.layers.*.dec_attn.layer_norm.*",
        "stack.blocks.*.mlp.up.*": "transformer.layers.*.pos_ff.CoreNet.0.*",
        "stack.blocks.*.mlp.down.*": "transformer.layers.*.pos_ff.CoreNet.3.*",
        "stack.blocks.*.mlp_norm.*": "transformer.layers.*.pos_ff.layer_norm.*",
        "heads.lm.project0.weight": Flipped("crit.out_projs.0"),
        "heads.lm.classes.weight": "crit.cluster_weight",
        "heads.lm.classes.bias": "crit.cluster_bias",
        "heads.lm.words*_bias": "crit.out_layers.*.bias",
    },
    config={
        "d_model": "size.d_model",
        "d_embed": "size.d_model",
        "n_layer": "size.layers",
        "n_head": "size.heads",
        "d_head": "size.head_dim",
        "d_inner": "size.d_ff",
        "vocab_size": "inputs.vocab.size",
        "eos_token_id": "inputs.vocab.eos",
        "cutoffs": "inputs.cutoffs",
        "div_val": "inputs.shrink",
        "mem_len": "memory",
        "same_length": "sliding",
        "clamp_len": OrNone("stack.position.furthest", -1),
        "layer_norm_epsilon": "stack.norm.eps",
        "dropout": "{inputs,stack,stack.block,stack.block.mlp,stack.position}.dropout",
        "dropatt": "stack.block.attn.dropout",
        "init_std": "init.std",
        "proj_init_std": "init.products",
    },
    fixed={
        "adaptive": True,
        "attn_type": 0,
        "pre_lnorm": False,
        "untie_r": True,
        "proj_share_all_but_first": True,
        "tie_projs": [False, True, True, True],
        "sample_softmax": -1,
    },
    ignored=("tgt_len", "ext_len", "init", "init_range", "tie_weight", "trainer_compatible"),
    tied={
        "crit.out_layers.0.weight": "inputs.tokens0.weight",
        "crit.out_layers.1.weight": "inputs.tokens1.weight",
        "crit.out_layers.2.weight": "inputs.tokens2.weight",
        "crit.out_layers.3.weight": "inputs.tokens3.weight",
        "crit.out_projs.1": "inputs.project1.weight",
        "crit.out_projs.2": "inputs.project2.weight",
        "crit.out_projs.3": "inputs.project3.weight",
    },
    unused=(r"transformer\.pos_emb\.inv_freq",),
    port=but(sliding=True, memory=1600, stack=but(position=but(biases="layer", furthest=1000))),
)

declaration = Declaration(
    model=transformer_xl,
    sizes={
        "wt103-standard": standard,
        "wt103-large": transformer_xl.size,
        "enwik8-12": characters,
        "enwik8-24": deep,
        "lm1b-large": billion,
    },
    recipe=Recipe((training,)),
    recipes={
        "wt103-standard": Recipe((training.but(schedule=but(warmup=0), batch=60, length=150, steps=200_000),)),
        "enwik8-12": Recipe((on_characters,)),
        "enwik8-24": Recipe((on_characters.but(schedule=but(warmup=4000), batch=64, length=768),)),
        "lm1b-large": Recipe(
            (
                training.but(
                    data="One Billion Word: 768M words, sentences shuffled",
                    schedule=but(warmup=30_000),
                    batch=512,
                    length=32,
                    steps=1_200_000,
                ),
            )
        ),
    },
    layouts=(hf,),
    assumed=(
        "memory: as long as a segment in training, as the authors' scripts have it; the paper evaluates with longer "
        "ones (1,600 on WikiText-103), sliding, distances beyond 1,000 counted as 1,000",
        "stack.position.biases: one pair for all layers, as in the paper's formulas and the authors' PyTorch code; "
        "their TensorFlow scripts for words and the published weights have a pair for each layer",
        "heads.own, inputs.shrink: the paper names adaptive softmax and inputs; what they share is the scripts'",
        "inputs.dropout, stack.block.dropout, stack.block.attn.dropout: not in the paper; the scripts' stand here",
        "init: not in the paper; the code's, except that it also draws the norms' gains from N(1, 0.02)",
        "recipe.optimiser, recipe.schedule, recipe.batch, recipe.steps: the scripts'",
    ),
)
