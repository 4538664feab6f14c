"""XLNet: words predicted in a random order, from both sides, with memory (Yang et al. 2019, arXiv 1906.08237)."""

from clados.spec import *

xlnet = Permuted(
    size=Size(layers=24, d_model=1024, heads=16),
    inputs=Tokens(
        vocab=Vocabulary(kind="unigram", size=32_000, unk=0, bos=1, eos=2, cls=3, sep=4, pad=5, mask=6), dropout=0.1
    ),
    stack=Stack(
        block=Block(Attention(biases="none", dropout=0.1), MLP("gelu", dropout=0.1), residual=Post(), dropout=0.1),
        norm=LayerNorm(1e-12),
        sees=All(),
        position=SegmentedDistances(biases="layer", dropout=0.1),
        norm_out=False,
        dropout=0.1,
    ),
    heads=(Tied(bias=True),),
    memory=384,
    reused=256,
    init=Normal(0.02),
)

pretraining = Stage(
    name="pretraining",
    objective=PermutedTokens(),
    data="BooksCorpus and English Wikipedia 13 GB, Giga5 16 GB, ClueWeb 2012-B 19 GB, Common Crawl 110 GB",
    optimiser=AdamW(lr=4e-4, eps=1e-6, decay=0.01),
    schedule=Linear(warmup=40_000),
    batch=8192,
    length=512,
    steps=500_000,
)

hf = Layout(
    model_type="xlnet",
    architectures={"XLNetLMHeadModel": ("lm",), "XLNetModel": ()},
    tuned={
        "XLNetForSequenceClassification": (LastClassifier(2, transform="tanh"),),
        "XLNetForTokenClassification": (TokenClassifier(2),),
        "XLNetForQuestionAnsweringSimple": (SpanStart(), SpanEnd()),
    },
    prefix="transformer.",
    rules={
        "asked.w": Shaped("transformer.mask_emb", (1, 1, -1)),
        "inputs.tokens.*": "transformer.word_embedding.*",
        "stack.blocks.*.attn.qkv.weight": OfHeads("transformer.layer.*.rel_attn.{q,k,v}"),
        "stack.blocks.*.attn.out.weight": OfHeads("transformer.layer.*.rel_attn.o", inputs=True),
        "stack.blocks.*.attn.distance.weight": OfHeads("transformer.layer.*.rel_attn.r"),
        "stack.blocks.*.attn.u": "transformer.layer.*.rel_attn.r_w_bias",
        "stack.blocks.*.attn.v": "transformer.layer.*.rel_attn.r_r_bias",
        "stack.blocks.*.attn.s": "transformer.layer.*.rel_attn.r_s_bias",
        "stack.blocks.*.attn.segments": "transformer.layer.*.rel_attn.seg_embed",
        "stack.blocks.*.attn_norm.*": "transformer.layer.*.rel_attn.layer_norm.*",
        "stack.blocks.*.mlp.up.*": "transformer.layer.*.ff.layer_1.*",
        "stack.blocks.*.mlp.down.*": "transformer.layer.*.ff.layer_2.*",
        "stack.blocks.*.mlp_norm.*": "transformer.layer.*.ff.layer_norm.*",
        "heads.lm.bias": "lm_loss.bias",
        "heads.classifier.dense.*": "sequence_summary.summary.*",
        "heads.classifier.out.*": "logits_proj.*",
        "heads.token_classifier.out.*": "classifier.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={
        "d_model": "size.d_model",
        "n_layer": "size.layers",
        "n_head": "size.heads",
        "d_inner": "size.d_ff",
        "num_labels": "heads[{classifier,token_classifier}].classes",
        "vocab_size": "inputs.vocab.size",
        "pad_token_id": "inputs.vocab.pad",
        "bos_token_id": "inputs.vocab.bos",
        "eos_token_id": "inputs.vocab.eos",
        "mem_len": "memory",
        "reuse_len": "reused",
        "clamp_len": OrNone("stack.position.furthest", -1),
        "layer_norm_eps": "stack.norm.eps",
        "ff_activation": Choice("stack.block.mlp.act", ACTIVATIONS),
        "dropout": "{inputs,stack,stack.block,stack.block.mlp,stack.block.attn,stack.position}.dropout",
        "initializer_range": "init.std",
    },
    fixed={"attn_type": "bi", "bi_data": False, "same_length": False, "untie_r": True},
    ignored=("d_head", "use_mems_eval", "use_mems_train", "use_mems", "start_n_top", "end_n_top"),
    tied={"lm_loss.weight": "heads.lm.table.weight"},
)

declaration = Declaration(
    model=xlnet,
    sizes={"base": Size(layers=12, d_model=768, heads=12), "large": xlnet.size},
    recipe=Recipe((pretraining,)),
    layouts=(hf,),
    assumed=(
        "stack.block.mlp.act: the paper says GELU; the authors' code computes its tanh form, ports the exact one, "
        "which stands here",
        "stack.position.biases: the paper does not say; one of each for a layer in the published weights",
        "memory, reused: not in the paper; as in the authors' README for pretraining",
        "recipe: of the large model, by the final version of the paper; that of the base one is not published",
        "recipe.schedule: the paper's linear decay; the authors' code stops at a thousandth of the peak",
    ),
)
