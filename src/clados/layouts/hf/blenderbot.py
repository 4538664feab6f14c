"""Where transformers keeps BlenderBot."""

from clados.layouts.hf.bart import bart
from clados.layouts.hf.marian import rules
from clados.spec import *

blenderbot = bart.but(
    model_type="blenderbot",
    architectures={"BlenderbotForConditionalGeneration": ("lm",), "BlenderbotModel": ()},
    tuned={},
    rules={
        **rules,
        "inputs.position.table.*": "model.encoder.embed_positions.*",
        "target.position.table.*": "model.decoder.embed_positions.*",
        "*.norm_out.*": "model.*.layer_norm.*",
    },
    config={**bart.config, "max_position_embeddings": "{inputs,target}.position.length"},
)
