"""Where llama.cpp keeps GPT-NeoX."""

from clados.layouts.gguf.gpt_2 import decoder_config, gpt_2
from clados.spec import *

gpt_neox = gpt_2.but(
    model_type="gguf:gptneox",
    architectures={"gptneox": ("lm",)},
    rules={**gpt_2.rules, "heads.lm.table.*": "output.*"},
    config={
        **decoder_config,
        "rope.freq_base": "stack.position.base",
        "rope.dimension_count": HeadShare("stack.position.fraction"),
        "use_parallel_residual": Choice("stack.block.residual", {True: Parallel(norms=2), False: Pre()}),
    },
    ignored=("context_length",),
    tied={},
)
