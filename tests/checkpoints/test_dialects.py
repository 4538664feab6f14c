"""Words of config.json: both dialects, and declarations as text."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from clados import spec as s
from clados.checkpoints import LayoutError, from_pretrained, save_pretrained
from clados.checkpoints.mapping.detect import detect, is_directory, writable
from clados.checkpoints.mapping.dialects import flat, nested
from clados.checkpoints.mapping.parsing import parsed
from clados.models.declared import declared, package_models
from clados.nn import build

OLD_NEOX = {"model_type": "gpt_neox", "rotary_pct": 0.5, "rotary_emb_base": 10000, "torch_dtype": "float16"}
NEW_NEOX = {
    "model_type": "gpt_neox",
    "rope_parameters": {"rope_theta": 10000, "partial_rotary_factor": 0.5, "rope_type": "default"},
    "dtype": "float16",
}


def test_the_older_and_the_newer_words_are_read_as_one() -> None:
    assert flat(OLD_NEOX) == flat(NEW_NEOX) == flat(OLD_NEOX | NEW_NEOX)


def test_both_spellings_are_written() -> None:
    assert OLD_NEOX.items() <= nested(flat(NEW_NEOX), "gpt_neox").items()
    assert NEW_NEOX.items() <= nested(flat(OLD_NEOX), "gpt_neox").items()


def test_spellings_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(LayoutError, match=r"partial_rotary_factor is 0\.5 in rope_parameters and 0\.25"):
        flat(NEW_NEOX | {"rotary_pct": 0.25})


SCALED = [
    {"rope_scaling": {"type": "dynamic", "factor": 2.0}},
    {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}},
]


@pytest.mark.parametrize("said", SCALED)
def test_scaled_rotary_positions_are_refused_in_both_dialects(said: dict[str, Any]) -> None:
    with pytest.raises(LayoutError, match="rope_type' is 'dynamic'"):
        detect(flat({"model_type": "llama"} | said))


def test_scaled_rotary_positions_say_all_their_numbers() -> None:
    with pytest.raises(LayoutError, match="rope_type is 'llama3', and low_freq_factor is not said"):
        detect(flat({"model_type": "llama", "rope_scaling": {"rope_type": "llama3", "factor": 8.0}}))


def test_a_word_that_is_left_out_stays_as_declared() -> None:
    words = {"model_type": "gpt_neox", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2}
    model = detect(flat(words | {"intermediate_size": 256})).model
    assert model == declared("gpt-neox-20b").model.but(size=s.Size(layers=2, d_model=64, heads=4))


def test_fixed_words_decide_between_declarations_that_share_a_type() -> None:
    assert detect({"model_type": "t5", "feed_forward_proj": "relu"}).card == "t5"
    assert detect({"model_type": "t5", "feed_forward_proj": "gated-gelu"}).card == "t5-v1.1"


def test_a_head_of_its_own_is_read_whatever_newer_files_say_of_it() -> None:
    said = {"model_type": "t5", "feed_forward_proj": "gated-gelu", "tie_word_embeddings": True}
    assert detect(flat(said)).card == "t5-v1.1"


def test_a_role_of_an_id_that_the_vocabulary_lacks_is_left_out(tmp_path: Path) -> None:
    save_pretrained(
        build(s.tiny(declared("gpt-2").model.but(inputs=s.but(vocab=s.but(size=99, bos=5, eos=6))))), tmp_path
    )
    file = tmp_path / "config.json"
    config = json.loads(file.read_text()) | {"bos_token_id": 50_256}
    file.write_text(json.dumps(config))
    model: Any = from_pretrained(tmp_path)
    assert (model.spec.vocab.bos, model.spec.vocab.eos) == (None, 6)
    assert model.report.notes == ("'bos_token_id' is 50256, which the vocabulary lacks: the model is without it",)


def test_two_keys_of_one_word_must_agree() -> None:
    with pytest.raises(LayoutError, match="'decoder_vocab_size' says 9 and 'vocab_size' 7"):
        detect(flat({"model_type": "marian", "vocab_size": 7, "decoder_vocab_size": 9}))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model_type": "clip", "projection_dim": -24}, "Towers.joint is -24; it must be at least 1"),
        ({"model_type": "clip", "vision_config": {"patch_size": -32}}, "Patches.side is -32; it must be at least 1"),
        ({"model_type": "decision_transformer", "state_dim": -11}, "Trajectory.states is -11; it must be at least 1"),
        ({"model_type": "gptj", "rotary_dim": float("inf")}, "'rotary_dim' is inf; a number is allowed"),
        ({"model_type": "bart", "max_position_embeddings": "many"}, "'max_position_embeddings' is 'many'"),
    ],
)
def test_numbers_that_make_no_tensor_are_refused_by_name(config: dict[str, Any], message: str) -> None:
    with pytest.raises(LayoutError, match=re.escape(message)):
        detect(flat(config))


def test_sides_of_one_size_are_one_size() -> None:
    words = {"model_type": "t5", "num_layers": 3, "d_model": 48, "num_heads": 4, "d_ff": 192, "d_kv": 12}
    assert detect(words | {"num_decoder_layers": 3}).model.size == s.Size(layers=3, d_model=48, heads=4)
    sides = detect(words | {"num_decoder_layers": 2}).model.size
    assert (sides.encoder.layers, sides.decoder.layers) == (3, 2)


def test_clip_files_without_its_end_of_text_are_read_as_declared() -> None:
    old = {"model_type": "clip", "text_config": {"eos_token_id": 2, "bos_token_id": 0, "vocab_size": 49408}}
    assert detect(flat(old)).model.vocab.eos == 49_407


def heads(config: dict[str, Any]) -> Any:
    model: Any = detect(config).model
    return model.heads


def test_the_number_of_classes_is_that_of_the_labels() -> None:
    labels = {str(i): name for i, name in enumerate("abc")}
    assert heads(flat({"model_type": "vit", "id2label": labels}))[0].classes == 3
    assert heads(flat({"model_type": "vit"}))[0].classes == 2


def test_heads_are_those_of_the_class_that_is_named() -> None:
    assert [head.slot for head in heads({"model_type": "bert", "architectures": ["BertModel"]})] == ["pooler"]


@pytest.mark.parametrize("card", package_models())
def test_every_declared_model_is_read_back_from_its_text(card: str) -> None:
    declaration = declared(card)
    for model in declaration.models().values():
        assert parsed(repr(model)) == model


WRONG = [
    "__import__('os').system('true')",
    "Size(layers=1)",
    "Encoder(",
    "[].append(1)",
    "Size(**{'layers': 1})",
    "Norms()",
    "(" * 9999,
    "-" * 30_000 + "1",
    "{Sides({}): 1}",
    "Size(layers=1and 2)",
    "3",
]


@pytest.mark.parametrize("text", WRONG)
def test_text_that_is_no_declaration_is_refused(text: str) -> None:
    with pytest.raises((LayoutError, s.SpecError)):
        parsed(text)


@pytest.mark.parametrize("card", package_models())
def test_a_declared_model_is_written_for_others_where_they_compute_the_same(card: str) -> None:
    kinds = {writable(model).layout.model_type for model in declared(card).models().values()}
    ours = {"transformer": {"clados"}, "gpt-3": {"clados"}, "decision-transformer": {"clados", "decision_transformer"}}
    # as the papers have them, where a port departs: biases, positions, a decoder of masked words, capacity, two biases
    ours |= {name: {"clados"} for name in ("pegasus", "deberta", "switch", "transformer-xl")}
    ours["galactica"] = {"opt"}  # its port's biases are zeros
    ours["dall-e"] = {"openai-dvae", "clados"}  # only its autoencoder was released
    ours["dall-e-2"] = {"clip", "clados"}  # its CLIP is as CLIP's are; nothing else was released
    ours["big-bird"] = {"big_bird", "clados"}
    ours["anthropic-assistant"] = {"gpt2"}  # whose network it is
    theirs = {layout.model_type for layout in declared(card).layouts if is_directory(layout)} - {
        "camembert",
        "mt5",
        "timm-swin",
    }
    assert kinds == ours.get(card, theirs or {"clados"})


def test_a_model_that_nobody_else_computes_is_written_in_our_own_words() -> None:
    turned = declared("gpt-2").model.but(stack=s.but(block=s.but(residual=s.Parallel(norms=2))))
    assert writable(turned).layout.model_type == "clados"


def test_their_config_reads_as_json_of_plain_values(directory: Path) -> None:
    config = json.loads((directory / "config.json").read_text())
    assert config["n_inner"] == 80
    assert config["torch_dtype"] == config["dtype"] == "float32"


def test_keys_that_mean_nothing_here_are_named_and_misspelt_ones_refused(directory: Path) -> None:
    file = directory / "config.json"
    config = json.loads(file.read_text())
    file.write_text(json.dumps(config | {"language": "en", "task": {"a": 1, "b": None}, "total_flos": 0}))
    model: Any = from_pretrained(directory)
    assert model.report.notes == ("config.json: not used here: language, task, total_flos",)
    config["n_layers"] = config.pop("n_layer")
    file.write_text(json.dumps(config))
    with pytest.raises(LayoutError, match="'n_layers' is 3, a word that nothing takes; did you mean 'n_layer'"):
        from_pretrained(directory)


@pytest.mark.parametrize("card", ["electra", "bert", "gpt-2", "gopher", "t5", "vit"])
@pytest.mark.parametrize("rate", [0.0, 0.1])
def test_dropout_does_not_decide_whose_files_a_model_is_written_as(card: str, rate: float) -> None:
    """Nothing that is computed from given inputs depends on it: ELECTRA without dropout is no ALBERT."""
    for model in declared(card).models().values():
        usual, other = writable(model), writable(s.dropping(model, rate))
        assert (other.layout.model_type, other.architecture) == (usual.layout.model_type, usual.architecture)
