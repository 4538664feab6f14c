"""Anthropic's assistant: a decoder, then preferences and principles (arXiv 2112.00861, 2204.05862, 2212.08073)."""

from clados.models.gpt.gpt_3 import gpt_3
from clados.spec import *

assistant = gpt_3.but(
    size=Size(layers=64, d_model=8192, heads=64),
    inputs=but(vocab=but(size=50_304), position=Learned(8192)),
    stack=but(block=reach(gpt_3, "stack.block")),
)
turns = Template(prompt="\n\nHuman: {prompt}", answer="\n\nAssistant: {answer}")

pretraining = Stage(
    name="pretraining",
    objective=NextToken(),
    data="400B tokens: Common Crawl 55 %, books 32 %, OpenWebText, Wikipedia, Stack Exchange; a tenth is Python",
    optimiser=AdamW(lr=0.6e-4, beta2=0.95, decay=0.1),
    schedule=Cosine(floor=0.1),
    length=8192,
)
distillation = Tuning(
    name="distillation",
    start="pretraining",
    objective=ContextDistilled(
        "14 dialogues of a helpful, honest and harmless assistant, about 4,600 words", template=turns
    ),
    data="pretraining text and questions, answered by the model that is given the dialogues",
    optimiser=AdamW(lr=0.6e-6, beta2=0.95),
    schedule=Constant(),
)
ranking = Tuning(
    name="ranking",
    start="pretraining",
    objective=Comparisons(),
    data="public rankings: Stack Exchange, Reddit, Wikipedia edits that were reverted",
    optimiser=AdamW(lr=0.6e-5, beta2=0.95),
    schedule=Constant(),
    length=1024,
    epochs=1,
    head=Scalar(),
)
preferences = ranking.but(
    name="preferences",
    start="ranking",
    objective=Comparisons(),
    data="comparisons by people: 44,000 of helpfulness, 42,000 of attempts to do harm; later ones from newer models",
    optimiser=but(lr=0.6e-6),
    length=2048,
)
reinforcement = Tuning(
    name="reinforcement",
    start="distillation",
    judges=("preferences",),
    objective=PPO(kl=0.001, template=turns),
    data="the comparisons' prompts, and further ones that a model wrote",
    optimiser=AdamW(lr=0.6e-6, beta2=0.95),
    schedule=Constant(),
)
revision = Tuning(
    name="revision",
    start="pretraining",
    objective=Revised(principles=16, rounds=4, template=turns),
    data="182,831 prompts that ask for harm, each answer revised; 135,296 that ask for help, two answers each, sampled "
    "from the helpful RLHF model",
    optimiser=AdamW(lr=0.3e-4, beta2=0.95),
    schedule=Constant(),
    batch=1024,
    epochs=1,
)
principles = preferences.but(
    name="principles",
    objective=SoftComparisons(),
    data="135,296 comparisons of help by people, 182,831 of harm by a model that reads one of 16 principles",
)
constitution = reinforcement.but(name="constitution", start="revision", judges=("principles",))

declaration = Declaration(
    model=assistant,
    sizes={
        "13m": Size(layers=4, d_model=512, heads=4),
        "42m": Size(layers=6, d_model=768, heads=6),
        "197m": Size(layers=10, d_model=1280, heads=10),
        "810m": Size(layers=16, d_model=2048, heads=16),
        "2.7b": Size(layers=24, d_model=3072, heads=24),
        "13b": Size(layers=40, d_model=5120, heads=40),
        "52b": assistant.size,
    },
    recipe=Recipe((pretraining, distillation, ranking, preferences, reinforcement, revision, principles, constitution)),
    assumed=(
        "size: d_model is 128 times layers as published; heads of 128 and d_ff of 4 d_model stand here",
        "inputs.vocab: GPT-2's encoding and 50,304 rows by arXiv 2205.10487, whose settings are the first paper's",
        "inputs.position: not published; GPT-3's stands here, at the published context",
        "stack: said to be like GPT-3's; dense in every layer, GPT-3's norm and activation stand here",
        "recipe.optimiser, recipe.schedule: not published; GPT-3's stand here; later rates are shares of it",
        "recipe.stages[1].optimiser, recipe.stages[4].optimiser: no rate is published; a hundredth of pretraining's "
        "stands here",
        "recipe.stages[4].objective.smoothing: lambda of the advantages is not published; 0.95 stands here",
    ),
)
