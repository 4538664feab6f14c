"""DialoGPT: GPT-2 trained on with whole conversations (Zhang et al. 2019, arXiv 1911.00536)."""

from clados.models.gpt.gpt_2 import declaration as parent, gpt_2
from clados.spec import *

dialogpt = gpt_2.but(size=parent.sizes["medium"])

dialogues = Tuning(
    name="dialogues",
    start="gpt-2",
    objective=DialogueTurns(),
    data="147 million conversations from Reddit, each one text, its turns parted by the end-of-text token",
    optimiser=AdamW(lr=0.1, decay=0.01),
    schedule=Noam(warmup=16_000),
    steps=1_000_000,
    clip=1.0,
)
backwards = dialogues.but(
    name="backwards",
    objective=DialogueTurns(backwards=True),
    data="the same, each reply before what it answers: a second model, to rank replies by p(source | reply)",
)

declaration = Declaration(
    model=dialogpt,
    sizes={"small": parent.sizes["small"], "medium": dialogpt.size, "large": parent.sizes["large"]},
    recipe=Recipe((dialogues,)),
    recipes={"medium": Recipe((backwards, dialogues))},
    assumed=(
        "recipe.optimiser: the rate was chosen by validation and not published; the default of the authors' script",
        "recipe.steps: up to 5 passes (3 for large); the most that the authors' script takes stands here",
    ),
)
