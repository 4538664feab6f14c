"""generation_config.json: how a model writes where nobody says otherwise; in older directories part of config.json."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from clados.checkpoints.errors import CheckpointError
from clados.files import JsonObject

FILE = "generation_config.json"
WRITER = ("transformers_version", "_from_model_config", "_commit_hash")  # keys that tell of who wrote the file
STEEPEST = 50  # power of a length beyond which numbers overflow
# What changes no token: what is given back beside them, how memory is kept, how drafts of tokens are made.
IGNORED = (
    *(*WRITER, "use_cache", "cache_implementation"),
    *("cache_config", "max_cache_len", "output_attentions", "output_hidden_states", "output_scores", "output_logits"),
    *("return_dict_in_generate", "compile_config", "disable_compile", "low_memory", "prefill_chunk_size"),
    *("is_assistant", "num_assistant_tokens", "num_assistant_tokens_schedule", "assistant_confidence_threshold"),
    *("prompt_lookup_num_tokens", "max_matching_ngram_size", "assistant_early_exit", "assistant_lookbehind"),
    *("target_lookbehind", "assistant_ensemble_weight", "speculation_type", "continuous_batching_config"),
)
# What is not honoured, with the value at which it changes nothing (transformers 5.23.0, configuration_utils.py).
NEUTRAL_SETTINGS: dict[str, object] = {
    "num_return_sequences": 1,
    "typical_p": 1.0,
    "epsilon_cutoff": 0.0,
    "eta_cutoff": 0.0,
    "min_p": 0.0,
    "top_h": None,
    "encoder_repetition_penalty": 1.0,
    "encoder_no_repeat_ngram_size": 0,
    "diversity_penalty": 0.0,
    "num_beam_groups": 1,
    "penalty_alpha": 0.0,
    "guidance_scale": 1.0,
    "remove_invalid_values": False,
    "renormalize_logits": False,
    "token_healing": False,
    "exponential_decay_length_penalty": None,
    "sequence_bias": None,
}


@dataclass(frozen=True, kw_only=True)
class GenerationConfig:
    """How a model writes where its user says nothing; None, or empty, where the files say nothing either.

    Names and meanings are those of transformers (5.23.0, ``GenerationConfig``). ``min_length`` and ``max_length`` count
    a decoder's prompt, and an encoder-decoder's start token.
    """

    max_length: int | None = None
    max_new_tokens: int | None = None
    min_length: int | None = None
    min_new_tokens: int | None = None
    num_beams: int | None = None
    length_penalty: float | None = None
    early_stopping: bool | str | None = None
    do_sample: bool | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    repetition_penalty: float | None = None
    no_repeat_ngram_size: int | None = None
    bos_token_id: int | None = None
    eos_token_id: tuple[int, ...] = ()
    pad_token_id: int | None = None
    decoder_start_token_id: int | None = None
    forced_bos_token_id: int | None = None
    forced_eos_token_id: tuple[int, ...] = ()
    suppress_tokens: tuple[int, ...] = ()
    begin_suppress_tokens: tuple[int, ...] = ()
    bad_words_ids: tuple[tuple[int, ...], ...] = ()
    others: Mapping[str, Any] = field(default_factory=dict, compare=False)  # of the file, not used: to be written again

    def config(self) -> dict[str, Any]:
        """What generation_config.json says of it."""
        known = {key: value for key, value in asdict(self).items() if key != "others"}
        said = {**self.others, **{key: value for key, value in known.items() if value not in (None, ())}}
        for key in ("eos_token_id", "forced_eos_token_id"):
            if len(said.get(key, ())) == 1:
                said[key] = said[key][0]
        return said


def read_generation(directory: Path, config: Mapping[str, Any]) -> tuple[GenerationConfig, tuple[str, ...]]:
    """The generation config of a directory, and notes for the load report.

    Args:
        config: that of the model, which decides where there is no generation_config.json, as in transformers.

    Raises:
        CheckpointError: a value that cannot be used, with file and key.
    """
    file = directory / FILE
    if file.exists():
        said = JsonObject.read(file, CheckpointError)
        said.ignore(*IGNORED)
    else:
        keys = (*_CHECKS, *NEUTRAL_SETTINGS, "force_bos_token_to_be_generated")
        said = JsonObject(directory / "config.json", {key: config.get(key) for key in keys}, CheckpointError)
    values: dict[str, Any] = {key: check(said, key) for key, check in _CHECKS.items()}
    if not file.exists() and said.take("force_bos_token_to_be_generated", bool, default=False):  # BART's, once
        values["forced_bos_token_id"] = values["bos_token_id"]
    content = {key: said.take(key, object, None) for key in NEUTRAL_SETTINGS if key in said}
    odd = tuple(key for key, value in content.items() if value != NEUTRAL_SETTINGS[key])
    unused = tuple(sorted({*odd, *said.unread}))
    notes = (f"{said.file.name}: not used in generation: {', '.join(unused)}",) if unused else ()
    others = {key: said.peek(key) for key in said.keys() if key not in _CHECKS and key not in WRITER}  # noqa: SIM118
    return GenerationConfig(**values, others=others if file.exists() else {}), notes


# ---------------------------------------------------------------- one check a key

Check = Callable[[JsonObject, str], Any]


def _number(kind: type, allowed: str, holds: Callable[[float], bool]) -> Check:
    def check(said: JsonObject, key: str) -> Any:
        value = said.take(key, kind, None)
        if value is not None and not holds(value):
            raise said.refuse(key, f"needed is {allowed}")
        return value

    return check


def _flag(said: JsonObject, key: str) -> bool | None:
    return said.take(key, bool, None)


def _early_stopping(said: JsonObject, key: str) -> bool | str | None:
    value = said.take(key, bool | str, None)
    if isinstance(value, str) and value != "never":
        raise said.refuse(key, 'allowed are true, false and "never"')
    return cast("bool | str | None", value)


def _id(said: JsonObject, key: str) -> int | None:
    """A token id; below zero, as in LLaMA's first files, it is none."""
    value = said.take(key, int, None)
    return None if value is None or value < 0 else value


def _ids(said: JsonObject, key: str) -> tuple[int, ...]:
    value = said.take(key, int | list, None)
    ids = [] if value is None else value if isinstance(value, list) else [value]
    if not _are_ids(ids):
        raise said.refuse(key, "needed are token ids")
    return tuple(each for each in ids if each >= 0)


def _sequences(said: JsonObject, key: str) -> tuple[tuple[int, ...], ...]:
    value = said.take(key, list, [])
    if not all(isinstance(each, list) and each and _are_ids(each) and min(each) >= 0 for each in value):
        raise said.refuse(key, "needed are lists of token ids")
    return tuple(map(tuple, value))


def _are_ids(ids: list[Any]) -> bool:
    return all(isinstance(each, int) and not isinstance(each, bool) and abs(each) < 2**31 for each in ids)


_COUNT = _number(int, "at least 1", lambda value: value >= 1)
_LENGTH = _number(int, "0 or more", lambda value: value >= 0)
_CHECKS: dict[str, Check] = {
    "max_length": _COUNT,
    "max_new_tokens": _COUNT,
    "min_length": _LENGTH,
    "min_new_tokens": _LENGTH,
    "num_beams": _COUNT,
    "length_penalty": _number(float, f"from -{STEEPEST} to {STEEPEST}", lambda value: abs(value) <= STEEPEST),
    "early_stopping": _early_stopping,
    "do_sample": _flag,
    "temperature": _number(float, "0 or more", lambda value: value >= 0),
    "top_k": _LENGTH,
    "top_p": _number(float, "from 0 to 1", lambda value: 0 <= value <= 1),
    "repetition_penalty": _number(float, "above 0", lambda value: value > 0),
    "no_repeat_ngram_size": _LENGTH,
    "bos_token_id": _id,
    "eos_token_id": _ids,
    "pad_token_id": _id,
    "decoder_start_token_id": _id,
    "forced_bos_token_id": _id,
    "forced_eos_token_id": _ids,
    "suppress_tokens": _ids,
    "begin_suppress_tokens": _ids,
    "bad_words_ids": _sequences,
}
