"""Where transformers keeps E5."""

from clados.layouts.hf.bert import bert
from clados.layouts.hf.xlm_roberta import xlm_roberta
from clados.spec import *

e5 = bert.but(
    architectures={"BertModel": ("embedding",)},
    tuned={},
    unused=(*bert.unused, r"(bert\.)?pooler\.dense\.(weight|bias)"),
    tied={},
    config={**bert.config, "type_vocab_size": Choice("inputs.types", {2: 2})},
)

multilingual_e5 = xlm_roberta.but(architectures={"XLMRobertaModel": ("embedding",)}, tuned={}, tied={})
