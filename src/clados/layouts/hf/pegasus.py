"""Where transformers keeps PEGASUS."""

from clados.layouts.hf.marian import config, marian
from clados.spec import *

# The port adds biases to attention and rounds its norms otherwise.
pegasus = marian.but(
    model_type="pegasus",
    architectures={"PegasusForConditionalGeneration": ("lm",), "PegasusModel": ()},
    rules={**marian.rules, "*.norm_out.*": "model.*.layer_norm.*"},
    config=config,
    fixed={"is_encoder_decoder": True, "tie_word_embeddings": True},
    port=merged(marian.port or but(), but(inputs=but(position=Sinusoidal(order="halves")))),
)
