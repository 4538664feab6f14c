"""Where OpenAI keeps DALL-E's discrete VAE (package DALL-E 0.1, dall_e/encoder.py and dall_e/decoder.py).

They publish two pickled modules, ``encoder.pkl`` and ``decoder.pkl``; here are the names of their tensors, after the
module's. The keys of the config are the arguments of their classes, and the widths that these make.
"""

from clados.spec import *

block: dict[str, str | Rule] = {
    "first.weight": "res_path.conv_1.w",
    "first.bias": "res_path.conv_1.b",
    "second.weight": "res_path.conv_2.w",
    "second.bias": "res_path.conv_2.b",
    "third.weight": "res_path.conv_3.w",
    "third.bias": "res_path.conv_3.b",
    "last.weight": "res_path.conv_4.w",
    "last.bias": "res_path.conv_4.b",
    "skip.weight": "id_path.w",
    "skip.bias": "id_path.b",
}
way: dict[str, str | Rule] = {
    "conv_in.weight": "blocks.input.w",
    "conv_in.bias": "blocks.input.b",
    **prefixed("blocks.group_1.block_1.", block, ours="blocks.0."),
    **prefixed("blocks.group_1.block_2.", block, ours="blocks.1."),
    **prefixed("blocks.group_2.block_1.", block, ours="blocks.2."),
    **prefixed("blocks.group_2.block_2.", block, ours="blocks.3."),
    **prefixed("blocks.group_3.block_1.", block, ours="blocks.4."),
    **prefixed("blocks.group_3.block_2.", block, ours="blocks.5."),
    **prefixed("blocks.group_4.block_1.", block, ours="blocks.6."),
    **prefixed("blocks.group_4.block_2.", block, ours="blocks.7."),
    "conv_out.weight": "blocks.output.conv.w",
    "conv_out.bias": "blocks.output.conv.b",
}
dvae = Layout(
    model_type="openai-dvae",
    architectures={"DiscreteVAE": ()},
    rules={
        **prefixed("encoder.", way, ours="coder.encoder."),
        **prefixed("decoder.", way, ours="coder.decoder."),
    },
    config={
        "channels": "size.channels",
        "n_blk_per_group": "size.blocks",
        "input_channels": "inputs.channels",
        "image_size": "inputs.image",
        "vocab_size": "coder.codes",
        "n_init": "coder.first",
    },
)
