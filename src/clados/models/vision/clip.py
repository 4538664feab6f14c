"""CLIP: an image and a text tower that meet in one space (Radford et al. 2021, arXiv 2103.00020)."""

from clados.spec import *

image = Stack(block=Block(Attention(), MLP("quick_gelu")), norm=LayerNorm(1e-5), sees=All())
clip = TwoTower(
    size=Towers(image=Size(layers=12, d_model=768, heads=12), text=Size(layers=12, d_model=512, heads=8), joint=512),
    image=Tower(inputs=Patches(image=224, side=32, bias=False, norm=True), stack=image, heads=(Projected("first"),)),
    text=Tower(
        inputs=Tokens(vocab=Vocabulary(kind="bytes", size=49_408, bos=49_406, eos=49_407, pad=0), position=Learned(77)),
        stack=image.but(sees=Causal()),
        heads=(Projected("eos"),),
    ),
    temperature=0.07,
    warmest=100.0,
    init=TwoTowerInit(),
)
large = clip.but(
    size=Towers(image=Size(layers=24, d_model=1024, heads=16), text=Size(layers=12, d_model=768, heads=12), joint=768),
    image=but(inputs=but(side=14)),
)

pretraining = Stage(
    name="pretraining",
    objective=Contrastive(),
    data="400 million pairs from the web, 32 epochs",
    optimiser=AdamW(lr=5e-4, beta2=0.98, eps=1e-6, decay=0.2),
    schedule=Cosine(warmup=2000),
    batch=32_768,
    length=77,
)
slower = pretraining.but(optimiser=but(lr=4e-4))
sharpening = pretraining.but(name="larger images", data="the same pairs at 336 pixels, 1 epoch", optimiser=but(lr=2e-5))

hf = Layout(
    model_type="clip",
    architectures={"CLIPModel": ("projection",)},
    rules={
        "logit_scale": "logit_scale",
        "image.inputs.patch": "vision_model.embeddings.patch_embedding.weight",
        "image.inputs.cls": "vision_model.embeddings.class_embedding",
        "image.inputs.positions.*": "vision_model.embeddings.position_embedding.*",
        "image.inputs.norm.*": "vision_model.pre_layrnorm.*",
        "text.inputs.tokens.*": "text_model.embeddings.token_embedding.*",
        "text.inputs.position.table.*": "text_model.embeddings.position_embedding.*",
        "image.stack.blocks.*.attn_norm.*": "vision_model.encoder.layers.*.layer_norm1.*",
        "image.stack.blocks.*.attn.qkv.*": "vision_model.encoder.layers.*.self_attn.{q_proj,k_proj,v_proj}.*",
        "image.stack.blocks.*.attn.out.*": "vision_model.encoder.layers.*.self_attn.out_proj.*",
        "image.stack.blocks.*.mlp_norm.*": "vision_model.encoder.layers.*.layer_norm2.*",
        "image.stack.blocks.*.mlp.up.*": "vision_model.encoder.layers.*.mlp.fc1.*",
        "image.stack.blocks.*.mlp.down.*": "vision_model.encoder.layers.*.mlp.fc2.*",
        "image.stack.norm_out.*": "vision_model.post_layernorm.*",
        "image.heads.projection.out.*": "visual_projection.*",
        "text.stack.blocks.*.attn_norm.*": "text_model.encoder.layers.*.layer_norm1.*",
        "text.stack.blocks.*.attn.qkv.*": "text_model.encoder.layers.*.self_attn.{q_proj,k_proj,v_proj}.*",
        "text.stack.blocks.*.attn.out.*": "text_model.encoder.layers.*.self_attn.out_proj.*",
        "text.stack.blocks.*.mlp_norm.*": "text_model.encoder.layers.*.layer_norm2.*",
        "text.stack.blocks.*.mlp.up.*": "text_model.encoder.layers.*.mlp.fc1.*",
        "text.stack.blocks.*.mlp.down.*": "text_model.encoder.layers.*.mlp.fc2.*",
        "text.stack.norm_out.*": "text_model.final_layer_norm.*",
        "text.heads.projection.out.*": "text_projection.*",
    },
    config={
        "projection_dim": "size.joint",
        "vision_config.hidden_size": "size.image.d_model",
        "vision_config.num_hidden_layers": "size.image.layers",
        "vision_config.num_attention_heads": "size.image.heads",
        "vision_config.intermediate_size": "size.image.d_ff",
        "vision_config.image_size": "image.inputs.image",
        "vision_config.patch_size": "image.inputs.side",
        "vision_config.num_channels": "image.inputs.channels",
        "vision_config.layer_norm_eps": "image.stack.norm.eps",
        "vision_config.hidden_act": Choice("image.stack.block.mlp.act", ACTIVATIONS),
        "vision_config.attention_dropout": "image.stack.block.attn.dropout",
        "text_config.hidden_size": "size.text.d_model",
        "text_config.num_hidden_layers": "size.text.layers",
        "text_config.num_attention_heads": "size.text.heads",
        "text_config.intermediate_size": "size.text.d_ff",
        "text_config.vocab_size": "text.inputs.vocab.size",
        "text_config.bos_token_id": "text.inputs.vocab.bos",
        "text_config.eos_token_id": "text.inputs.vocab.eos",
        "text_config.pad_token_id": "text.inputs.vocab.pad",
        "text_config.read_at": "text.heads.at",  # not theirs: checkpoints/dialects.py says it in eos_token_id
        "text_config.max_position_embeddings": "text.inputs.position.length",
        "text_config.layer_norm_eps": "text.stack.norm.eps",
        "text_config.hidden_act": Choice("text.stack.block.mlp.act", ACTIVATIONS),
        "text_config.attention_dropout": "text.stack.block.attn.dropout",
    },
    ignored=(
        "logit_scale_init_value",
        "initializer_factor",
        "text_config.projection_dim",
        "text_config.initializer_factor",
        "text_config.initializer_range",
        "text_config.dropout",
        "vision_config.projection_dim",
        "vision_config.initializer_factor",
        "vision_config.initializer_range",
        "vision_config.dropout",
        "text_config_dict",
        "vision_config_dict",
    ),
    unused=(r"(text_model|vision_model)\.embeddings\.position_ids",),
)

declaration = Declaration(
    model=clip,
    sizes={
        "vit-b/32": clip.size,
        "vit-b/16": clip.but(image=but(inputs=but(side=16))),
        "vit-l/14": large,
        "vit-l/14@336": large.but(image=but(inputs=but(image=336))),
    },
    recipe=Recipe((pretraining,)),
    recipes={"vit-l/14": Recipe((slower,)), "vit-l/14@336": Recipe((slower, sharpening))},
    layouts=(hf,),
    assumed=(
        "recipes.vit-l/14@336: the last epoch's schedule is not published; that of pretraining stands here",
        "init: the authors' code gives laws for the text tower; its layers' stand here for the image tower too",
        "{image,text}.stack.block.mlp.act: not published; the authors' code computes x sigmoid(1.702 x)",
        "{image,text}.stack.norm.eps: not published; the authors' 1e-5 stands here",
    ),
)
