"""SeeKeR: one network that searches, picks out knowledge and answers (Shuster et al. 2022, arXiv 2203.13224).

Its dialogue models are R2C2, a BART with norms first; its language models are GPT-2.
"""

from clados.models.bart.bart import bart
from clados.models.gpt.gpt_2 import declaration as gpt_2_sizes, gpt_2
from clados.spec import *

first = but(block=but(attn=but(dropout=0.0), residual=Pre()), norm_out=True)
second = but(block=but(attn=but(dropout=0.0), cross=but(dropout=0.0), residual=Pre()), norm_out=True)
r2c2 = bart.but(
    size=Size(layers=22, d_model=2048, heads=32),
    inputs=but(
        vocab=Vocabulary(kind="bytes", size=50_264, pad=0, bos=1, eos=2, unk=3, start=1, mask=50_261),
        position=Learned(1024),
        scaled=True,
        norm=False,
    ),
    target=but(position=Learned(1024), scaled=True, norm=False),
    encoder=first,
    decoder=second,
)
language = gpt_2.but(
    inputs=but(vocab=Vocabulary(kind="bytes", size=50_261, bos=50_257, eos=50_258, pad=50_259, unk=50_260))
)

pretraining = Stage(
    name="pretraining",
    objective=Denoised(),
    data="RoBERTa's text and CC100's English, and PushShift Reddit",
    optimiser=AdamW(lr=4e-4, beta2=0.98, eps=1e-6, decay=0.01),
    schedule=LinearDecay(warmup=30_000),
    length=1024,
)
seeking = Tuning(
    name="search, knowledge and response",
    start="pretraining",
    objective=Supervised(template=Template(prompt="{documents}{dialogue} {control}")),
    data="knowledge, response and query drawn 2 : 2 : 1 from Wizard of the Internet and of Wikipedia, PersonaChat, "
    "Empathetic Dialogues, Blended Skill Talk, Multi-Session Chat, MS MARCO, Natural Questions, SQuAD, TriviaQA; the "
    "query behind __generate-query__, the knowledge before a response between __knowledge__ and __endknowledge__",
    optimiser=AdamW(lr=1e-6),
    schedule=Constant(warmup=100),
    batch=64,
    length=1000,
    clip=1.0,
)
writing = seeking.but(
    name="search, knowledge and continuation",
    data="Common Crawl: a sentence found by search that overlaps the continuation is the knowledge, the title of its "
    "page the query; knowledge, continuation and query drawn 2 : 2 : 1",
    optimiser=AdamW(lr=7e-6),
    schedule=Constant(warmup=500),
    batch=32,
    length=896,
    steps=300_000,
)

declaration = Declaration(
    model=r2c2,
    sizes={
        "dialogue-400m": Size(layers=12, d_model=1024, heads=16),
        "dialogue-3b": r2c2.size,
        "lm-medium": language.but(size=gpt_2_sizes.sizes["medium"]),
        "lm-large": language.but(size=gpt_2_sizes.sizes["large"]),
        "lm-xl": language.but(size=gpt_2_sizes.sizes["xl"]),
    },
    recipe=Recipe((pretraining, seeking)),
    recipes={
        "lm-medium": Recipe((writing.but(start="gpt-2:medium"),)),
        "lm-large": Recipe((writing.but(start="gpt-2:large"),)),
        "lm-xl": Recipe((writing.but(start="gpt-2:xl"),)),
    },
    assumed=(
        "inputs.vocab: of the ids of special tokens, ParlAI's order stands here; the mask, which its dictionary does "
        "not name, is the first of the three rows that fill the table up",
        "recipe.optimiser, recipe.schedule: what R2C2 is pretrained with is not in the released files; RoBERTa's stand "
        "here",
        "recipe.name: R2C2 is tuned on dialogue, as the first BlenderBot, before it is taught to search",
        "recipe.objective: of R2C2's denoising only its name is published; BART's numbers stand here",
        "recipe.stages[1].schedule, recipes.lm-medium.schedule: the rate is halved on a plateau; a constant one stands "
        "here",
        "recipe.stages[1].batch, recipes.lm-medium.batch: 64 and 32 are GPUs, each with one text; "
        "the texts of one step stand here as a batch",
    ),
)
