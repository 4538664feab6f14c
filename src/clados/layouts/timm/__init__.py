"""timm's layouts, what they have in common, and what its names of models say where model_args do not (1.0.31)."""

from collections.abc import Mapping

SWIN_T = {"embed_dim": 96, "depths": [2, 2, 6, 2], "num_heads": [3, 6, 12, 24], "window_size": 7, "img_size": 224}
SWIN_S = SWIN_T | {"depths": [2, 2, 18, 2]}
SWIN_B = SWIN_S | {"embed_dim": 128, "num_heads": [4, 8, 16, 32]}
SWIN_L = SWIN_S | {"embed_dim": 192, "num_heads": [6, 12, 24, 48]}
FINE = {"window_size": 12, "img_size": 384}
GC_VIT_XXT = {
    "embed_dim": 64,
    "depths": [2, 2, 6, 2],
    "num_heads": [2, 4, 8, 16],
    "mlp_ratio": 3.0,
    "layer_scale": None,
    "window_size": [7, 7, 14, 7],
    "img_size": 224,
}
GC_VIT_T = GC_VIT_XXT | {"depths": [3, 4, 19, 5]}
GC_VIT_S = GC_VIT_T | {"embed_dim": 96, "num_heads": [3, 6, 12, 24], "mlp_ratio": 2.0, "layer_scale": 1e-5}

# by model_type; the first name stands for what has none of its own
NAMES: Mapping[str, Mapping[str, Mapping[str, object]]] = {
    "timm-swin": {
        "swin_tiny_patch4_window7_224": SWIN_T,
        "swin_small_patch4_window7_224": SWIN_S,
        "swin_base_patch4_window7_224": SWIN_B,
        "swin_base_patch4_window12_384": SWIN_B | FINE,
        "swin_large_patch4_window7_224": SWIN_L,
        "swin_large_patch4_window12_384": SWIN_L | FINE,
    },
    "timm-gcvit": {
        "gcvit_xxtiny": GC_VIT_XXT,
        "gcvit_xtiny": GC_VIT_XXT | {"depths": [3, 4, 6, 5]},
        "gcvit_tiny": GC_VIT_T,
        "gcvit_small": GC_VIT_S,
        "gcvit_base": GC_VIT_S | {"embed_dim": 128, "num_heads": [4, 8, 16, 32]},
    },
}
CLASSES = {"timm-swin": "SwinTransformer", "timm-gcvit": "GlobalContextVit"}

ARGUMENTS = {  # keys of config.json and our fields, of both models
    "model_args.embed_dim": "size.d_model",
    "model_args.depths": "size.layers",
    "model_args.num_heads": "size.heads",
    "model_args.mlp_ratio": "size.mlp_ratio",
    "model_args.img_size": "inputs.image",
    "model_args.in_chans": "inputs.channels",
    "model_args.window_size": "stack.window",
    "model_args.qkv_bias": "stack.block.attn.bias",
    "model_args.attn_drop_rate": "stack.block.attn.dropout",
    "model_args.drop_path_rate": "stack.drop_path.dropout",
    "num_classes": "heads[classifier].classes",
    "pretrained_cfg.num_classes": "heads[classifier].classes",
}
IGNORED = ("pretrained_cfg", "num_features", "global_pool", "made_by", "label_names", "label_descriptions")
BLOCK = {  # our tensors of a layer and theirs
    "attn_norm.*": "norm1.*",
    "attn.qkv.*": "attn.qkv.*",
    "attn.out.*": "attn.proj.*",
    "mlp_norm.*": "norm2.*",
    "mlp.up.*": "mlp.fc1.*",
    "mlp.down.*": "mlp.fc2.*",
}
