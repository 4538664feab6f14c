"""A folder of texts to tokens on disk, against what the `tokenizers` library takes for texts that are in memory."""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

import torch

from benchmarks.harness import Figure, Limits, Run, against, figure, interleaved, least_seconds
from clados.data import Text, Tokenizer, encode_documents, read_as, train_tokenizer

VOCAB = 8000
WANTED = 0.9


def tokenise(limits: Limits) -> list[Figure]:
    """JSON lines read, encoded and written, beside ``encode_batch`` and ``encode_batch_fast``, by cores' seconds."""
    os.environ["RAYON_NUM_THREADS"] = str(torch.get_num_threads())  # takes effect when nothing was encoded before
    texts = [each.text for each in read_as(Text, "english")]
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        data, number = Path(folder) / "data", count()
        data.mkdir()
        lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        (data / "texts.jsonl").write_text(lines, encoding="utf-8")
        for kind in ("bytes", "wordpiece"):
            tokenizer = train_tokenizer(texts, kind, VOCAB)
            encode = {name: getattr(tokenizer.backend, name) for name in ("encode_batch", "encode_batch_fast")}
            runs: dict[str, Run] = {
                name: partial(call, texts, add_special_tokens=False) for name, call in encode.items()
            }
            runs["clados"] = partial(_ours, data, tokenizer, (Path(folder) / str(each) for each in number))
            seconds = interleaved(runs, clock=time.process_time)
            megabytes = len(lines) / 1e6
            note = f"{megabytes:.1f} MB, {megabytes / min(seconds['clados']):.1f} MB a second of a core at best"
            for peer in encode:
                name = f"a folder of texts to tokens on disk, {kind}, against {peer}"
                figures.append(figure(name, seconds, WANTED, peer=peer, note=note))
    return figures


def vocabularies(limits: Limits) -> list[Figure]:
    """A vocabulary of 2,000 learned from a megabyte, and one of 400 from texts with a word of 200,000 letters."""
    texts = [each.text for each in read_as(Text, "english")]
    figures = []
    for kind in ("wordpiece", "bytes", "bpe", "unigram"):
        for some, size, most in ((texts, 2000, 10.0), ([*texts[:5], "abcdefghij" * 20_000], 400, 5.0)):
            seconds = least_seconds(partial(train_tokenizer, some, kind, size))
            letters = sum(map(len, some))
            figures.append(against(f"{size:,} tokens of {kind} from {letters:,} letters", seconds, most))
    return figures


def _ours(data: Path, tokenizer: Tokenizer, folders: Iterator[Path]) -> object:
    return encode_documents(read_as(Text, data), tokenizer, next(folders))
