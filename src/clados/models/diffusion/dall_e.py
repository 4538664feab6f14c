"""DALL-E: a sparse decoder that writes an image's codes after a caption (Ramesh et al. 2021, arXiv 2102.12092)."""

from clados.models.gpt.gpt_3 import gpt_3
from clados.spec import *

coder = DiscreteCoder()
dvae = Codes(size=Levels((256, 512, 1024, 2048), blocks=2), inputs=Pixels(image=256), coder=coder, init=PainterInit())
row = Block(Attention(pattern=GridRow()), MLP("quick_gelu"))
column, kernel = row.but(attn=but(pattern=GridColumn())), row.but(attn=but(pattern=GridKernel()))

dall_e = CodePainter(
    size=PainterSize(decoder=Size(layers=64, d_model=3968, heads=62), codes=dvae.size),
    inputs=dvae.inputs,
    decoder=Tower(
        inputs=TextThenCodes(
            vocab=Vocabulary(kind="bytes", size=16_384), position=TextThenGrid(text=256, side=32), codes=8192
        ),
        stack=gpt_3.stack.but(block=(row, column, row, row), last=kernel),
        heads=(TextOrCodes(),),
    ),
    codes=coder,
    init=PainterInit(),
)

coding = Stage(
    name="coding",
    objective=CodedImages(),
    data="the images of 250 million pairs from the web",
    optimiser=AdamW(lr=1e-4, decay=1e-4),
    schedule=Cosine(floor=0.0125, over=1_200_000),
    batch=512,
    steps=3_000_000,
    average=0.999,
)
painting = Tuning(
    name="painting",
    start="coding",
    objective=PaintedCodes(),
    data="250 million pairs of text and image from the web",
    optimiser=AdamW(lr=4.5e-4, beta2=0.96, decay=0.045),
    schedule=Constant(warmup=5_000),
    batch=1024,
    length=1280,
    steps=430_000,
    clip=4.0,
    average=0.9996,  # of 0.99 after each 25 updates
)

declaration = Declaration(
    model=dall_e,
    sizes={"12b": dall_e.size, "dvae": dvae},
    recipe=Recipe((coding, painting)),
    recipes={"dvae": Recipe((coding,))},
    assumed=(
        "decoder.heads: whether scores are taken with the table of the inputs is not published; tables of their own",
        "decoder.heads: whether paddings are predicted is not published; the last of the text's 256 places predicts "
        "the first code, and no place a padding",
        "decoder.inputs.vocab.kind: not published; pairs of bytes, as in CLIP of the same authors",
        "decoder.stack.block.{attn.biases,mlp.act,dropout}, init: not published; a Sparse Transformer's, to which the "
        "paper refers, stand here (Child et al. 2019, §5.2 and §6)",
        "decoder.stack.last.attn.pattern: where in the square of 11 x 11 its place stands is not said; in the middle",
        "recipe.schedule: the rate was halved five times where the loss stood still; it stays here",
    ),
)
