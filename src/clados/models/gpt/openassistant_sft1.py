"""OpenAssistant SFT-1: Pythia tuned on the project's first demonstrations (Köpf et al. 2023, arXiv 2304.07327)."""

from clados.models.gpt.pythia import pythia
from clados.spec import *

openassistant_sft1 = pythia.but(inputs=but(vocab=but(size=50_288)))

tuning = Tuning(
    name="tuning",
    start="pythia",
    objective=Supervised(
        Template(prompt="<|prompter|>{prompt}<|endoftext|><|assistant|>", answer="{answer}<|endoftext|>")
    ),
    data="about 22,000 demonstrations by volunteers, up to 7 March 2023",
    optimiser=AdamW(lr=6e-6, beta2=0.95, eps=1e-12),
    schedule=LinearDecay(warmup=100),
    length=2048,
    steps=7000,
    clip=2.0,
)

declaration = Declaration(
    model=openassistant_sft1,
    sizes={"12b": openassistant_sft1.size},
    recipe=Recipe((tuning,)),
    assumed=(
        "inputs.vocab.size: the project's code adds its tokens and rounds the rows up to a multiple of 16",
        "recipe.steps: not published; 7,000 is read off the file name of a demonstration",
        "recipe.schedule: its shape is not said; the trainer's usual line stands here",
    ),
)
