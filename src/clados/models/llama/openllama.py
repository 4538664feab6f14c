"""OpenLLaMA: LLaMA's network and recipe on an open copy of its data (Geng & Liu 2023)."""

from clados.models.llama.llama import declaration as parent, llama, pretraining as whole
from clados.spec import *

pretraining = whole.but(data="1.0T tokens of RedPajama", optimiser=but(lr=3e-4))

declaration = Declaration(
    model=llama,
    sizes={"3b": Size(layers=26, d_model=3200, heads=32, d_ff=8640), "7b": llama.size, "13b": parent.at("13b").size},
    recipe=Recipe((pretraining,)),
    assumed=("init: not said; LLaMA's stands here, the authors' library's too",),
)
