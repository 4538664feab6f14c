"""BlenderBot 3: OPT, or R2C2, taught to search, remember and reply by turns (Shuster et al. 2022, arXiv 2208.03188)."""

from clados.models.gpt.opt import opt
from clados.models.gpt.seeker import pretraining, r2c2, seeking
from clados.spec import *

modules = Tuning(
    name="modules",
    start="opt:175b",
    objective=Supervised(template=Template(prompt="{facts}Person 1: {prompt}\n{control}:", answer=" {answer}")),
    data="4 million texts (1.13B tokens): search decision, query, knowledge from the web, from memory and from the "
    "dialogue, memory decision, memory and reply, from dialogues, questions and tasks; 600,000 texts of OPT (170M "
    "tokens); the controls are Search Decision, Query, Memory Decision, Memory, Previous Topic, Person 2 and others",
    optimiser=AdamW(lr=6e-6, beta2=0.95, decay=0.1),
    schedule=LinearDecay(floor=0.1),
    batch=128,
    length=2048,
    steps=5600,
    epochs=1,
    clip=1.0,
)
small = seeking.but(
    name="modules",
    objective=Supervised(template=Template(prompt="{facts}{prompt} {control}")),
    data="the same without OPT's texts; the controls are __is-search-required__, __generate-query__, "
    "__is-memory-required__, __generate-memory__, __access-memory__, __extract-entity__ and others",
    length=1024,
    steps=27_000,
)

declaration = Declaration(
    model=opt,
    sizes={"3b": r2c2, "30b": Size(layers=48, d_model=7168, heads=56), "175b": opt.size},
    recipe=Recipe((modules,)),
    recipes={"3b": Recipe((pretraining, small)), "30b": Recipe((modules.but(start="opt:30b"),))},
    assumed=(
        "recipe.optimiser, recipe.schedule, recipe.clip: what is not published is OPT's",
        "recipe.objective.learns: not published; the answers alone stand here",
        "recipe.batch: published as 2^18 tokens; sequences of 2048 stand here",
        "recipes.30b: not published; as the largest is trained",
        "recipes.3b: R2C2 is tuned on dialogue, as the first BlenderBot, before it is taught its modules",
        "recipes.3b: its modules are tuned at a rate that is reduced on a plateau, on 64 GPUs with one text each; a "
        "constant rate and 64 texts stand here",
    ),
)
