"""Data: examples of every kind, readers, embedded sets, tokenizers, packing and sampling."""

from clados.data.cartpole import cartpole
from clados.data.examples import (
    Captioned,
    DataError,
    Dialogue,
    Example,
    Labelled,
    Pair,
    Text,
    Trajectory,
    split,
)
from clados.data.packing import Blocks, Couple, FullSentences, Packed, SentencePairs, generator
from clados.data.readers import read, read_as
from clados.data.sampler import Sampler
from clados.data.sets import SETS, manifest, synsets
from clados.data.stream import Stream, encode_documents, sentences
from clados.data.tokenizer import BERT, CLIP, GPT2, LLAMA, ROBERTA, T5, Roles, Tokenizer
from clados.data.training import train_tokenizer
from clados.data.vocabularies import load_tokenizer

__all__ = [
    "BERT", "CLIP", "GPT2", "LLAMA", "ROBERTA", "SETS", "T5", "Blocks", "Captioned", "Couple", "DataError",
    "Dialogue", "Example", "FullSentences", "Labelled", "Packed", "Pair", "Roles", "Sampler", "SentencePairs",
    "Stream", "Text", "Tokenizer", "Trajectory", "cartpole", "encode_documents", "generator", "load_tokenizer",
    "manifest", "read", "read_as", "sentences", "split", "synsets", "train_tokenizer",
]  # fmt: skip
