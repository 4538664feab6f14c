"""Data: examples of every kind, readers, embedded sets, tokenizers, packing and sampling."""

from clados.data.cartpole import cartpole_episodes
from clados.data.examples import (
    AskedText,
    Captioned,
    ClassifiedText,
    ComparedTexts,
    DataError,
    Dialogue,
    Episode,
    Example,
    Labelled,
    Pair,
    PointSample,
    Protein,
    TaggedWords,
    Text,
    split,
)
from clados.data.packing import Couple, Packed, PackedPairs, PackedSentences, TokenBlocks, generator
from clados.data.readers import read, read_as
from clados.data.roles import BERT_ROLES, CLIP_ROLES, GPT2_ROLES, LLAMA_ROLES, ROBERTA_ROLES, T5_ROLES, Roles
from clados.data.sampler import Sampler
from clados.data.sets import SETS, manifest, synsets
from clados.data.stream import Stream, encode_documents, sentences
from clados.data.tokenizer import Tokenizer
from clados.data.training import train_tokenizer
from clados.data.vocabularies import load_tokenizer

__all__ = [
    "BERT_ROLES", "CLIP_ROLES", "GPT2_ROLES", "LLAMA_ROLES", "ROBERTA_ROLES", "SETS", "T5_ROLES", "AskedText",
    "Captioned", "ClassifiedText", "ComparedTexts", "Couple", "DataError", "Dialogue", "Episode", "Example",
    "Labelled", "Packed", "PackedPairs", "PackedSentences", "Pair", "PointSample", "Protein", "Roles", "Sampler",
    "Stream", "TaggedWords", "Text", "TokenBlocks", "Tokenizer", "cartpole_episodes", "encode_documents", "generator",
    "load_tokenizer", "manifest", "read", "read_as", "sentences", "split", "synsets", "train_tokenizer",
]  # fmt: skip
