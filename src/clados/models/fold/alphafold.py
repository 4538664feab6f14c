"""AlphaFold 2: a protein's fold from an alignment of its family (Jumper et al. 2021)."""

from clados.spec import *

pair = PairBlock(product=TriangleProduct(dropout=0.25), attn=TriangleAttention(dropout=0.25), mlp=MLP("relu"))
block = EvoformerBlock(row=RowAttention(dropout=0.15), mlp=MLP("relu"), outer=OuterProductMean(32), pair=pair)
sizes = FoldSize(
    alignment=Size(layers=48, d_model=256, heads=8),
    pair=PairSize(d_model=128, heads=4),
    extra=Size(layers=4, d_model=64, heads=8),
    templates=Size(layers=2, d_model=64, heads=4, d_ff=128),
    structure=Size(layers=8, d_model=384, heads=12, head_dim=16),
)
alphafold = Fold(
    size=sizes,
    templates=Templates(block=pair.but(attention_first=True)),
    extra=ExtraRows(block=block.but(column=GlobalColumnAttention())),
    block=block,
    heads=(Confidence(), Distogram(), HiddenLetters(), Resolved()),
    init=FoldInit(),
)
data = "Protein Data Bank; predictions for 355,000 sequences of UniClust30, 75 % of examples"
adam, slower = AdamW(lr=1e-3, eps=1e-6), AdamW(lr=5e-4, eps=1e-6)
start = Stage(name="pretraining", objective=Folding(), data=data, optimiser=adam, schedule=Constant(warmup=1000))
pretraining = start.but(batch=128, length=256, steps=78_125, clip=0.1, average=0.999)
more = Folding(resolved=0.01, violations=1.0)
longer = Tuning(name="fine-tuning", start=start.name, objective=more, data=data, optimiser=slower, schedule=Constant())
finetuning = longer.but(batch=128, length=384, steps=11_719, clip=0.1, average=0.999)
declaration = Declaration(
    model=alphafold,
    sizes={"model_1": alphafold, "model_3": alphafold.but(templates=None, size=but(templates=None))},
    recipe=Recipe((pretraining, finetuning)),
    assumed=(
        "templates.angle_features: 51 in the supplement, 57 in the authors' code, which stands here",
        "size.templates: heads of 64 in the supplement, of 16 in the authors' code, which stands here",
        "structure.attn: without biases in the supplement, with them in the authors' code, which stands here",
        "recipe: 10 and 1.5 million examples as steps of 128; the rate's fall to 0.95 of itself and the "
        "clip of each example's own gradient are left out",
    ),
)
