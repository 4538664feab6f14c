"""ChatGPT: GPT-3.5 tuned for dialogue as InstructGPT was for instructions (OpenAI 2022). Its shape is unpublished."""

from clados.models.gpt.gpt_3_5 import declaration as parent, ranked, rated, rewarded
from clados.spec import *

chatgpt = parent.at("gpt-3.5-turbo-0301").but(inputs=but(vocab=but(eos=100_265)))
turns = Template(
    opening="<|im_start|>system\n{system}<|im_end|>\n",
    prompt="<|im_start|>user\n{prompt}<|im_end|>\n",
    answer="<|im_start|>assistant\n{answer}<|im_end|>\n",
)

dialogues = rated.but(
    name="dialogues",
    start="gpt-3.5",
    objective=Supervised(template=turns),
    data="conversations in which trainers play both sides, with InstructGPT's data recast as dialogue",
)
rankings = ranked.but(name="rankings", start="dialogues", data="replies sampled in trainers' conversations, ranked")
rounds = rewarded.but(start="dialogues", judges=("rankings",), data="conversations; several rounds of ranking and PPO")

declaration = Declaration(
    model=chatgpt,
    sizes={"unpublished": chatgpt},
    recipe=Recipe((dialogues, rankings, rounds)),
    assumed=(
        "size: not published; GPT-3's 175B stands here",
        "inputs.vocab, inputs.position: nothing is stated for the first release; those documented for "
        "gpt-3.5-turbo-0301 stand here, an answer ending in <|im_end|>",
        "recipe: no number is published; InstructGPT's stand here",
        "recipe.stages[0].objective.template: ChatML, documented for the interface in March 2023",
    ),
)
