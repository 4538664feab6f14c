"""Vicuna: LLaMA tuned on conversations that users of ChatGPT had shared (Chiang et al. 2023; arXiv 2306.05685)."""

from clados.models.llama.llama import declaration as parent, llama
from clados.spec import *

vicuna = llama.but(size=parent.at("13b").size, inputs=but(vocab=but(pad=0)))

conversation = Template(
    opening="A chat between a curious user and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the user's questions. ",
    prompt="USER: {prompt} ASSISTANT:",
    answer=" {answer}</s>",
)
tuning = Tuning(
    name="tuning",
    start="llama",
    objective=Supervised(conversation),
    data="about 70,000 conversations from ShareGPT, the longer ones cut",
    optimiser=AdamW(lr=2e-5),
    schedule=Cosine(warmup=65),
    batch=128,
    length=2048,
    epochs=3.0,
)

declaration = Declaration(
    model=vicuna,
    sizes={"7b": parent.at("7b").size, "13b": vicuna.size, "33b": parent.at("33b").size},
    recipe=Recipe((tuning,)),
    recipes={"33b": Recipe((tuning.but(data="about 125,000 conversations from ShareGPT", schedule=but(warmup=117)),))},
    assumed=(
        "recipe.schedule.warmup: published as 4 % of the steps of 3 epochs; the steps of so many uncut conversations "
        "stand here",
        "recipe.objective.template: of versions 1.1 and later; version 0 marks the turns by ###",
    ),
)
