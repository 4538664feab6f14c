"""Where transformers keeps Galactica."""

from clados.layouts.hf.opt import config, opt
from clados.spec import *

galactica = opt.but(
    config=config,
    fixed={**opt.fixed, "activation_function": "gelu", "enable_bias": True},
    ignored=(*opt.ignored, "learned_embeddings", "scale_embeddings"),
    port=but(stack=but(block=but(attn=but(biases="all"), mlp=but(bias=True)), norm=but(bias=True))),
)
