"""Where transformers keeps UL2."""

from clados.layouts.hf.t5_v1_1 import t5_v1_1
from clados.spec import *

ul2 = t5_v1_1.but(fixed={**t5_v1_1.fixed, "feed_forward_proj": "gated-silu", "dense_act_fn": "silu"})
