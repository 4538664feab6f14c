"""Layouts on configs: a declaration from their config, and their config from a declaration."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from clados.checkpoints.errors import LayoutError
from clados.checkpoints.mapping import token_tables, values
from clados.checkpoints.mapping.dialects import FlatConfig
from clados.checkpoints.mapping.names import expanded
from clados.names import ROLES, nearest
from clados.spec.core.part import at, hint, merged, part_differences, part_fields, reach
from clados.spec.core.sizes import DenoiserSize, Sides, Size, Towers
from clados.spec.errors import SpecError
from clados.spec.heads.lm import Narrowed, Tied
from clados.spec.inputs.text import Vocabulary
from clados.spec.kinds.encoder_decoder import EncoderDecoder
from clados.spec.kinds.model import Model
from clados.spec.layout import KeyRule, Layout

# Keys that say nothing of what is computed from given inputs: how it was stored, trained or drawn, how to sample from
# it, what its labels are called.
IRRELEVANT = re.compile(
    r"architectures|model_type|transformers_version|_name_or_path|name_or_path|dtype|_?attn_implementation\w*|clados|"
    r"use_cache|output_\w+|return_dict\w*|chunk_size_feed_forward|gradient_checkpointing|torchscript|tokenizer_class|"
    r"_?num_labels|id2label|label2id|finetuning_task|problem_type|summary_\w+|n_ctx|directionality|"
    r"pooler_(fc_size|num_\w+|size_per_head|type)|tf_legacy_loss|"
    r"prefix|\w+_token_id|max_length|min_length|do_sample|early_stopping|num_beams|"
    r"num_beam_groups|diversity_penalty|temperature|top_[kp]|typical_p|repetition_penalty|length_penalty|"
    r"(encoder_)?no_repeat_ngram_size|bad_words_ids|num_return_sequences|remove_invalid_values|"
    r"exponential_decay_length_penalty|(begin_)?suppress_tokens|use_bfloat16|keys_to_ignore_at_inference|"
    r"\w*dropout\w*|\w+_pdrop|\w*layerdrop|initializer_\w+|use_return_dict|pretraining_tp"
)
# Fields of ours that change nothing that is computed from given inputs: initialisation, dropout, the roles of tokens.
UNCOMPUTED = re.compile(r"(^|\.)(init|dropout|vocab\.\w+)(\.|$)")
# Keys that say something, with the value at which it is nothing.
NEUTRAL: FlatConfig = {
    "is_decoder": False,
    "is_encoder_decoder": False,
    "add_cross_attention": False,
    "tie_encoder_decoder": False,
    "cross_attention_hidden_size": None,
    "pruned_heads": {},
    "position_embedding_type": "absolute",
    "scale_attn_by_inverse_layer_idx": False,
    "scale_attn_weights": True,
}
# Keys that change in which precision something is computed, and nothing in float32: noted when they are true.
PRECISION = ("reorder_and_upcast_attn", "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32")
_OWN = ("model_type", "clados")  # what we add to a config that is inferred; its other keys must be known
TASK_KEYS = "task_specific_params"  # what a task's user is to ask for; nothing of it is applied, whatever its keys are
MISSPELT = 0.9  # how like a key that is absent an unknown one is that is taken for it (difflib's ratio)


# ---------------------------------------------------------------- theirs to ours


def refusal(layout: Layout, model: Model, config: FlatConfig) -> str:
    """Why a config is not of this layout's structure; empty when it is."""
    for key, value in config.items():
        expected = _expected(layout, model, key)
        if expected is not Any and value is not None and not agrees(expected, value):
            return f"'{key}' is {value!r}; {layout.model_type} as declared has {expected!r}"
    for key in _unknown(layout, config):
        near = nearest(key, [each for each in layout.config if each not in config], MISSPELT)
        if near or not _is_directory(layout):
            return (
                f"'{key}' is {config[key]!r}, a word that nothing takes{hint(key, [near] if near else layout.config)}"
            )
    return ""


def unread(layout: Layout, config: FlatConfig) -> tuple[str, ...]:
    """The keys of a config that mean nothing here and are not known to: what the class of theirs does not read either.

    A group of keys of which none is known is one name.
    """
    config = {key: value for key, value in config.items() if key not in PRECISION}
    unknown = [*_unknown(layout, config)]
    known = {key.partition(".")[0] for key, value in config.items() if value is not None and key not in unknown}
    return tuple(sorted({key if (top := key.partition(".")[0]) in known else top for key in unknown}))


def precision(config: FlatConfig) -> tuple[str, ...]:
    """The keys of a config that ask for another precision in some place, which here is the model's everywhere."""
    return tuple(key for key in PRECISION if config.get(key) is True)


def _is_directory(layout: Layout) -> bool:
    return ":" not in layout.model_type


def agrees(expected: object, value: object) -> bool:
    """Whether a value of theirs is the one that a layout fixes, or one of several."""
    return value in expected if isinstance(expected, tuple) else value == expected


def _expected(layout: Layout, model: Model, key: str) -> Any:
    """What a key that no path takes must say; Any when that does not matter."""
    if key in layout.fixed:
        return layout.fixed[key]
    last = key.rpartition(".")[2]
    if key in layout.config or _is_ignored(layout, key):
        return Any
    if last == token_tables.KEY:
        return Any if token_tables.is_open(layout, model) else _tied(model)
    if last not in NEUTRAL:
        return Any
    return isinstance(model, EncoderDecoder) if last == "is_encoder_decoder" else NEUTRAL[last]


def _tied(model: Model) -> Any:
    heads = [head for head in model.own_heads if head.slot == "lm"]
    return isinstance(heads[0], Tied | Narrowed) if heads else Any


def _is_ignored(layout: Layout, key: str) -> bool:
    return any(key == each or key.startswith(f"{each}.") for each in layout.ignored)


def _unknown(layout: Layout, config: FlatConfig) -> Iterator[str]:
    for key, value in config.items():
        said = key in layout.config or key in layout.fixed or _is_ignored(layout, key)
        steps = key.split(".")
        known = steps[-1] in NEUTRAL or steps[-1] == token_tables.KEY or value == {}
        meaningless = any(map(IRRELEVANT.fullmatch, steps)) if _is_directory(layout) else steps[0] in _OWN
        if steps[0] == TASK_KEYS and value != {}:
            meaningless = known = False
        if not said and not known and not meaningless and value is not None:
            yield key


def from_config(layout: Layout, model: Model, config: FlatConfig) -> Model:
    """The declared model with the fields that a config gives.

    Raises:
        LayoutError: a value that our word does not take, or two keys that contradict each other.
    """
    said = dict[str, tuple[str, Any]]()
    config = {**config, **dict.fromkeys(out_of_vocab_ids(layout, config))}
    model = token_tables.as_configured(layout, model, config)
    for late in (False, True):  # those that are told by others come after them
        found = {
            key: tuple(how for how in values.each_of(hows) if values.is_late(how) == late)
            for key, hows in layout.config.items()
            if key in config
        }
        model = _with(layout, model, config, found, said)
    return plain(model)


def _with(
    layout: Layout,
    model: Model,
    config: FlatConfig,
    found: Mapping[str, tuple[str | KeyRule, ...]],
    said: dict[str, tuple[str, Any]],
) -> Model:
    """The model with the fields of some keys; ``said`` is told of each."""
    changes = []
    try:
        for key, how in ((key, how) for key, hows in found.items() for how in hows):
            for path, value in values.our_fields(how, key, config[key], model):
                if path in said and said[path][1] != value:
                    before, other = said[path]
                    raise LayoutError(f"'{key}' says {value!r} and '{before}' {other!r} of one word, {path}")
                said[path] = key, value
                changes.append(at(path.replace("sides.", "size.", 1) if path.startswith("sides.") else path, value))
        change = merged(*changes)
        return _fitting(_opened(model, said), change).but(**change)
    except SpecError as error:
        raise LayoutError(f"config does not make a {layout.model_type}: {error}") from error


def out_of_vocab_ids(layout: Layout, config: FlatConfig) -> dict[str, int]:
    """Keys that give a role to an id which the vocabulary lacks, as configs of small test models do: the id of each."""
    said = {key: how for key, how in layout.config.items() if isinstance(how, str) and isinstance(config.get(key), int)}
    each = {path: config[key] for key, how in said.items() for path in expanded(how)}
    found = {}
    for key, how in said.items():
        ends = [path.rpartition(".")[0] for path in expanded(how) if key.endswith("_id")]
        sizes = [each[f"{end}.size"] for end in ends if end.endswith("vocab") and f"{end}.size" in each]
        if any(not 0 <= config[key] < size for size in sizes):
            found[key] = config[key]
    return found


def _opened(model: Model, said: Mapping[str, object]) -> Model:
    """The model with a size for each side, where a layout speaks of sides."""
    if isinstance(model, EncoderDecoder) and any(path.startswith("sides.") for path in said):
        return model.but(size=model.sides)
    return model


def _fitting(model: Model, change: Mapping[str, Any]) -> Model:
    """The model without the roles of tokens that lie outside the vocabulary that is to come."""
    for path in ("inputs.vocab", "target.vocab", "text.inputs.vocab"):
        said = change
        for step in path.split("."):
            said = said.get(step, {})
        if isinstance(said.get("size"), int):
            vocab: Vocabulary = reach(model, path)
            out = {role: None for role in ROLES if (getattr(vocab, role) or 0) >= said["size"]}
            model = model.but(**at(path, vocab.but(**out)))
    return model


def plain(model: Model) -> Model:
    """The model with what is usual left unsaid in its sizes, and one size for two equal sides."""
    size = model.size
    if isinstance(size, Size):
        return model.but(size=_plain(size))
    if isinstance(size, Towers):
        image = _plain(size.image) if isinstance(size.image, Size) else size.image
        return model.but(size=Towers(image, _plain(size.text), size.joint))
    if isinstance(size, DenoiserSize):
        return model.but(size=size.but(text=_plain(size.text)))
    if isinstance(size, Sides):
        encoder, decoder = _plain(size.encoder), _plain(size.decoder)
        return model.but(size=encoder if encoder == decoder else Sides(encoder, decoder))
    return model


def _plain(size: Size) -> Size:
    said = part_fields(size)
    usual = {"d_ff": 4 * size.d_model, "head_dim": size.d_model / size.heads, "kv_heads": size.heads}
    usual["d_embedding"] = size.d_model
    return size.but(**{name: None for name, number in usual.items() if said[name] == number})


# ---------------------------------------------------------------- ours to theirs


def to_config(layout: Layout, model: Model) -> FlatConfig:
    """Their config of a model, flat: what the layout maps, and what it fixes.

    Raises:
        LayoutError: a word that they have no name for.
    """
    config = {key: value[0] if isinstance(value, tuple) else value for key, value in layout.fixed.items()}
    for key, said in layout.config.items():
        config.update((key, value) for value in values.key_value(key, said, model))
    return config | token_tables.said(layout, model)


def unmapped(back: Model, model: Model) -> tuple[str, ...]:
    """The fields by which a model differs from what its config in a layout is read back as.

    Those that do not change what is computed are left out.
    """
    differing = (path for path, _, _ in part_differences(back, plain(model)))
    return tuple(path for path in differing if not UNCOMPUTED.search(path))
