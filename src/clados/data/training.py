"""Training a tokenizer on texts: the same texts always give the same tokenizer."""

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from tokenizers import Regex, Tokenizer as Backend, decoders, models, normalizers, pre_tokenizers, trainers

from clados.data.errors import DataError
from clados.data.roles import BERT_ROLES, GPT2_ROLES, LLAMA_ROLES, T5_ROLES, WORD_ROLES, Roles
from clados.data.rows import replace_surrogates
from clados.data.science import SCIENCE_MARKS, cutter, unmarked
from clados.data.tokenizer import Tokenizer, assemble
from clados.progress import progress

SPACE = "▁"
LONG_WORD = re.compile(r"\S{1000}(?=\S)")
_CHUNK = rf"{SPACE}?\w+|\n|{SPACE}?[^\w{SPACE}\n]+|{SPACE}"  # letters apart from signs, as SentencePiece cuts


def train_tokenizer(texts: Iterable[str], kind: str, vocab: int, roles: Roles | None = None) -> Tokenizer:
    """A tokenizer of `vocab` tokens, roles, marks and sentinels among them (fewer where the texts yield fewer).

    Kinds: wordpiece (BERT), bytes (byte-level BPE, GPT-2), bpe (characters with bytes for the rest, LLaMA) and
    unigram (SentencePiece's, T5), word (whole words); without `roles`, those of the model named.

    Raises:
        DataError: an unknown kind, no text, or a vocabulary smaller than its roles and alphabet.
    """
    if kind not in _KINDS:
        raise DataError(f"tokenizer kind '{kind}'; allowed: {', '.join(_KINDS)}")
    texts = [part for text in texts for part in _bounded(replace_surrogates(text)) if part]
    if not texts:
        raise DataError("no text to train a tokenizer on")
    train, usual = _KINDS[kind]
    roles = roles or usual
    first = list(dict.fromkeys(roles.named().values()))
    own = roles.sentinels + len(roles.marks)
    room = vocab - own
    if {*SCIENCE_MARKS} & {*roles.marks}:
        texts = [part for text in texts for part in unmarked(text)]
    least = len(first) + (256 if kind in ("bytes", "bpe") else 32)
    if room < least:
        raise DataError(f"vocabulary of {vocab} is too small for a {kind} tokenizer; {least + own} or more")
    with progress("training the tokenizer"):
        return assemble(train(texts, room, roles, first), roles)


def _bounded(text: str) -> Iterator[str]:
    """A text in parts, so that no word has more than a thousand letters: the trainers take the square of its length."""
    at = 0
    for match in LONG_WORD.finditer(text):
        yield text[at : match.end()]
        at = match.end()
    yield text[at:]


def _wordpiece(texts: Sequence[str], vocab: int, roles: Roles, first: list[str]) -> Backend:
    """WordPiece as BERT's: lower case, cut at spaces and punctuation, longest match first."""
    backend = Backend(models.WordPiece(unk_token=roles.unk))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    clean = [backend.normalizer.normalize_str(text) for text in texts]
    alphabet = _alphabet(clean, vocab // 3)
    # The library numbers characters inside words in no fixed order; numbered beforehand, they are in order.
    neighbours = {pair for text in clean for pair in set(pairwise(text))}
    inside = sorted({b for a, b in neighbours if b in alphabet and not (_cut(a) or _cut(b))})
    fixed = [*first, *sorted(c for c in alphabet if not c.isspace()), *(f"##{c}" for c in inside)]
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab, special_tokens=fixed, limit_alphabet=len(alphabet), show_progress=False
    )
    learner = Backend(models.WordPiece(unk_token=roles.unk))
    learner.normalizer, learner.pre_tokenizer = backend.normalizer, backend.pre_tokenizer
    learner.train_from_iterator(texts, trainer)
    backend.model = models.WordPiece(learner.get_vocab(), unk_token=roles.unk, max_input_chars_per_word=100)
    return backend


def _cut(character: str) -> bool:
    """Whether BERT cuts at the character: space, punctuation, a symbol of ASCII."""
    if character.isspace() or unicodedata.category(character).startswith("P"):
        return True
    return character.isascii() and not character.isalnum()


def _alphabet(texts: Sequence[str], most: int) -> set[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    return set(sorted(counts, key=lambda c: (-counts[c], c))[:most])


def _bytes(texts: Sequence[str], vocab: int, roles: Roles, first: list[str]) -> Backend:
    """Byte-level BPE as GPT-2's: no character is unknown, and text comes back as it was."""
    backend = Backend(models.BPE())
    level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    science = {*SCIENCE_MARKS} & {*roles.marks}
    backend.pre_tokenizer = pre_tokenizers.Sequence([cutter(), level]) if science else level
    backend.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=vocab, special_tokens=first, initial_alphabet=alphabet, show_progress=False
    )
    backend.train_from_iterator(texts, trainer)
    return backend


def _bpe(texts: Sequence[str], vocab: int, roles: Roles, first: list[str]) -> Backend:
    """BPE over characters with the space as a character; what the alphabet lacks is written as bytes (LLaMA)."""
    backend = Backend(models.BPE())
    backend.normalizer = spaces_marked()
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(_CHUNK), "isolated")
    fixed = [*first, *(f"<0x{byte:02X}>" for byte in range(256))]
    alphabet = _alphabet(texts, max(1, (vocab - len(fixed)) // 2)) - {" "} | {SPACE}
    trainer = trainers.BpeTrainer(
        vocab_size=vocab,
        special_tokens=fixed,
        initial_alphabet=sorted(alphabet),
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer)
    learned = json.loads(backend.to_str())["model"]
    merges = [(str(a), str(b)) for a, b in learned["merges"]]
    return sentencepiece_bpe(learned["vocab"], merges, roles.unk)


def spaces_marked() -> normalizers.Normalizer:
    """A space before the text, and every space as SentencePiece's mark."""
    return normalizers.Sequence([normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)])


def sentencepiece_bpe(vocab: dict[str, int], merges: list[tuple[str, str]], unk: str | None) -> Backend:
    """BPE as SentencePiece's: a space is a character, put before the text too; unknown characters are bytes."""
    backend = Backend(models.BPE(vocab, merges, unk_token=unk, fuse_unk=True, byte_fallback=True))
    backend.normalizer = spaces_marked()
    backend.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return backend


def _unigram(texts: Sequence[str], vocab: int, roles: Roles, first: list[str]) -> Backend:
    """A unigram language model over pieces (Kudo 2018, §3.2): EM, dropping the least likely pieces in between.

    The first pieces come from BPE, and each step counts the best segmentation alone instead of all of them:
    a second instead of ten, and the same result each time.
    """
    backend = Backend(models.Unigram())
    backend.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")])
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    backend.decoder = decoders.Metaspace(prepend_scheme="always")
    clean = (SPACE + backend.normalizer.normalize_str(text).strip().replace(" ", SPACE) for text in texts)
    words = Counter(word for text in clean for word in re.findall(_CHUNK, text))
    alphabet = _alphabet(list(words), (vocab - len(first)) // 2)
    pieces = dict.fromkeys(_seed(words, 2 * vocab, alphabet), 1.0)
    while True:
        pieces = _expected(pieces, words)
        if len(pieces) <= vocab - len(first):
            break
        keep = max(vocab - len(first), int(0.75 * len(pieces)))
        ranked = sorted(pieces, key=lambda p: (p not in alphabet, -pieces[p], p))
        pieces = {piece: pieces[piece] for piece in ranked[:keep]}
    unk = first.index(roles.unk) if roles.unk else None
    backend.model = models.Unigram([(name, 0.0) for name in first] + _scores(pieces), unk_id=unk)
    return backend


def _words(texts: Sequence[str], vocab: int, roles: Roles, first: list[str]) -> Backend:
    """Whole words and signs, the most frequent first; what is rarer is unknown (Dai et al. 2019 on WikiText-103)."""
    backend = Backend(models.WordLevel(unk_token=roles.unk))
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(r"\w+|[^\w\s]|\n"), "removed", invert=True)
    backend.decoder = decoders.WordPiece(prefix="##", cleanup=True)
    backend.train_from_iterator(
        texts, trainers.WordLevelTrainer(vocab_size=vocab, special_tokens=first, show_progress=False)
    )
    return backend


def _seed(words: Counter[str], size: int, alphabet: set[str]) -> list[str]:
    learner = Backend(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=sorted(alphabet), limit_alphabet=len(alphabet), show_progress=False
    )
    learner.train_from_iterator(sorted(words.elements()), trainer)
    return sorted(set(learner.get_vocab()) | alphabet)


def _scores(pieces: dict[str, float]) -> list[tuple[str, float]]:
    total = math.log(sum(pieces.values()))
    ranked = sorted(pieces, key=lambda piece: (-pieces[piece], piece))
    return [(piece, round(math.log(pieces[piece]) - total, 6)) for piece in ranked]


def _expected(pieces: dict[str, float], words: Counter[str]) -> dict[str, float]:
    """How often each piece stands in the words' best segmentations, at least half a time."""
    scores = [("<unk>", 0.0), *_scores(pieces)]
    model = Backend(models.Unigram(scores, unk_id=0))
    counts = dict.fromkeys(pieces, 0.5)
    for word, encoding in zip(words, model.encode_batch_fast(list(words))):
        for i in encoding.ids:
            if i:
                counts[scores[i][0]] += words[word]
    return counts


_Trainer = Callable[[Sequence[str], int, Roles, list[str]], Backend]
_KINDS: dict[str, tuple[_Trainer, Roles]] = {
    "wordpiece": (_wordpiece, BERT_ROLES),
    "bytes": (_bytes, GPT2_ROLES),
    "bpe": (_bpe, LLAMA_ROLES),
    "unigram": (_unigram, T5_ROLES),
    "word": (_words, WORD_ROLES),
}
