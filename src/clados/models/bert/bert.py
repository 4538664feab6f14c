"""BERT: an encoder that reads both ways, trained to restore masked words (Devlin et al. 2019, arXiv 1810.04805)."""

from clados.spec import *

bert = Encoder(
    size=Size(layers=12, d_model=768, heads=12),
    inputs=Tokens(
        vocab=Vocabulary(kind="wordpiece", size=30_522, pad=0, unk=100, cls=101, sep=102, mask=103),
        types=2,
        position=Learned(512),
        norm=True,
        dropout=0.1,
    ),
    stack=Stack(
        block=Block(Attention(dropout=0.1), MLP("gelu"), residual=Post(), dropout=0.1),
        norm=LayerNorm(1e-12),
        sees=All(),
        norm_out=False,
    ),
    heads=(Tied(bias=True, transform="gelu"), Pooler(), NextSentence()),
    init=Normal(0.02, truncated=True),
)

cased = bert.but(inputs=but(vocab=but(size=28_996)))
large = Size(layers=24, d_model=1024, heads=16)

pretraining = Stage(
    name="pretraining",
    objective=MaskedTokens(draws=10, packing=SentencePairs()),
    data="BooksCorpus (800M words) and English Wikipedia (2,500M words)",
    optimiser=AdamW(lr=1e-4, eps=1e-6, decay=0.01),
    schedule=Linear(warmup=10_000),
    batch=256,
    length=512,
    steps=1_000_000,
    clip=1.0,
)

hf = Layout(
    model_type="bert",
    architectures={
        "BertForPreTraining": ("lm", "pooler", "nsp"),
        "BertModel": ("pooler",),
        "BertForMaskedLM": ("lm",),
        "BertForNextSentencePrediction": ("pooler", "nsp"),
    },
    tuned={
        "BertForSequenceClassification": (Classifier(2, transform="tanh"),),
        "BertForTokenClassification": (TokenClassifier(2),),
        "BertForQuestionAnswering": (SpanStart(), SpanEnd()),
        "BertForMultipleChoice": (ChoiceScore(),),
    },
    prefix="bert.",
    rules={
        "inputs.tokens.*": "bert.embeddings.word_embeddings.*",
        "inputs.types.*": "bert.embeddings.token_type_embeddings.*",
        "inputs.position.table.*": "bert.embeddings.position_embeddings.*",
        "inputs.norm.*": "bert.embeddings.LayerNorm.*",
        "stack.blocks.*.attn.qkv.*": "bert.encoder.layer.*.attention.self.{query,key,value}.*",
        "stack.blocks.*.attn.out.*": "bert.encoder.layer.*.attention.output.dense.*",
        "stack.blocks.*.attn_norm.*": "bert.encoder.layer.*.attention.output.LayerNorm.*",
        "stack.blocks.*.mlp.up.*": "bert.encoder.layer.*.intermediate.dense.*",
        "stack.blocks.*.mlp.down.*": "bert.encoder.layer.*.output.dense.*",
        "stack.blocks.*.mlp_norm.*": "bert.encoder.layer.*.output.LayerNorm.*",
        "heads.pooler.dense.*": "bert.pooler.dense.*",
        "heads.nsp.out.*": "cls.seq_relationship.*",
        "heads.lm.dense.*": "cls.predictions.transform.dense.*",
        "heads.lm.norm.*": "cls.predictions.transform.LayerNorm.*",
        "heads.lm.bias": "cls.predictions.bias",
        "heads.{classifier,choice}.dense.*": "bert.pooler.dense.*",
        "heads.{classifier,choice,token_classifier}.out.*": "classifier.*",
        "heads.{start,end}.out.*": Fused("qa_outputs.*", ("start", "end")),
    },
    config={
        "hidden_size": "size.d_model",
        "num_hidden_layers": "size.layers",
        "num_attention_heads": "size.heads",
        "intermediate_size": "size.d_ff",
        "vocab_size": "inputs.vocab.size",
        "pad_token_id": "inputs.vocab.pad",
        "type_vocab_size": "inputs.types",
        "max_position_embeddings": "inputs.position.length",
        "layer_norm_eps": "stack.norm.eps",
        "hidden_act": Choice("{stack.block.mlp.act,heads[lm].transform}", ACTIVATIONS),
        "num_labels": "heads[{classifier,token_classifier}].classes",
        "hidden_dropout_prob": "{inputs,stack.block}.dropout",
        "attention_probs_dropout_prob": "stack.block.attn.dropout",
        "initializer_range": "init.std",
    },
    tied={
        "cls.predictions.decoder.weight": "inputs.tokens.weight",
        "cls.predictions.decoder.bias": "heads.lm.bias",
    },
    unused=(r"bert\.embeddings\.position_ids",),
)

gguf = Layout(
    model_type="gguf:bert",
    architectures={"bert": ()},
    rules={
        "inputs.tokens.*": "token_embd.*",
        "inputs.types.*": "token_types.*",
        "inputs.position.table.*": "position_embd.*",
        "inputs.norm.*": "token_embd_norm.*",
        "stack.blocks.*.attn.qkv.*": "blk.*.{attn_q,attn_k,attn_v}.*",
        "stack.blocks.*.attn.out.*": "blk.*.attn_output.*",
        "stack.blocks.*.attn_norm.*": "blk.*.attn_output_norm.*",
        "stack.blocks.*.mlp.up.*": "blk.*.ffn_up.*",
        "stack.blocks.*.mlp.down.*": "blk.*.ffn_down.*",
        "stack.blocks.*.mlp_norm.*": "blk.*.layer_output_norm.*",
    },
    config={
        "embedding_length": "size.d_model",
        "block_count": "size.layers",
        "attention.head_count": "size.heads",
        "feed_forward_length": "size.d_ff",
        "attention.layer_norm_epsilon": "stack.norm.eps",
        "context_length": "inputs.position.length",
        "vocab_size": "inputs.vocab.size",
        "type_vocab_size": "inputs.types",
        "pad_token_id": "inputs.vocab.pad",
        "unk_token_id": "inputs.vocab.unk",
    },
    fixed={"attention.causal": False},
    ignored=("pooling_type",),
)

declaration = Declaration(
    model=bert,
    sizes={
        "base": bert.size,
        "large": large,
        "base-cased": cased,
        "large-cased": cased.but(size=large),
        "base-multilingual-cased": bert.but(inputs=but(vocab=but(size=119_547))),
        "base-chinese": bert.but(inputs=but(vocab=but(size=21_128))),
        "tiny": Size(layers=2, d_model=128, heads=2),
        "mini": Size(layers=4, d_model=256, heads=4),
        "small": Size(layers=4, d_model=512, heads=8),
        "medium": Size(layers=8, d_model=512, heads=8),
    },
    recipe=Recipe((pretraining,)),
    recipes={
        "base-multilingual-cased": Recipe(
            (pretraining.but(data="Wikipedia in 104 languages, drawn by their sizes to the power of 0.7"),)
        ),
        "base-chinese": Recipe((pretraining.but(data="Chinese Wikipedia, simplified and traditional"),)),
    },
    layouts=(hf, gguf),
    assumed=(
        "stack.block.mlp.act, heads.transform: the paper says GELU; the authors' code now computes its tanh form, "
        "ports the exact one, which stands here",
        "recipe.optimiser: the authors' Adam does not correct its moments for their start at zero; ours does",
        "recipe: nine tenths of the steps read sequences of 128, the last tenth of 512; 512 stands here",
    ),
)
