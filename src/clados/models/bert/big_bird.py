"""BigBird: BERT and PEGASUS with attention over blocks, for 4,096 tokens (Zaheer et al. 2020, arXiv 2007.14062)."""

from clados.models.bart.pegasus import pegasus, pretraining as gaps
from clados.models.bert.bert import bert, large
from clados.spec import *

big_bird = bert.but(
    inputs=but(
        vocab=Vocabulary(kind="unigram", size=50_358, pad=0, bos=1, eos=2, unk=100, cls=65, sep=66, mask=67),
        position=Learned(4096),
    ),
    stack=but(block=but(attn=but(pattern=BlockSparse(block=64, window=3, random=3)), mlp=but(act="gelu_tanh"))),
    heads=(Tied(bias=True, transform="gelu_tanh"), Pooler()),
)
etc = big_bird.but(stack=but(block=but(attn=but(pattern=BlockSparse(block=84, random=0, extra=256)))))
pegasus_large = pegasus.but(
    inputs=but(vocab=but(start=2, bos=2, mask=3), position=Learned(4096)),
    encoder=but(block=but(attn=but(pattern=BlockSparse()))),
)

pretraining = Stage(
    name="pretraining",
    objective=MaskedTokens(),
    data="Books (1.0B tokens), CC-News (7.4B), Stories (7.7B), Wikipedia (3.1B), from RoBERTa's weights",
    optimiser=AdamW(lr=1e-4, eps=1e-6, decay=0.01),
    schedule=LinearDecay(warmup=10_000),
    batch=256,
    length=4096,
    steps=500_000,
)

declaration = Declaration(
    model=big_bird,
    sizes={
        "base": big_bird.size,
        "large": large,
        "etc-base": etc,
        "etc-large": etc.but(size=large, stack=but(block=but(attn=but(pattern=but(block=169))))),
        "pegasus-large": pegasus_large,
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "large": Recipe((pretraining.but(batch=2048),)),
        "etc-large": Recipe((pretraining.but(batch=2048),)),
        "pegasus-large": Recipe((gaps.but(length=4096, batch=None, steps=None),)),
    },
    assumed=(
        "stack.block.attn.pattern.random: the paper draws uniformly, as here; the authors' code draws among the first "
        "1,024 tokens only, where a text is 1,024, 3,072 or 4,096 long; transformers draws in training alone",
        "stack.block.attn.pattern, sizes.pegasus-large.encoder.block.attn.pattern: the paper sets no shortest text; "
        "here blocks see their own few whatever the length, which is all of a text of up to 7 blocks (448 tokens). "
        "transformers turns to full attention up to 5 + 2 x random blocks (704 tokens): between the two, and beyond, "
        "where it draws no blocks in use, its numbers are others",
        "sizes.etc-base.stack.block.attn.pattern.extra: how global tokens are embedded is not published; one learned "
        "vector each stands here, without positions",
        "sizes.etc-large.stack.block.attn.pattern.extra: for large the block was almost doubled, to 169, and all else "
        "left the same (appendix E.1), so base's 256 stands here; table 13 adds figures for single tasks",
        "sizes.etc-base.inputs.position, sizes.etc-large.inputs.position, recipe.objective: ETC has relative "
        "positions and, beside hidden words, a contrastive loss (CPC) on global tokens (appendix E.2, E.3); neither is "
        "here: learned absolute positions and hidden words alone stand for them, and the count holds those positions",
        "stack.block.mlp.act: the paper says gelu; the authors' code computes its tanh form",
        "recipe.objective: the paper hides a random subset of tokens, as here; the authors' code whole words, and 75 "
        "tokens at most",
        "recipe.steps: not published; RoBERTa's, whose weights it starts from, stands here",
        "sizes.pegasus-large.inputs.position: the authors' code has one table for both sides; ports one for each",
    ),
)
