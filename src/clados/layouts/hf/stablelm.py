"""Where transformers keeps StableLM."""

from clados.layouts.hf.gpt_neox import gpt_neox
from clados.spec import *

stablelm = gpt_neox.but(fixed={**gpt_neox.fixed, "hidden_act": "gelu"})
