"""Where transformers keeps a Switch Transformer."""

from clados.layouts.hf import ACTIVATIONS
from clados.layouts.hf.t5 import t5_common
from clados.spec import *

ported_experts = but(mlp=but(capacity=OfText(64), balance=0.001, z=0.001))

alternating = t5_common.but(
    model_type="switch_transformers",
    architectures={"SwitchTransformersForConditionalGeneration": ("lm",)},
    rules={
        **t5_common.rules,
        "encoder.blocks.*.mlp.router.*": "encoder.block.*.layer.1.mlp.router.classifier.*",
        "decoder.blocks.*.mlp.router.*": "decoder.block.*.layer.2.mlp.router.classifier.*",
        "encoder.blocks.*.mlp.up": Stacked("encoder.block.*.layer.1.mlp.experts.expert_#.wi.weight"),
        "decoder.blocks.*.mlp.up": Stacked("decoder.block.*.layer.2.mlp.experts.expert_#.wi.weight"),
        "encoder.blocks.*.mlp.down": Stacked("encoder.block.*.layer.1.mlp.experts.expert_#.wo.weight"),
        "decoder.blocks.*.mlp.down": Stacked("decoder.block.*.layer.2.mlp.experts.expert_#.wo.weight"),
        "encoder.blocks.*.mlp.up.*": "encoder.block.*.layer.1.mlp.wi.*",
        "decoder.blocks.*.mlp.up.*": "decoder.block.*.layer.2.mlp.wi.*",
        "encoder.blocks.*.mlp.down.*": "encoder.block.*.layer.1.mlp.wo.*",
        "decoder.blocks.*.mlp.down.*": "decoder.block.*.layer.2.mlp.wo.*",
    },
    config={
        **t5_common.config,
        "num_experts": "{sides.encoder,sides.decoder}.experts",
        "num_sparse_encoder_layers": CountOf("encoder.block.mlp", kind=Experts),
        "num_sparse_decoder_layers": CountOf("decoder.block.mlp", kind=Experts),
        "dense_act_fn": Choice("{encoder,decoder}.block.mlp.act", ACTIVATIONS),
        "is_gated_act": Choice("{encoder,decoder}.block.mlp.gated", {False: False}),
        "expert_capacity": "{encoder,decoder}.block[1].mlp.capacity.tokens",
        "router_jitter_noise": "{encoder,decoder}.block[1].mlp.jitter",
        "router_z_loss_coef": "{encoder,decoder}.block[1].mlp.z",
        "router_aux_loss_coef": "{encoder,decoder}.block[1].mlp.balance",
    },
    fixed={
        "feed_forward_proj": "relu",
        "is_encoder_decoder": True,
        "tie_word_embeddings": True,
        "router_bias": False,
        "router_dtype": "float32",
    },
    ignored=(
        *t5_common.ignored,
        *("add_router_probs", "encoder_sparse_step", "decoder_sparse_step"),
        *("router_type", "router_ignore_padding_tokens"),  # which no code reads (transformers 5.23.0)
    ),
    port=but(encoder=but(**{"block[1]": ported_experts}), decoder=but(**{"block[1]": ported_experts})),
)

every_layer = alternating.but(
    config={
        **alternating.config,
        "expert_capacity": "{encoder,decoder}.block.mlp.capacity.tokens",
        "router_jitter_noise": "{encoder,decoder}.block.mlp.jitter",
        "router_z_loss_coef": "{encoder,decoder}.block.mlp.z",
        "router_aux_loss_coef": "{encoder,decoder}.block.mlp.balance",
    },
    port=but(encoder=but(block=ported_experts), decoder=but(block=ported_experts)),
)
