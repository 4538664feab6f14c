"""Where torch.nn keeps a Transformer."""

from clados.layouts.hf.marian import biased
from clados.spec import *

transformer = Layout(
    model_type="torch.nn.Transformer",
    architectures={"Transformer": ("lm",)},
    rules={
        "inputs.tokens.*": "tokens.*",
        "*.blocks.*.attn.qkv.*": Fused("*.layers.*.self_attn.in_proj_*", ("q", "k", "v")),
        "*.blocks.*.attn.out.*": "*.layers.*.self_attn.out_proj.*",
        "*.blocks.*.attn_norm.*": "*.layers.*.norm1.*",
        "decoder.blocks.*.cross.q.*": Fused("decoder.layers.*.multihead_attn.in_proj_*", ("q", "k", "v")),
        "decoder.blocks.*.cross.kv.*": Fused("decoder.layers.*.multihead_attn.in_proj_*", ("q", "k", "v")),
        "decoder.blocks.*.cross.out.*": "decoder.layers.*.multihead_attn.out_proj.*",
        "decoder.blocks.*.cross_norm.*": "decoder.layers.*.norm2.*",
        "encoder.blocks.*.mlp_norm.*": "encoder.layers.*.norm2.*",
        "decoder.blocks.*.mlp_norm.*": "decoder.layers.*.norm3.*",
        "*.blocks.*.mlp.up.*": "*.layers.*.linear1.*",
        "*.blocks.*.mlp.down.*": "*.layers.*.linear2.*",
        "*.norm_out.*": "*.norm.*",
    },
    config={
        "d_model": "{sides.encoder,sides.decoder}.d_model",
        "nhead": "{sides.encoder,sides.decoder}.heads",
        "num_encoder_layers": "sides.encoder.layers",
        "num_decoder_layers": "sides.decoder.layers",
        "dim_feedforward": "{sides.encoder,sides.decoder}.d_ff",
        "activation": Choice("{encoder,decoder}.block.mlp.act", {"relu": "relu", "gelu": "gelu"}),
        "layer_norm_eps": "{encoder,decoder}.norm.eps",
        "vocab_size": "inputs.vocab.size",
    },
    fixed={"batch_first": True, "norm_first": False, "bias": True},
    ignored=("dropout",),
    port=but(
        encoder=but(block=biased, norm=LayerNorm(1e-5), norm_out=True),
        decoder=but(block=but(attn=but(biases="all"), cross=but(biases="all")), norm=LayerNorm(1e-5), norm_out=True),
    ),
)
