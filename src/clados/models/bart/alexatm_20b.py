"""AlexaTM 20B: BART far larger, norms first, three tables of tokens (Soltan et al. 2022, arXiv 2208.01448)."""

from clados.models.bart.bart import bart
from clados.spec import *

encoder = Size(layers=46, d_model=4096, heads=32)
first = but(block=but(residual=Pre()), norm=LayerNorm(1e-12), norm_out=True)
alexatm_20b = bart.but(
    size=Sides(encoder, encoder.but(layers=32)),
    inputs=but(
        vocab=Vocabulary(kind="unigram", size=150_000, bos=0, pad=1, eos=2, unk=3, start=2, cls=0, sep=2, mask=4),
        types=2,
        position=Learned(1024),
        norm=False,
    ),
    target=OwnTarget(position=Learned(1026, start=2), dropout=0.1),
    encoder=first,
    decoder=first,
    heads=(Untied(),),
)

pretraining = Stage(
    name="pretraining",
    objective=DroppedSpans(continued=0.2),
    data="Wikipedia (119B tokens, ten times) and mC4 (1.2T tokens) in twelve languages, spoken and written form",
    optimiser=AdamW(lr=1e-4, decay=0.1),
    schedule=LinearDecay(floor=0.05),
    batch=1953,
    length=1024,
    steps=500_000,
    exponent=0.5,
)

declaration = Declaration(
    model=alexatm_20b,
    sizes={"20b": alexatm_20b.size},
    recipe=Recipe((pretraining,)),
    assumed=(
        "init: the encoder and its table start as an in-house encoder of 10B, the other two tables as copies (§4); "
        "drawn anew here",
        "inputs.types, inputs.position, target.position: the authors' code has two types of segment for the encoder, "
        "of which it only ever adds the first, and two rows of the decoder's positions that are never read",
        "inputs.vocab: the ids of special tokens are not published; the order of the authors' code stands here",
        "encoder.norm.eps, init: not published; defaults of the authors' code",
        "encoder.block.attn.dropout, target.dropout: not published; BART's stand here",
        "recipe: the encoder starts from an encoder of 10B parameters that is not published, and stays as it is for "
        "the first 100,000 steps; it starts from nothing here",
        "recipe.batch: published in tokens, about two million",
    ),
)
