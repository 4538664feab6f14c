"""Sparrow: Chinchilla in dialogue, by preferences, rules and evidence (Glaese et al. 2022, arXiv 2209.14375)."""

from clados.models.gopher.chinchilla import chinchilla
from clados.models.gopher.gophercite import answers, ratings, reinforcement
from clados.spec import *

turns = Template(prompt="User: {prompt}\n\n", answer="Sparrow: {answer}\n\n")

dialogues = answers.but(
    name="dialogues",
    start="chinchilla",
    objective=Supervised(template=turns),
    data="dialogues with people that were rated well, search queries and results among their turns",
    batch=None,
    length=2048,
    steps=None,
    trains=Upper(16),
)
preferences = ratings.but(
    name="preferences",
    start="chinchilla",
    size=None,
    objective=Comparisons(answers=(2, 4)),
    data="which of several replies people like best, with and without evidence",
    length=2048,
    trains=Upper(16),
)
rules = preferences.but(
    name="rules",
    objective=Violations(rules=23),
    data="dialogues in which people tried to make it break a rule, and whether it did",
)
play = reinforcement.but(
    start="dialogues",
    judges=("preferences", "rules"),
    objective=ActorCritic(kl=None, template=turns),
    data="questions of ELI5, dialogues with people, with a model that provokes, and with itself",
    batch=None,
    length=2048,
    trains=Upper(16),
)

declaration = Declaration(
    model=chinchilla,
    sizes={"70b": chinchilla.size},
    recipe=Recipe((dialogues, preferences, rules, play)),
    assumed=(
        "stack, inputs, init: Chinchilla's, with what is assumed there",
        "recipe: rates were not read again; GopherCite's stand here",
        "recipe.stages[0].trains, recipe.stages[3].trains: the upper 16 of 80 layers, published for the reward models; "
        "for the policy from memory",
        "recipe.stages[1].objective.answers, recipe.stages[0].objective.template: from memory",
    ),
)
