"""Which layouts each card is kept in, by the card's id."""

import importlib
from collections.abc import Mapping

from clados.spec import Layout

# "file:name" of each, in this folder
LAYOUTS: Mapping[str, tuple[str, ...]] = {
    "albert": ("hf.albert:albert",),
    "alpaca": ("hf.llama:llama",),
    "alpaca-lora": ("hf.llama:llama",),
    "bart": ("hf.bart:bart",),
    "bert": ("hf.bert:bert", "gguf.bert:bert"),
    "big-bird": ("hf.big_bird:big_bird", "hf.big_bird:bigbird_pegasus"),
    "blenderbot3": ("hf.opt:opt", "hf.blenderbot:blenderbot"),
    "bloom": ("hf.bloom:bloom",),
    "cerebras-gpt": ("hf.gpt_2:gpt_2",),
    "chatllama": ("hf.llama:llama",),
    "clip": ("hf.clip:clip",),
    "colossalchat": ("hf.llama:llama",),
    "ctrl": ("hf.ctrl:ctrl",),
    "deberta": ("hf.deberta:deberta", "hf.deberta:deberta_v3", "hf.deberta:deberta_v2"),
    "decision-transformer": ("hf.decision_transformer:decision_transformer",),
    "deepspeedchat": ("hf.opt:opt",),
    "dialogpt": ("hf.gpt_2:gpt_2",),
    "distilbert": ("hf.distilbert:distilbert",),
    "dolly": ("hf.gpt_j:gpt_j", "hf.pythia:pythia"),
    "dq-bart": ("hf.bart:bart",),
    "e5": ("hf.e5:e5", "hf.e5:multilingual_e5"),
    "electra": ("hf.electra:electra", "hf.electra:electra_generator"),
    "flan-t5": ("hf.t5_v1_1:t5_v1_1",),
    "flan-ul2": ("hf.ul2:ul2",),
    "galactica": ("hf.galactica:galactica",),
    "gpt": ("hf.gpt:gpt",),
    "gpt-2": ("hf.gpt_2:gpt_2", "gguf.gpt_2:gpt_2"),
    "gpt-4-llm": ("hf.llama:llama",),
    "gpt-j": ("hf.gpt_j:gpt_j",),
    "gpt-neo": ("hf.gpt_neo:gpt_neo",),
    "gpt-neox-20b": ("hf.gpt_neox:gpt_neox", "gguf.gpt_neox:gpt_neox"),
    "gpt4all": ("hf.llama:llama", "hf.gpt_j:gpt_j"),
    "htlm": ("hf.bart:bart",),
    "instructor": ("hf.instructor:instructor",),
    "jurassic-1": ("hf.gpt_2:gpt_2",),
    "koala": ("hf.llama:llama",),
    "llama": ("hf.llama:llama", "hf.llama:llama_linear", "hf.llama:llama_bands", "gguf.llama:llama"),
    "mbart": ("hf.mbart:mbart",),
    "megatron": ("hf.gpt_2:gpt_2", "hf.megatron_bert:megatron_bert"),
    "mpt-7b": ("hf.mpt:mpt",),
    "mt-nlg": ("hf.gpt_2:gpt_2",),
    "openassistant-llama": ("hf.llama:llama",),
    "openassistant-sft1": ("hf.pythia:pythia",),
    "openchatkit": ("hf.gpt_neox:gpt_neox",),
    "openllama": ("hf.llama:llama",),
    "opt": ("hf.opt:opt", "hf.opt:opt_350m"),
    "pegasus": ("hf.pegasus:pegasus",),
    "pythia": ("hf.pythia:pythia",),
    "redpajama-incite": ("hf.pythia:pythia",),
    "roberta": ("hf.roberta:roberta", "hf.roberta:roberta_with_types", "fairseq.roberta:roberta"),
    "seeker": ("hf.blenderbot:blenderbot", "hf.gpt_2:gpt_2"),
    "stable-diffusion": ("diffusers.stable_diffusion:stable_diffusion",),
    "stablelm": ("hf.stablelm:stablelm",),
    "stablevicuna": ("hf.llama:llama",),
    "stackllama": ("hf.llama:llama",),
    "switch": ("hf.switch:every_layer", "hf.switch:alternating"),
    "t0": ("hf.t5_v1_1:t5_v1_1",),
    "t5": ("hf.t5:t5",),
    "t5-v1.1": ("hf.t5_v1_1:t5_v1_1", "hf.t5_v1_1:mt5"),
    "transformer": ("hf.marian:marian", "hf.marian:marian_two_vocabularies", "pytorch.transformer:transformer"),
    "transformer-xl": ("hf.transformer_xl:transformer_xl",),
    "turing-nlg": ("hf.gpt_2:gpt_2",),
    "ul2": ("hf.ul2:ul2",),
    "vicuna": ("hf.llama:llama",),
    "vit": ("hf.vit:vit",),
    "xlm-roberta": (
        "hf.xlm_roberta:xlm_roberta",
        "hf.xlm_roberta:xlm_roberta_with_types",
        "hf.xlm_roberta:camembert",
        "hf.xlm_roberta:camembert_with_types",
        "hf.xlm_roberta:xlm_roberta_xl",
    ),
    "xlnet": ("hf.xlnet:xlnet",),
}


def layouts_of(card: str) -> tuple[Layout, ...]:
    """The layouts of a card of the package, in the order of the table; none for others. Imports their files alone."""
    places = [name.split(":") for name in LAYOUTS.get(card, ())]
    return tuple(getattr(importlib.import_module(f"clados.layouts.{file}"), name) for file, name in places)
