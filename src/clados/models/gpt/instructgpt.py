"""InstructGPT: GPT-3 that follows instructions, by answers, rankings and PPO (Ouyang et al. 2022, arXiv 2203.02155)."""

from clados.models.gpt.gpt_3 import declaration as parent, gpt_3
from clados.spec import *

instructgpt = gpt_3.but(stack=but(block=but(dropout=0.2)))

demonstrations = Tuning(
    name="demonstrations",
    start="gpt-3:175b",
    objective=Supervised(),
    data="about 13,000 prompts of users and labellers, answered by labellers; a tenth of pretraining text mixed in",
    optimiser=AdamW(lr=2.45e-6, beta2=0.95),
    schedule=Cosine(floor=0.1),
    batch=8,
    length=2048,
    epochs=2,
)
comparisons = Tuning(
    name="comparisons",
    start="gpt-3:6.7b",
    size="6b",
    objective=Comparisons(answers=(4, 9)),
    data="33,000 prompts, their answers ranked by labellers; the start was tuned on public question answering before",
    optimiser=AdamW(lr=9e-6, beta2=0.95),
    schedule=Cosine(floor=0.1),
    batch=64,
    epochs=1,
    head=Scalar(),
)
reinforcement = Tuning(
    name="reinforcement",
    start="demonstrations",
    judges=("comparisons",),
    objective=PPO(kl=0.02, critic="judge", minibatches=8, pretraining=27.8),
    data="256,000 answers to 31,000 prompts of users",
    optimiser=AdamW(lr=5e-6, beta2=0.95),
    schedule=Constant(warmup=10),
    batch=512,
    steps=500,
)

declaration = Declaration(
    model=instructgpt,
    sizes={"1.3b": parent.sizes["xl"], "6b": parent.sizes["6.7b"], "175b": instructgpt.size},
    recipe=Recipe((demonstrations, comparisons, reinforcement)),
    recipes={
        "1.3b": Recipe(
            (
                demonstrations.but(start="gpt-3:xl", optimiser=but(lr=5e-6), batch=32),
                comparisons,
                reinforcement.but(optimiser=but(lr=9e-6)),
            )
        ),
        "6b": Recipe(
            (
                demonstrations.but(start="gpt-3:6.7b", optimiser=but(lr=1.04e-5), batch=32),
                comparisons,
                reinforcement.but(optimiser=but(lr=9e-6)),
            )
        ),
    },
    assumed=(
        "sizes.1.3b, sizes.6b: no shape is published; GPT-3's XL and 6.7B stand here, the nearest of its sizes",
        "stack.block[1].attn.pattern.span: GPT-3's is not published; 256 stands here",
        "recipe.stages[0].optimiser, recipe.stages[0].epochs: of the policy that PPO starts from; the supervised "
        "models that the paper compares took 16 epochs at 9.65e-6 (5.03e-6 for 175b)",
        "recipe.stages[2].optimiser.lr: the paper gives 9e-6 and 5e-6 (175b) for the values; they stand for both",
        "stack.block.dropout: the supervised stage's; the paper gives none for the others",
        "recipe.stages[2].objective.smoothing: lambda of the advantages is not published; 0.95 stands here",
    ),
)
