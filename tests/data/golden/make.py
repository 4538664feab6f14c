"""Writes tokenizers.json: small tokenizer directories of many families, and the ids that their own classes give.

Run once with transformers 4.57.6 (whose "slow" classes are the families' own), sentencepiece 0.2.3, tokenizers 0.22.1
and protobuf 7.36.2; version 5 of transformers has no slow classes any more.
"""

import base64
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import sentencepiece
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

LINES = """the cat sat on the mat and the dogs ran in the park.
To be, or not to be: that is the question.
it cost 2,000, or 3,500, and 400, but not 1,2.
"yes" and 'no' were said -- by all of them!
a new day, another Day; été and naïve words.
""".splitlines()
TEXTS = [
    "the cats sat",
    "To be, or NOT to be?",
    "  two  spaces\tand a tab \n line ",
    "it cost 2,000, or 3,500 words!! (yes)",
    "``quoted'' -- and 'more'",
    "été naïve ﬁne ① 犬 東京",
    "don't a\nb\n\nc ▁under",
    "",
]
FAIRSEQ, BERT = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
DEBERTA, SMALL = (
    ["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"],
    ["__null__", "__start__", "__end__", "__unk__", "__newln__"],
)
GPT2 = ["<|endoftext|>"]


def spm(**more: Any) -> bytes:
    file = io.BytesIO()
    plain: dict[str, Any] = {
        "vocab_size": 90,
        "hard_vocab_limit": False,
        "normalization_rule_name": "identity",
        "minloglevel": 2,
    }
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(LINES), model_writer=file, **plain | more)
    return file.getvalue()


T5 = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
XLNET = ["<cls>", "<sep>", "<pad>", "<mask>", "<eod>", "<eop>"]
BRACKETS = {"pad_piece": "[PAD]", "unk_piece": "[UNK]"}
PIECES = {
    "plain": spm(),
    "t5": spm(**T5),
    "own": spm(user_defined_symbols=["<x>", "->"], **T5),
    "inner": spm(split_by_whitespace=False, **T5),
    "albert": spm(pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols=BERT[2:]),
    "xlnet": spm(control_symbols=XLNET),
    "xlnet-own": spm(user_defined_symbols=XLNET),
    "big_bird": spm(pad_id=0, eos_id=1, bos_id=2, unk_id=3, control_symbols=["[SEP]", "[MASK]", "[CLS]"]),
    "deberta": spm(pad_id=0, bos_id=1, eos_id=2, unk_id=3, bos_piece="[CLS]", eos_piece="[SEP]", **BRACKETS),
    "barthez": spm(bos_id=0, pad_id=1, eos_id=2, unk_id=3, user_defined_symbols=["<mask>"]),
    "rembert": spm(pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols=BERT[2:], **BRACKETS),
    "generation": spm(pad_id=0, eos_id=1, bos_id=2, unk_id=3, control_symbols=["<::::>"]),
    "llama": spm(model_type="bpe", byte_fallback=True, vocab_size=350, remove_extra_whitespaces=False),
}


def merges(first: list[str], ends: bool = False, lower: bool = False, apart: bool = False) -> dict[str, str]:
    """vocab.json and merges.txt: of bytes, or of letters with words that end by </w>; apart: marked by @@ instead."""
    learner = Tokenizer(models.BPE(end_of_word_suffix="</w>") if ends else models.BPE())
    learner.pre_tokenizer = (
        pre_tokenizers.WhitespaceSplit() if ends else pre_tokenizers.ByteLevel(add_prefix_space=False)
    )
    more: dict[str, Any] = (
        {"end_of_word_suffix": "</w>"} if ends else {"initial_alphabet": sorted(pre_tokenizers.ByteLevel.alphabet())}
    )
    trainer = trainers.BpeTrainer(vocab_size=120 if ends else 310, show_progress=False, **more)
    learner.train_from_iterator([line.lower() if lower else line for line in LINES], trainer)
    learned = json.loads(learner.to_str())["model"]
    words = sorted(learned["vocab"], key=learned["vocab"].get)
    if apart:  # some that are merged on the way are in no vocabulary
        words = [word[:-4] if word.endswith("</w>") else word + "@@" for word in words]
        words = [word for number, word in enumerate(words) if number % 5 or len(word) < 4]
    vocab = {word: number for number, word in enumerate(dict.fromkeys([*first, *words]))}
    lines = ["#version: 0.2", *(" ".join(pair) for pair in learned["merges"])]
    return {"vocab.json": json.dumps(vocab, ensure_ascii=False), "merges.txt": "\n".join(lines) + "\n"}


WORDS = "the cat sat on mat and be to or not Not cats Été été ete 東 京 東京 , . ! ? ' ( ) -".split()  # noqa: SIM905
WORDS += [*"abcdefghijklmnopqrstuvwxyzTBN", *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz京")]


def words(first: list[str]) -> dict[str, str]:
    return {"vocab.txt": "\n".join([*first, *WORDS]) + "\n"}


def marian() -> dict[str, str]:
    names: set[str] = set()
    for key in ("plain", "t5"):
        processor = sentencepiece.SentencePieceProcessor(model_proto=PIECES[key])
        names |= {processor.id_to_piece(number) for number in range(processor.get_piece_size())}
    kept = [name for number, name in enumerate(sorted(names - {"<s>", "</s>", "<unk>", "<pad>"})) if number % 9]
    vocab = {name: number for number, name in enumerate(["</s>", "<unk>", ">>fr<<", ">>de<<", *kept, "<pad>"])}
    return {"vocab.json": json.dumps(vocab, ensure_ascii=False), "source.spm": "plain", "target.spm": "t5"}


end = {
    "__type": "AddedToken",
    "content": "</s>",
    "lstrip": False,
    "normalized": True,
    "rstrip": False,
    "single_word": False,
}
opt = {
    "add_bos_token": True,
    "bos_token": end,
    "eos_token": end,
    "unk_token": end,
    "pad_token": "<pad>",
    "errors": "replace",
}
renamed: dict[str, Any] = {"unk_token": "<u>", "cls_token": "<c>", "pad_token": "<p>", "mask_token": "<m>"}
renamed["sep_token"] = {"content": "<e>", "lstrip": False, "rstrip": False, "normalized": False, "single_word": False}
fairseq, gpt2 = merges(FAIRSEQ), merges(GPT2)
CASES: dict[
    str, tuple[str, dict[str, str], dict[str, Any], list[str]]
] = {  # class, files, tokenizer_config.json, marks that are put into texts
    "t5": ("T5Tokenizer", {"spiece.model": "t5"}, {}, ["<extra_id_0>", "</s>"]),
    "t5 legacy false": ("T5Tokenizer", {"spiece.model": "t5"}, {"legacy": False}, ["<extra_id_0>"]),
    "t5 extra_ids 10": ("T5Tokenizer", {"spiece.model": "t5"}, {"extra_ids": 10}, ["<extra_id_9>"]),
    "mt5": ("MT5Tokenizer", {"spiece.model": "t5"}, {"extra_ids": 0}, []),
    "t5 with the user's pieces": ("T5Tokenizer", {"spiece.model": "own"}, {}, ["<x>", "->"]),
    "t5 with pieces over spaces": ("T5Tokenizer", {"spiece.model": "inner"}, {}, []),
    "albert": ("AlbertTokenizer", {"spiece.model": "albert"}, {}, ["[MASK]"]),
    "albert as it is": (
        "AlbertTokenizer",
        {"spiece.model": "albert"},
        {"do_lower_case": False, "keep_accents": True, "remove_space": False},
        ["[MASK]"],
    ),
    "xlnet": ("XLNetTokenizer", {"spiece.model": "xlnet"}, {}, ["<mask>", "<eop>"]),
    "xlnet lower": ("XLNetTokenizer", {"spiece.model": "xlnet-own"}, {"do_lower_case": True}, ["<mask>", "<eod>"]),
    "xlm-roberta": ("XLMRobertaTokenizer", {"sentencepiece.bpe.model": "plain"}, {}, ["<mask>", "</s>"]),
    "mbart": ("MBartTokenizer", {"sentencepiece.bpe.model": "plain"}, {}, ["<mask>", "de_DE"]),
    "mbart from ro_RO": ("MBartTokenizer", {"sentencepiece.bpe.model": "plain"}, {"src_lang": "ro_RO"}, []),
    "mbart50": ("MBart50Tokenizer", {"sentencepiece.bpe.model": "plain"}, {"src_lang": "sl_SI"}, ["<mask>"]),
    "xglm": ("XGLMTokenizer", {"sentencepiece.bpe.model": "plain"}, {}, ["<madeupword3>"]),
    "camembert": ("CamembertTokenizer", {"sentencepiece.bpe.model": "plain"}, {}, ["<mask>"]),
    "barthez": ("BarthezTokenizer", {"sentencepiece.bpe.model": "barthez"}, {}, ["<mask>"]),
    "pegasus": ("PegasusTokenizer", {"spiece.model": "t5"}, {}, ["<mask_1>", "<mask_2>", "<unk_7>"]),
    "bigbird-pegasus": (
        "PegasusTokenizer",
        {"spiece.model": "t5"},
        {"offset": 0, "mask_token_sent": None, "mask_token": "[MASK]"},
        ["[MASK]"],
    ),
    "big_bird": ("BigBirdTokenizer", {"spiece.model": "big_bird"}, {}, ["[MASK]"]),
    "deberta-v2": ("DebertaV2Tokenizer", {"spm.model": "deberta"}, {}, ["[MASK]"]),
    "deberta-v2 by words": (
        "DebertaV2Tokenizer",
        {"spm.model": "deberta"},
        {"do_lower_case": True, "split_by_punct": True},
        [],
    ),
    "rembert": ("RemBertTokenizer", {"sentencepiece.model": "rembert"}, {}, ["[MASK]"]),
    "bert-generation": ("BertGenerationTokenizer", {"spiece.model": "generation"}, {}, []),
    "reformer": ("ReformerTokenizer", {"spiece.model": "plain"}, {}, []),
    "llama": ("LlamaTokenizer", {"tokenizer.model": "llama"}, {}, ["</s>"]),
    "llama with eos": (
        "LlamaTokenizer",
        {"tokenizer.model": "llama"},
        {"add_eos_token": True, "add_bos_token": False, "pad_token": "[PAD]"},
        ["[PAD]"],
    ),
    "roberta": ("RobertaTokenizer", fairseq, {}, ["<mask>"]),
    "bart": ("BartTokenizer", fairseq, {"model_max_length": 1024}, ["</s>"]),
    "deberta": ("DebertaTokenizer", merges(DEBERTA), {"do_lower_case": False, "vocab_type": "gpt2"}, ["[MASK]"]),
    "blenderbot": ("BlenderbotTokenizer", fairseq, {"add_prefix_space": True}, []),
    "gpt2": ("GPT2Tokenizer", gpt2, {}, ["<|endoftext|>"]),
    "gpt2 with bos": ("GPT2Tokenizer", gpt2, {"add_bos_token": True, "pad_token": "[PAD]"}, ["[PAD]"]),
    "opt": ("GPT2Tokenizer", merges(FAIRSEQ[:4]), opt, ["</s>"]),
    "gpt": ("OpenAIGPTTokenizer", merges(["<unk>"], ends=True, lower=True), {}, []),
    "ctrl": ("CTRLTokenizer", merges(["<unk>"], ends=True, apart=True), {}, []),
    "blenderbot-small": ("BlenderbotSmallTokenizer", merges(SMALL, ends=True, lower=True, apart=True), {}, []),
    "bert": ("BertTokenizer", words(BERT), {}, ["[MASK]"]),
    "bert cased": ("BertTokenizer", words(BERT), {"do_lower_case": False}, []),
    "bert with accents": ("BertTokenizer", words(BERT), {"strip_accents": False}, []),
    "bert cased without accents": ("BertTokenizer", words(BERT), {"do_lower_case": False, "strip_accents": True}, []),
    "bert with Chinese words": ("BertTokenizer", words(BERT), {"tokenize_chinese_chars": False}, []),
    "electra": ("ElectraTokenizer", words(BERT), {}, ["[MASK]"]),
    "distilbert": ("DistilBertTokenizer", words(BERT), {"do_lower_case": False}, []),
    "mpnet": ("MPNetTokenizer", words(["<s>", "<pad>", "</s>", "<unk>", "[UNK]", "<mask>"]), {}, ["<mask>"]),
    "bert with added tokens": (
        "BertTokenizer",
        words(BERT) | {"added_tokens.json": json.dumps({"<new>": len(BERT) + len(WORDS)})},
        {"additional_special_tokens": ["<ent>"]},
        ["<new>", "<ent>"],
    ),
    "bert with other names": (
        "BertTokenizer",
        words(["<p>", "<u>", "<c>", "<e>", "<m>"]) | {"special_tokens_map.json": json.dumps(renamed)},
        {},
        ["<m>"],
    ),
    "marian": ("MarianTokenizer", marian(), {"source_lang": "en", "target_lang": "fr"}, [">>fr<<", "</s>"]),
}


def main() -> None:
    cases = {}
    for name, (kind, files, config, marks) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            for file, content in files.items():
                spm_file = not file.endswith((".json", ".txt"))
                (Path(folder) / file).write_bytes(PIECES[content] if spm_file else content.encode())
            (Path(folder) / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": kind} | config))
            (Path(folder) / "config.json").write_text("{}")
            theirs = getattr(transformers, kind).from_pretrained(folder)
            texts = TEXTS + [
                text
                for mark in marks
                for text in (f"{mark} the cat", f"the {mark} cat")[: 1 if kind == "MarianTokenizer" else 2]
            ]
            roles = ("pad", "unk", "bos", "eos", "cls", "sep", "mask")
            found = {
                role: getattr(theirs, f"{role}_token_id")
                for role in roles
                if theirs._special_tokens_map[f"{role}_token"]
            }
            cases[name] = {
                "class": kind,
                "files": files,
                "config": config,
                "ids": {text: theirs(text)["input_ids"] for text in texts},
                "pair": theirs("the cat", "sat")["input_ids"],
                "roles": found,
                "size": len(theirs),
                "text": theirs.decode(theirs(TEXTS[0])["input_ids"], skip_special_tokens=True),
            }
    pieces: dict[str, str] = {name: base64.b64encode(data).decode() for name, data in PIECES.items()}
    written = {"transformers": transformers.__version__, "pieces": pieces, "cases": cases}
    (Path(__file__).parent / "tokenizers.json").write_text(json.dumps(written, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
