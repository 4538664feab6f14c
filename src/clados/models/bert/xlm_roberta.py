"""XLM-RoBERTa: RoBERTa on a hundred languages (arXiv 1911.02116, 2105.00572)."""

from clados.models.bert.roberta import hf as parent
from clados.models.bert.roberta import pretraining as parents
from clados.models.bert.roberta import roberta
from clados.models.bert.roberta import typed as typed_parent
from clados.spec import *

xlm_roberta = roberta.but(
    inputs=but(vocab=Vocabulary(kind="unigram", size=250_002, bos=0, pad=1, eos=2, unk=3, cls=0, sep=2, mask=250_001)),
)
xl = xlm_roberta.but(
    size=Size(layers=36, d_model=2560, heads=32),
    inputs=but(vocab=but(size=250_880), norm=False),
    stack=but(block=but(residual=Pre()), norm_out=True),
)

pretraining = parents.but(
    data="CC-100: 2.5 TB of CommonCrawl in 100 languages, drawn with exponent 0.3",
    steps=1_500_000,
)

hf = parent.but(
    model_type="xlm-roberta",
    architectures={"XLMRobertaForMaskedLM": ("lm",), "XLMRobertaModel": ()},
    tuned={
        "XLMRobertaForSequenceClassification": (Classifier(2, transform="tanh"),),
        "XLMRobertaForTokenClassification": (TokenClassifier(2),),
        "XLMRobertaForQuestionAnswering": (SpanStart(), SpanEnd()),
        "XLMRobertaForMultipleChoice": (ChoiceScore(),),
    },
)
typed = typed_parent.but(
    model_type=hf.model_type,
    architectures=hf.architectures,
    tuned=hf.tuned,
)
# CamemBERT (Martin et al. 2020, arXiv 1911.03894): RoBERTa in French, with pieces of SentencePiece.
camembert = hf.but(
    model_type="camembert",
    architectures={"CamembertForMaskedLM": ("lm",), "CamembertModel": ()},
    tuned={
        "CamembertForSequenceClassification": (Classifier(2, transform="tanh"),),
        "CamembertForTokenClassification": (TokenClassifier(2),),
        "CamembertForQuestionAnswering": (SpanStart(), SpanEnd()),
        "CamembertForMultipleChoice": (ChoiceScore(),),
    },
)
typed_camembert = typed.but(
    model_type=camembert.model_type,
    architectures=camembert.architectures,
    tuned=camembert.tuned,
)
hf_xl = parent.but(
    model_type="xlm-roberta-xl",
    architectures={"XLMRobertaXLForMaskedLM": ("lm",), "XLMRobertaXLModel": ()},
    tuned={
        "XLMRobertaXLForSequenceClassification": (Classifier(2, transform="tanh"),),
        "XLMRobertaXLForTokenClassification": (TokenClassifier(2),),
        "XLMRobertaXLForQuestionAnswering": (SpanStart(), SpanEnd()),
        "XLMRobertaXLForMultipleChoice": (ChoiceScore(),),
    },
    rules={
        "inputs.tokens.*": "roberta.embeddings.word_embeddings.*",
        "inputs.position.table.weight": parent.rules["inputs.position.table.weight"],
        "stack.blocks.*.attn_norm.*": "roberta.encoder.layer.*.attention.self_attn_layer_norm.*",
        "stack.blocks.*.attn.qkv.*": "roberta.encoder.layer.*.attention.self.{query,key,value}.*",
        "stack.blocks.*.attn.out.*": "roberta.encoder.layer.*.attention.output.dense.*",
        "stack.blocks.*.mlp_norm.*": "roberta.encoder.layer.*.LayerNorm.*",
        "stack.blocks.*.mlp.up.*": "roberta.encoder.layer.*.intermediate.dense.*",
        "stack.blocks.*.mlp.down.*": "roberta.encoder.layer.*.output.dense.*",
        "stack.norm_out.*": "roberta.encoder.LayerNorm.*",
        "heads.lm.dense.*": "lm_head.dense.*",
        "heads.lm.norm.*": "lm_head.layer_norm.*",
        "heads.lm.bias": "lm_head.bias",
        "heads.classifier.dense.*": "classifier.dense.*",
        "heads.classifier.out.*": "classifier.out_proj.*",
        "heads.choice.dense.*": "roberta.pooler.dense.*",
        "heads.{choice,token_classifier}.out.*": "classifier.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
)

declaration = Declaration(
    model=xlm_roberta,
    sizes={
        "base": Size(layers=12, d_model=768, heads=12),
        "large": xlm_roberta.size,
        "xl": xl,
        "xxl": xl.but(size=Size(layers=48, d_model=4096, heads=32)),
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "xl": Recipe((pretraining.but(batch=None, steps=500_000),)),
        "xxl": Recipe((pretraining.but(batch=None, steps=500_000),)),
    },
    layouts=(hf, typed, camembert, typed_camembert, hf_xl),
    assumed=(
        "recipe.optimiser, recipe.schedule: not published; RoBERTa's stand here",
        "sizes.xl.inputs.vocab.size: the paper has 250,000; the rows of the published checkpoint stand here",
        "init: not published; RoBERTa's stands here",
    ),
)
