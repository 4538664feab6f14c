"""OpenAssistant LLaMA: LLaMA tuned on conversations by volunteers (Köpf et al. 2023, arXiv 2304.07327)."""

from clados.models.llama.llama import declaration as parent, llama
from clados.spec import *

openassistant_llama = llama.but(size=parent.at("33b").size, inputs=but(vocab=but(size=32_016, pad=2)))

turns = Template(prompt="<|prompter|>{prompt}</s><|assistant|>", answer="{answer}</s>")
pretraining = Tuning(
    name="pretraining",
    start="llama:33b",
    objective=Supervised(turns),
    data="27 public sets of instructions, dialogues, code and mathematics, with a share of RedPajama",
    optimiser=AdamW(lr=1e-5, beta2=0.95, eps=1e-12),
    schedule=LinearDecay(warmup=100),
    length=2048,
    epochs=1.0,
    clip=2.0,
)
tuning = pretraining.but(
    name="tuning",
    start="pretraining",
    data="oasst1 with 80 % of Vicuna's data, Dolly's 15,000, school mathematics, Code Alpaca",
    schedule=but(warmup=20),
    epochs=8.0,
)
reward = Tuning(
    name="reward",
    start="pythia:6.9b",
    objective=Comparisons(answers=(2, 5)),
    data="rankings of oasst1, of Anthropic's HH, SHP, HellaSwag, WebGPT and of summaries",
    optimiser=AdamW(lr=1e-5, beta2=0.95, eps=1e-12),
    schedule=LinearDecay(warmup=50),
    length=2048,
    epochs=3.0,
    clip=2.0,
    head=Scalar(),
)
feedback = Tuning(
    name="feedback",
    start="tuning",
    objective=PPO(kl=0.1, clip=0.4, passes=4, minibatches=16, values=1.0, value_clip=0.4, target=6.0, template=turns),
    data="prompts of oasst1",
    optimiser=AdamW(lr=1e-6, beta2=0.95, decay=1e-6),
    schedule=Constant(),
    batch=96,
    length=2032,
    steps=10_000,
    judges=("reward",),
    trains=Upper(8),
)

declaration = Declaration(
    model=openassistant_llama,
    sizes={"30b": openassistant_llama.size},
    recipe=Recipe((pretraining, tuning, reward, feedback)),
    assumed=(
        "recipe.batch: published for one device; how many there were is not",
        "recipe.schedule: its shape is not said; the trainer's usual line stands here",
        "recipe.stages[2].start: a Pythia that had been tuned on GPT4All's data, which is not here",
        "recipe.stages[3].start, recipe.stages[3].judges: the policy's published start is sft-7, of another mix, and "
        "its judge the second reward model; those of these stages stand here",
        "recipe.stages[3].batch: of the published command: six processes, 16 samples each, one at a time",
    ),
)
