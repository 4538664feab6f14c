"""Families of tokenizers, a row each: their files, and how they number pieces, clean text and frame it.

The rows are those of transformers 4.57.6's own ("slow") classes, models/*/tokenization_*.py, and of its
convert_slow_tokenizer.py; the defaults are those of the classes, and tokenizer_config.json may say otherwise.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from clados.data.roles import BERT_ROLES, CLIP_ROLES, GPT2_ROLES, LLAMA_ROLES, ROBERTA_ROLES, T5_ROLES, Roles

Kind = Literal["wordpiece", "bytes", "clip", "gpt", "ends", "sentencepiece", "marian"]
TOKENIZER_FILES: dict[Kind, tuple[str, ...]] = {  # the files of each kind, all of them needed
    "wordpiece": ("vocab.txt",),
    "bytes": ("vocab.json", "merges.txt"),  # byte-level BPE
    "clip": ("vocab.json", "merges.txt"),  # of bytes, words ended by </w>
    "gpt": ("vocab.json", "merges.txt"),  # of letters, words ended by </w>
    "ends": ("vocab.json", "merges.txt"),  # the same, but the vocabulary marks what does not end a word, by @@
    "sentencepiece": (),  # one of MODELS
    "marian": ("vocab.json", "source.spm", "target.spm"),
}
MODELS = ("spiece.model", "sentencepiece.bpe.model", "tokenizer.model", "spm.model", "sentencepiece.model")

# Frames are written in the names of roles; "lang" is the language that is translated from.
Frame = tuple[str, str]
_NONE: Frame = ("", "")
_END: Frame = ("$A eos", "$A eos $B eos")
_ENDS: Frame = ("$A eos", "$A $B eos")
TYPED: Frame = ("cls $A sep", "cls $A sep $B:1 sep:1")
DOUBLED: Frame = ("cls $A sep", "cls $A sep sep $B sep")
FAIRSEQ = ("<s>", "<pad>", "</s>", "<unk>")  # what fairseq's dictionary begins with


@dataclass(frozen=True, kw_only=True)
class Family:
    """How the tokenizers of a family work.

    Attributes:
        classes: their classes in transformers, without "Fast".
        models: the values of config.json's ``model_type`` that go with them.
        kind: what files they have.
        roles: which token plays which role, where no file says.
        frame: what stands around one text and two; ``marks`` instead: roles put there where the flags
            add_bos_token and add_eos_token do not say otherwise.
        lower, keep_accents: whether text is lower-cased and keeps its accents, where no file says.
        cleaned: whether quotation marks are made plain, and commas cut from numbers (ALBERT, XLNet); with words that
            end by </w>, whether punctuation is set apart (Blenderbot small).
        first: pieces that stand in place of the file's first ``dropped`` ones; last: pieces after the file's.
        special: further tokens of the vocabulary that are kept whole in a text.
        sentinels: <extra_id_N> after the file's pieces; offset: PEGASUS's first ids that no piece has.
        languages: the codes that ``lang`` may be.
        space_before_mask: whether the mask takes the space before it (``lstrip``).
    """

    classes: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    kind: Kind = "sentencepiece"
    roles: Roles = field(default_factory=Roles)
    frame: Frame = _NONE
    marks: tuple[str, ...] | None = None
    lower: bool = False
    keep_accents: bool = True
    cleaned: bool = False
    first: tuple[str, ...] = ()
    dropped: int = 0
    last: tuple[str, ...] = ()
    special: tuple[str, ...] = ()
    sentinels: int = 0
    offset: int = 0
    languages: tuple[str, ...] = ()
    space_before_mask: bool = True


def _bare(roles: Roles) -> Roles:
    """The roles alone, without templates and sentinels."""
    return replace(roles, single="", pair="", sentinels=0)


_LANGUAGES = (  # of CC25, in the order of mBART's dictionary (Liu et al. 2020, table 1)
    *("ar_AR", "cs_CZ", "de_DE", "en_XX", "es_XX", "et_EE", "fi_FI", "fr_XX", "gu_IN", "hi_IN", "it_IT", "ja_XX"),
    *("kk_KZ", "ko_KR", "lt_LT", "lv_LV", "my_MM", "ne_NP", "nl_XX", "ro_RO", "ru_RU", "si_LK", "tr_TR", "vi_VN"),
    "zh_CN",
)
_LANGUAGES_50 = (  # of mBART-50 (Tang et al. 2020, table 1)
    *_LANGUAGES,
    *("af_ZA", "az_AZ", "bn_IN", "fa_IR", "he_IL", "hr_HR", "id_ID", "ka_GE", "km_KH", "mk_MK", "ml_IN", "mn_MN"),
    *("mr_IN", "pl_PL", "ps_AF", "pt_XX", "sv_SE", "sw_KE", "ta_IN", "te_IN", "th_TH", "tl_XX", "uk_UA", "ur_PK"),
    *("xh_ZA", "gl_ES", "sl_SI"),
)
_BRACKETS = Roles(  # DeBERTa, RemBERT
    pad="[PAD]", unk="[UNK]", bos="[CLS]", eos="[SEP]", cls="[CLS]", sep="[SEP]", mask="[MASK]"
)
_FAIRSEQ = _bare(ROBERTA_ROLES)
_NO_MASK = replace(_FAIRSEQ, mask=None)
_BEFORE = ("<pad>", "</s>", "<mask_1>", "<mask_2>")

FAMILIES = (
    Family(
        classes=(
            *("BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer"),
            "SqueezeBertTokenizer",
            *("ConvBertTokenizer", "RetriBertTokenizer", "RealmTokenizer", "LayoutLMTokenizer", "LxmertTokenizer"),
            *("DPRQuestionEncoderTokenizer", "DPRContextEncoderTokenizer", "DPRReaderTokenizer"),
        ),
        models=("bert", "distilbert", "electra", "megatron-bert", "mobilebert", "squeezebert", "convbert", "dpr"),
        kind="wordpiece",
        roles=_bare(BERT_ROLES),
        frame=TYPED,
        lower=True,
        space_before_mask=False,
    ),
    Family(
        classes=("MPNetTokenizer",),
        models=("mpnet",),
        kind="wordpiece",
        roles=replace(_FAIRSEQ, unk="[UNK]"),
        frame=DOUBLED,
        lower=True,
    ),
    Family(
        classes=("RobertaTokenizer", "BartTokenizer", "LongformerTokenizer", "LEDTokenizer", "MvpTokenizer"),
        models=("roberta", "bart", "longformer", "led", "mvp", "data2vec-text", "ibert", "roberta-prelayernorm"),
        kind="bytes",
        roles=_FAIRSEQ,
        frame=DOUBLED,
    ),
    Family(classes=("DebertaTokenizer",), models=("deberta",), kind="bytes", roles=_BRACKETS, frame=TYPED),
    Family(classes=("BlenderbotTokenizer",), models=("blenderbot",), kind="bytes", roles=_FAIRSEQ, frame=_END),
    Family(
        classes=("GPT2Tokenizer", "CodeGenTokenizer"),
        models=("gpt2", "gpt_neo", "gptj", "codegen", "decision_transformer"),
        kind="bytes",
        roles=GPT2_ROLES,
        marks=(),
    ),
    Family(  # saved as GPT2Tokenizer with add_bos_token; a directory that does not say so is read as if it did
        models=("opt",), kind="bytes", roles=Roles(bos="</s>", eos="</s>", unk="</s>", pad="<pad>"), marks=("bos",)
    ),
    Family(
        classes=("CLIPTokenizer",),
        models=("clip", "clipseg", "owlvit", "groupvit"),
        kind="clip",
        roles=_bare(CLIP_ROLES),
        frame=("bos $A eos", "bos $A eos eos $B eos"),
    ),
    Family(classes=("OpenAIGPTTokenizer",), models=("openai-gpt",), kind="gpt", roles=Roles(unk="<unk>")),
    Family(classes=("CTRLTokenizer",), models=("ctrl",), kind="ends", roles=Roles(unk="<unk>")),
    Family(
        classes=("BlenderbotSmallTokenizer",),
        models=("blenderbot-small",),
        kind="ends",
        roles=Roles(bos="__start__", eos="__end__", unk="__unk__", pad="__null__"),
        cleaned=True,
        lower=True,
    ),
    Family(
        classes=("T5Tokenizer", "MT5Tokenizer"),
        models=("t5", "mt5", "umt5", "longt5", "switch_transformers"),
        roles=_bare(T5_ROLES),
        frame=_END,
        sentinels=T5_ROLES.sentinels,
    ),
    Family(classes=("LlamaTokenizer", "LLaMATokenizer"), models=("llama",), roles=_bare(LLAMA_ROLES), marks=("bos",)),
    Family(
        classes=("XLMRobertaTokenizer",),
        models=("xlm-roberta", "xlm-roberta-xl", "xmod"),
        roles=_FAIRSEQ,
        frame=DOUBLED,
        first=FAIRSEQ,
        dropped=3,
        last=("<mask>",),
    ),
    Family(
        classes=("MBartTokenizer",),
        models=("mbart",),
        roles=_FAIRSEQ,
        frame=("$A eos lang", "$A $B eos lang"),
        first=FAIRSEQ,
        dropped=3,
        last=(*_LANGUAGES, "<mask>"),
        languages=_LANGUAGES,
    ),
    Family(
        classes=("MBart50Tokenizer",),
        models=("mbart50",),
        roles=replace(_FAIRSEQ, bos=None),
        frame=("lang $A eos", "lang $A $B eos"),
        first=FAIRSEQ,
        dropped=3,
        last=(*_LANGUAGES_50, "<mask>"),
        languages=_LANGUAGES_50,
    ),
    Family(
        classes=("XGLMTokenizer",),
        models=("xglm",),
        roles=_NO_MASK,
        frame=("sep $A", "sep $A sep sep $B"),
        first=FAIRSEQ,
        dropped=3,
        last=tuple(f"<madeupword{i}>" for i in range(7)),
    ),
    Family(
        classes=("CamembertTokenizer",),
        models=("camembert",),
        roles=_FAIRSEQ,
        frame=DOUBLED,
        first=("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED"),
        dropped=1,
        last=("<mask>",),
    ),
    Family(classes=("BarthezTokenizer",), models=("barthez",), roles=_FAIRSEQ, frame=DOUBLED),
    Family(
        classes=("PegasusTokenizer",),
        models=("pegasus", "bigbird_pegasus", "pegasus_x"),
        roles=replace(_bare(T5_ROLES), mask="<mask_2>"),
        frame=_ENDS,
        first=_BEFORE,
        dropped=2,
        offset=103,
        space_before_mask=False,
    ),
    Family(
        classes=("AlbertTokenizer",),
        models=("albert",),
        roles=replace(_BRACKETS, pad="<pad>", unk="<unk>"),
        frame=TYPED,
        lower=True,
        keep_accents=False,
        cleaned=True,
    ),
    Family(
        classes=("XLNetTokenizer",),
        models=("xlnet",),
        roles=Roles(pad="<pad>", unk="<unk>", bos="<s>", eos="</s>", cls="<cls>", sep="<sep>", mask="<mask>"),
        frame=("$A sep cls:2", "$A sep $B:1 sep:1 cls:2"),
        keep_accents=False,
        cleaned=True,
        special=("<eop>", "<eod>"),
    ),
    Family(
        classes=("BigBirdTokenizer",),
        models=("big_bird",),
        roles=Roles(pad="<pad>", unk="<unk>", bos="<s>", eos="</s>", cls="[CLS]", sep="[SEP]", mask="[MASK]"),
        frame=TYPED,
    ),
    Family(
        classes=("DebertaV2Tokenizer",), models=("deberta-v2",), roles=_BRACKETS, frame=TYPED, space_before_mask=False
    ),
    Family(classes=("RemBertTokenizer",), models=("rembert",), roles=_BRACKETS, frame=TYPED),
    Family(
        classes=("BertGenerationTokenizer",),
        models=("bert-generation",),
        roles=Roles(pad="<pad>", unk="<unk>", bos="<s>", eos="</s>", sep="<::::>"),
    ),
    Family(classes=("ReformerTokenizer",), models=("reformer",), roles=Roles(unk="<unk>", eos="</s>")),
    Family(
        classes=("MarianTokenizer",),
        models=("marian",),
        kind="marian",
        roles=Roles(pad="<pad>", unk="<unk>", eos="</s>"),
        frame=_ENDS,
    ),
)
TOKENIZER_CLASSES = {name: family for family in FAMILIES for name in family.classes}
MODEL_TYPES = {name: family for family in FAMILIES for name in family.models}


def published_languages(card: str, size: str) -> tuple[str, ...]:
    """The codes of the languages that a card's published vocabulary marks; empty where it marks none."""
    family = MODEL_TYPES.get(f"{card}{size}") or MODEL_TYPES.get(card)
    return family.languages if family else ()
