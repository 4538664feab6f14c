"""Wu Dao 2.0: announced with 1.75T parameters and experts by FastMoE; nothing else is published (BAAI, June 2021)."""

from clados.models.glm.glm import chinese, glm, pretraining
from clados.spec import *

wu_dao_2 = glm.but(
    size=Size(layers=60, d_model=6144, heads=48, experts=96),
    inputs=but(vocab=chinese),
    stack=but(block=but(mlp=Experts("gelu_tanh", top=2, gates="normalised"))),
)

declaration = Declaration(
    model=wu_dao_2,
    sizes={"1.75t": wu_dao_2.size},
    recipe=Recipe((pretraining.but(data="4.9 TB: Chinese and English text, Chinese images with text"),)),
    assumed=(
        "size: a stand-in whose count is the announced one; no shape is published",
        "inputs, stack: GLM, as the survey has it, stands here; that the model is one network is not published either",
        "stack.block.mlp: FastMoE's gate, two experts a token by softmax of the two, in every layer, no capacity",
        "inputs.vocab: GLM's Chinese one stands here",
        "recipe: no number is published; GLM-10B's stand here",
    ),
)
