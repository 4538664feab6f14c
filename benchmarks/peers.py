"""Our models and transformers' with the same weights, handed over through a directory on disk."""

import tempfile
from pathlib import Path
from typing import Any

import torch
import transformers

from clados.checkpoints import from_pretrained

TINY = {"vocab_size": 1024, "n_embd": 128, "n_layer": 4, "n_head": 4, "bos_token_id": 1, "eos_token_id": 2}
SMALL = {"vocab_size": 8192, "n_embd": 256, "n_layer": 4, "n_head": 8, "bos_token_id": 1, "eos_token_id": 2}  # 5.5M


def saved(config: Any, folder: Path) -> None:
    """Write a directory with random weights for a configuration of transformers."""
    torch.manual_seed(0)
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    kind_of(config)(config).save_pretrained(folder)


def kind_of(config: Any) -> Any:
    """Their class for a configuration: the one that it names, or the usual one."""
    if config.architectures:
        return getattr(transformers, config.architectures[0])
    kinds = {
        "gpt2": transformers.GPT2LMHeadModel,
        "bert": transformers.BertModel,
        "switch_transformers": transformers.SwitchTransformersForConditionalGeneration,
        "t5": transformers.T5ForConditionalGeneration,
        "bart": transformers.BartForConditionalGeneration,
        "llama": transformers.LlamaForCausalLM,
        "big_bird": transformers.BigBirdModel,
    }
    return kinds[config.model_type]


def both(config: Any, dtype: torch.dtype = torch.float32) -> tuple[Any, Any]:
    """Ours and theirs."""
    with tempfile.TemporaryDirectory() as folder:
        saved(config, Path(folder))
        ours = from_pretrained(folder, dtype=dtype)
        theirs = kind_of(config).from_pretrained(folder, dtype=dtype).eval()
    if hasattr(theirs, "generation_config"):
        theirs.generation_config.eos_token_id = None  # neither side stops early, nor looks whether to
    return ours, theirs


def gpt_2(**words: Any) -> Any:
    """GPT-2's configuration, of 124M parameters unless said otherwise."""
    return transformers.GPT2Config(**words)


def gigabytes(model: Any) -> float:
    """What the parameters take, which is what one token reads; position vectors are looked up, not read."""
    return float(sum(each.numel() * each.element_size() for each in model.parameters())) / 1e9
