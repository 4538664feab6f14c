"""GPT-3.5: a series on a base of text and code (OpenAI, model index for researchers, 2023); unpublished in shape."""

from clados.models.gpt.gpt_3 import gpt_3, pretraining
from clados.models.gpt.instructgpt import comparisons, demonstrations, reinforcement
from clados.spec import *

gpt_3_5 = gpt_3.but(inputs=but(vocab=but(size=50_281), position=Learned(4097)))

base = pretraining.but(data="text and code from before the last quarter of 2021")
rated = demonstrations.but(
    name="rated",
    start="pretraining",
    objective=BestOf(),
    data="answers by people, and the model's own that people rated 7 of 7",
)
ranked = comparisons.but(start="pretraining", size=None, objective=Comparisons(), data="comparisons by people")
rewarded = reinforcement.but(start="rated", data="prompts; how many is not published")

declaration = Declaration(
    model=gpt_3_5,
    sizes={
        "code-davinci-002": gpt_3_5.but(inputs=but(position=Learned(8001))),
        "text-davinci-002": gpt_3_5,
        "text-davinci-003": gpt_3_5,
        "gpt-3.5-turbo-0301": gpt_3_5.but(
            inputs=but(vocab=but(size=100_277, bos=100_257, eos=100_257), position=Learned(4096))
        ),
    },
    recipe=Recipe((base, rated, ranked, rewarded)),
    recipes={"code-davinci-002": Recipe((base,)), "text-davinci-002": Recipe((base, rated))},
    assumed=(
        "size: not published; GPT-3's 175B stands here",
        "stack, inputs.position: not published; GPT-3's stand here, with the positions of the documented context",
        "recipe: no number is published; GPT-3's and InstructGPT's stand here",
        "recipe.stages[3].start: not published; the model tuned on rated answers stands here",
    ),
)
