"""config.json as one flat table of dotted keys, whichever version of transformers wrote it, and back.

5.x keeps rotary settings in ``rope_parameters`` and the precision in ``dtype``; 4.x wrote ``rope_theta``,
``rotary_pct`` (GPT-NeoX), ``partial_rotary_factor``, ``rope_scaling`` and ``torch_dtype`` (transformers 5.23.0
``modeling_rope_utils.py``, 4.57.6 ``configuration_utils.py``).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from clados.checkpoints.errors import LayoutError
from clados.layouts.timm import CLASSES as TIMM_CLASSES, NAMES as TIMM

FlatConfig = dict[str, Any]

OLDER = {  # their older key: where 5.x keeps it
    "rope_theta": "rope_theta",
    "rotary_emb_base": "rope_theta",
    "rotary_pct": "partial_rotary_factor",
    "partial_rotary_factor": "partial_rotary_factor",
}
RENAMED = {"bloom": {"n_embed": "hidden_size", "num_attention_heads": "n_head"}}  # older keys of one kind of file
SPELT = {"gpt_neox": ("rotary_emb_base", "rotary_pct")}  # those that 4.x reads, where not the usual ones
QUANTISED = ("quantization_config", "compression_config")  # of bitsandbytes, GPTQ, AWQ, FP8, compressed-tensors
CLIP_HIGHEST = 2  # an eos_token_id of CLIP's files of 2021, by which transformers knows to read at the highest id
SCALINGS = {  # what each kind of scaled rotary positions must say (transformers 5.23.0 modeling_rope_utils.py)
    "linear": ("factor",),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"),
}
USUAL = ("rope_theta", "partial_rotary_factor")


def flat(config: Mapping[str, Any]) -> FlatConfig:
    """Every key of a config and of the configs inside it, dotted, by the names of 5.x.

    Raises:
        LayoutError: the two spellings of a key contradict each other, or the weights are quantised.
    """
    for key in QUANTISED:
        if said := config.get(key):
            kind = said.get("quant_method", "") if isinstance(said, Mapping) else ""
            raise LayoutError(f"{key}: the weights are quantised{f' ({kind})' * bool(kind)}, and not read so")
    config = _of_open_clip(_of_timm(config))
    try:
        result = dict(_flat(_newer(config)))
    except RecursionError as error:
        raise LayoutError("config: nested too deep") from error
    renamed = RENAMED.get(str(result.get("model_type")), {})
    result = {renamed.get(key, key): value for key, value in result.items()}
    result["num_labels"] = _labels(config)
    if result.get("model_type") == "clip" and result.get("text_config.eos_token_id") == CLIP_HIGHEST:
        # files older than the word: ids that nothing reads; the text is read at its highest id (modeling_clip.py)
        result = {key: value for key, value in result.items() if not re.fullmatch(r"text_config\.\w+_token_id", key)}
        result["text_config.read_at"] = "highest"
    for key, value in result.items():
        if re.fullmatch(r"(.*\.)?eos_token_id", key) and isinstance(value, list) and value:
            result[key] = value[0]  # the others end a text too: see clados.checkpoints.generation
    if result.get("model_type") == "marian":
        result.setdefault("share_encoder_decoder_embeddings", True)
    if result.get("model_type") == "t5":
        # 4.x scales what it ties; 5.x writes tie_word_embeddings true whatever the head is, and the scaling apart
        # (transformers 5.23.0 configuration_t5.py)
        scaled = result.get("scale_decoder_outputs", result.get("tie_word_embeddings") is not False)
        result["tie_word_embeddings"] = result["scale_decoder_outputs"] = scaled
    if result.get("model_type") in ("t5", "mt5") and "num_layers" in result:
        result.setdefault("num_decoder_layers", result["num_layers"])  # older files say it once
    return result


def _of_timm(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """A config of timm with what its architecture's name says; any other as it is."""
    name = str(config.get("architecture", "")).partition(".")[0]
    kind = next((kind for kind, names in TIMM.items() if name in names), None)
    given = config.get("model_args") or {}
    _needs_object("model_args", given)
    if kind is None:
        return config
    usual = {"model_type": kind, "architectures": [TIMM_CLASSES[kind]]}
    return {**usual, **config, "architecture": name, "model_args": {**TIMM[kind][name], **given}}


def _of_open_clip(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """A config of OpenCLIP with its class and what is usual: the exact GELU, texts read at the highest id.

    Any other as it is (open_clip 3.3.0 model.py ``CLIPTextCfg``).
    """
    if "model_cfg" not in config:
        return config
    given = config["model_cfg"] or {}
    _needs_object("model_cfg", given)
    usual = {"model_type": "open_clip", "architectures": ["CLIP"]}
    text = given.get("text_cfg") or {}
    _needs_object("model_cfg.text_cfg", text)
    model = {"quick_gelu": False, **given, "text_cfg": {"pool_type": "argmax", **text}}
    return {**usual, **config, "model_cfg": model}


def _named_by_timm(config: FlatConfig, kind: str) -> FlatConfig:
    """The reverse: of the names that say most of the arguments the first, and the arguments that it does not say."""
    given = config.get("model_args", {})
    name = max(TIMM[kind], key=lambda each: sum(given.get(key) == value for key, value in TIMM[kind][each].items()))
    other = {
        key: value for key, value in given.items() if key not in TIMM[kind][name] or TIMM[kind][name][key] != value
    }
    return {**config, "architecture": name, "model_args": other}


def _labels(config: Mapping[str, Any]) -> Any:
    """How many classes a config says: as many as it names; two where it says nothing."""
    if isinstance(named := config.get("id2label"), Mapping) and named:
        return len(named)
    return next((n for key in ("num_labels", "_num_labels") if (n := config.get(key)) is not None), 2)


def _flat(config: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value if key == "rope_parameters" else _newer(value), f"{path}{key}.")
        else:
            yield path + key, value


def _newer(config: Mapping[str, Any]) -> FlatConfig:
    result = dict(config)
    rope: FlatConfig = {}
    for key in (*OLDER, "rope_scaling"):
        said = result.pop(key, None)
        if key == "rope_scaling":
            _needs_object(key, said)
        each = {OLDER[key]: said} if key in OLDER and said is not None else said or {}
        rope |= {"rope_type" if name == "type" else name: value for name, value in each.items()}
    newer = result.pop("rope_parameters", None) or {}
    _needs_object("rope_parameters", newer)
    for key, value in newer.items():
        if key in rope and rope[key] != value:
            raise LayoutError(f"config: {key} is {value} in rope_parameters and {rope[key]} in the older keys")
    if "pos_att_type" in result:  # DeBERTa's terms, in any order, once one string
        said = result["pos_att_type"] or []
        terms = said.split("|") if isinstance(said, str) else said
        if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
            raise LayoutError(f"pos_att_type is {said!r}; a list of strings is allowed")
        result["pos_att_type"] = sorted(terms)
    if "torch_dtype" in result:
        result.setdefault("dtype", result.pop("torch_dtype"))
        result.pop("torch_dtype", None)
    both = {"rope_type": "default"} | rope | newer
    for key in SCALINGS.get(str(both["rope_type"]), ()):
        if both.get(key) is None:
            raise LayoutError(f"config: rope_type is {both['rope_type']!r}, and {key} is not said")
    return result | ({"rope_parameters": both} if rope or newer else {})


def _needs_object(key: str, said: Any) -> None:
    if said and not isinstance(said, Mapping):
        raise LayoutError(f"{key} is {said!r}; an object is allowed")


def nested(keys: Mapping[str, Any], model_type: str) -> FlatConfig:
    """The reverse of ``flat``, with the older spellings beside the newer ones."""
    config: FlatConfig = {}
    for key, value in keys.items():
        *outer, last = key.split(".")
        inside = config
        for name in outer:
            inside = inside.setdefault(name, {})
        inside[last] = value
    if model_type == "clip" and config.get("text_config", {}).pop("read_at", "eos") == "highest":
        config["text_config"]["eos_token_id"] = CLIP_HIGHEST
    rope = config.get("rope_parameters", {})
    for older in SPELT.get(model_type, USUAL):
        if OLDER[older] in rope:
            config[older] = rope[OLDER[older]]
    if rope.get("rope_type", "default") != "default":
        config["rope_scaling"] = {key: value for key, value in rope.items() if key not in OLDER}
    if "dtype" in config:
        config["torch_dtype"] = config["dtype"]
    return _named_by_timm(config, model_type) if model_type in TIMM else config
