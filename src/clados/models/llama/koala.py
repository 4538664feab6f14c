"""Koala: LLaMA tuned on a small set of picked dialogues (Geng et al. 2023, BAIR blog)."""

from clados.models.llama.llama import declaration as parent, llama
from clados.spec import *

koala = llama.but(size=parent.at("13b").size)

tuning = Tuning(
    name="tuning",
    start="llama",
    objective=Supervised(
        Template(opening="BEGINNING OF CONVERSATION: ", prompt="USER: {prompt} GPT:", answer=" {answer}</s>")
    ),
    data="30,000 conversations from ShareGPT, HC3, parts of OIG, Alpaca's data, Anthropic's HH, WebGPT, summaries",
    optimiser=AdamW(lr=2e-5),
    schedule=Cosine(),
    length=2048,
    epochs=2.0,
)

declaration = Declaration(
    model=koala,
    sizes={"7b": parent.at("7b").size, "13b": koala.size},
    recipe=Recipe((tuning,)),
    assumed=(
        "recipe.optimiser, recipe.schedule: not published; Alpaca's rate stands here, without warmup",
        "recipe.objective.template: docs/koala.md of young-geng/EasyLM; the space behind 'GPT:' is that of FastChat's "
        "conversation.py, as the fields of EasyLM's texts are tokenised one by one",
    ),
)
