"""StableLM (alpha): GPT-NeoX, wide and shallow, on a larger Pile (Stability AI 2023)."""

from clados.models.gpt.gpt_neox_20b import gpt_neox, pretraining as parent
from clados.spec import *

stablelm = gpt_neox.but(size=Size(layers=16, d_model=6144, heads=48), stack=but(block=but(mlp=but(act="gelu"))))
small = stablelm.but(size=Size(layers=16, d_model=4096, heads=32), inputs=but(vocab=but(size=50_688)))

pretraining = parent.but(
    data="800B of the 1.5T tokens of a set built on the Pile",
    optimiser=but(lr=1.5e-4, decay=0.1),
    schedule=but(warmup=1800),
    batch=None,
    length=4096,
    steps=180_000,
)
first = pretraining.but(optimiser=but(lr=1.6e-4, beta2=0.9999, eps=1e-6))
tuning = Tuning(
    name="tuning",
    start="pretraining",
    objective=Supervised(
        Template(
            opening="<|SYSTEM|># StableLM Tuned (Alpha version)\n"
            "- StableLM is a helpful and harmless open-source AI language model developed by StabilityAI.\n"
            "- StableLM is excited to be able to help the user, but will refuse to do anything that could be "
            "considered harmful to the user.\n"
            "- StableLM is more than just an information source, StableLM is also able to write poetry, short stories, "
            "and make jokes.\n"
            "- StableLM will refuse to participate in anything that could harm a human.\n<|USER|>",
            prompt="{prompt}<|ASSISTANT|>",
            answer="{answer}<|USER|>",
        )
    ),
    data="Alpaca's, GPT4All's and Dolly's instructions, conversations of ShareGPT and those of HH",
    optimiser=AdamW(lr=2e-5, beta2=0.99, decay=0.01),
    schedule=Constant(warmup=100),
    batch=128,
)

declaration = Declaration(
    model=stablelm,
    sizes={"3b": small, "7b": stablelm, "tuned-3b": small, "tuned-7b": stablelm},
    recipe=Recipe((pretraining,)),
    recipes={
        "3b": Recipe((first,)),
        "tuned-3b": Recipe((first, tuning.but(batch=256, schedule=but(warmup=50)))),
        "tuned-7b": Recipe((pretraining, tuning)),
    },
    assumed=(
        "recipe.batch: published for one device; how many there were is not",
        "stack.block.mlp.act: the released configurations say GELU; the fused kernel that trained it computes its tanh "
        "form",
        "recipes.tuned-3b, recipes.tuned-7b: rate, decay, betas, warmup and batch of the tuning are from the model "
        "cards, not read again; how long it took, and what its rate does behind the warmup, is not published",
        "recipes.tuned-3b, recipes.tuned-7b: what ends an answer is not published; the next <|USER|>, at which the "
        "published code stops, does here, and nothing says that more than answers is learned",
    ),
)
