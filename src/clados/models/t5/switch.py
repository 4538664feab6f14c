"""Switch Transformer: T5 with experts, one for each token (Fedus et al. 2021, arXiv 2101.03961)."""

from clados.models.t5.t5 import pretraining, t5
from clados.models.t5.t5 import shared as parent
from clados.spec import *

experts = Experts("relu", capacity=OfBatch(training=1.25, evaluation=2.0), balance=0.01, jitter=0.01, dropout=0.1)
reader, writer = reach(t5, "encoder.block"), reach(t5, "decoder.block")
switch = t5.but(
    size=Size(layers=15, d_model=2080, heads=32, d_ff=6144, head_dim=64, experts=2048),
    encoder=but(block=but(mlp=experts)),
    decoder=but(block=but(mlp=experts)),
    init=FanIn(scale=0.1, cut=True),
)
base = switch.but(
    size=Size(layers=12, d_model=768, heads=12, d_ff=3072, head_dim=64, experts=128),
    encoder=but(block=(reader, reader.but(mlp=experts))),
    decoder=but(block=(writer, writer.but(mlp=experts))),
)
gated = but(act="gelu_tanh", gated=True)
xxl = base.but(
    size=Size(layers=24, d_model=4096, heads=64, d_ff=10_240, head_dim=64, experts=128),
    encoder=but(block=but(mlp=gated)),
    decoder=but(block=but(mlp=gated)),
)

kept = but(mlp=but(capacity=OfText(64), balance=0.001, z=0.001))
turns = parent.but(
    model_type="switch_transformers",
    architectures={"SwitchTransformersForConditionalGeneration": ("lm",)},
    rules={
        **parent.rules,
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
        **parent.config,
        "num_experts": "{sides.encoder,sides.decoder}.experts",
        "num_sparse_encoder_layers": HowMany("encoder.block.mlp", kind=Experts),
        "num_sparse_decoder_layers": HowMany("decoder.block.mlp", kind=Experts),
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
        *parent.ignored,
        *("add_router_probs", "encoder_sparse_step", "decoder_sparse_step"),
        *("router_type", "router_ignore_padding_tokens"),  # which no code reads (transformers 5.23.0)
    ),
    port=but(encoder=but(**{"block[1]": kept}), decoder=but(**{"block[1]": kept})),
)
every = turns.but(
    config={
        **turns.config,
        "expert_capacity": "{encoder,decoder}.block.mlp.capacity.tokens",
        "router_jitter_noise": "{encoder,decoder}.block.mlp.jitter",
        "router_z_loss_coef": "{encoder,decoder}.block.mlp.z",
        "router_aux_loss_coef": "{encoder,decoder}.block.mlp.balance",
    },
    port=but(encoder=but(block=kept), decoder=but(block=kept)),
)

declaration = Declaration(
    model=switch,
    sizes={
        "base-8": base.but(size=but(experts=8)),
        "base-16": base.but(size=but(experts=16)),
        "base-32": base.but(size=but(experts=32)),
        "base-64": base.but(size=but(experts=64)),
        "base-128": base,
        "base-256": base.but(size=but(experts=256)),
        "large-128": base.but(size=Size(layers=24, d_model=1024, heads=16, d_ff=4096, head_dim=64, experts=128)),
        "xxl": xxl,
        "c": switch,
    },
    recipe=Recipe((pretraining.but(data="C4", steps=None),)),
    layouts=(every, turns),
    assumed=(
        "encoder.block.mlp.capacity.least, decoder.block.mlp.capacity.least: not in the paper; 4 as in Mesh TensorFlow",
        "encoder.block.mlp.jitter, decoder.block.mlp.jitter: the paper scales the router's input; 0.01 as released",
        "encoder.dropout, decoder.dropout: not published for pretraining; T5's stand here",
        "sizes.base-128, sizes.large-128: the table lists gated layers of 2048 and 2816; those of the released "
        "checkpoints, with ReLU, stand here",
        "sizes.xxl.size.experts: the table prints 64, which gives 201B; 128 give its 395B and stand here",
    ),
)
