"""Writing directories: shards, kept files, and what stays when a write does not end well."""

import json
import os
import resource
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from torch import nn

import clados
import clados.nn
from clados import spec as s
from clados.checkpoints import CheckpointError, from_pretrained, save_pretrained
from clados.checkpoints.errors import OwnNames
from clados.data.training import train_tokenizer
from clados.errors import InputError
from clados.models.declared import declared


def contents(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def equal(a: nn.Module, b: nn.Module) -> bool:
    ours, theirs = dict(a.named_parameters()), dict(b.named_parameters())
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_shards_hold_the_same_tensors_as_one_file(made: nn.Module, directory: Path, tmp_path: Path) -> None:
    path = save_pretrained(made, tmp_path / "sharded", max_shard="100KB")
    index = json.loads((path / "model.safetensors.index.json").read_text())
    shards = sorted(path.glob("*.safetensors"))
    whole, spread = (
        load_file(directory / "model.safetensors"),
        {k: v for file in shards for k, v in load_file(file).items()},
    )
    assert len(shards) > 2
    assert set(index["weight_map"].values()) == {file.name for file in shards}
    assert index["metadata"]["total_size"] == sum(each.nbytes for each in whole.values())
    assert whole.keys() == spread.keys()
    assert all(torch.equal(whole[name], spread[name]) for name in whole)
    assert equal(from_pretrained(path), made)


def test_a_shard_limit_that_is_no_size_is_refused(made: nn.Module, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="max_shard is '5 lots'"):
        save_pretrained(made, tmp_path / "x", max_shard="5 lots")
    assert not list(tmp_path.iterdir())


def test_what_was_not_built_from_a_declaration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Linear has no declaration"):
        save_pretrained(nn.Linear(2, 2), tmp_path / "x")


def test_saving_again_leaves_no_old_shard_and_keeps_the_users_files(made: nn.Module, tmp_path: Path) -> None:
    path = save_pretrained(made, tmp_path / "model", max_shard="100KB")
    (path / "README.md").write_text("mine")
    (path / "runs").mkdir()
    (path / "runs" / "log.jsonl").write_text("{}")
    save_pretrained(made, path)
    assert [file.name for file in path.glob("model*")] == ["model.safetensors"]
    assert (path / "README.md").read_text() == "mine"
    assert (path / "runs" / "log.jsonl").read_text() == "{}"
    assert [each.name for each in tmp_path.iterdir()] == ["model"]


def test_a_model_can_be_written_over_the_files_that_it_was_read_from(directory: Path) -> None:
    model = from_pretrained(directory)
    before = contents(directory)
    with torch.no_grad():
        model.get_parameter("inputs.tokens.weight").add_(1.0)
    assert contents(directory) == before  # weights read without a copy are nevertheless ours alone
    save_pretrained(model, directory)
    assert equal(from_pretrained(directory), model)


def test_a_model_saves_itself_and_the_package_offers_both_verbs(made: Any, tmp_path: Path) -> None:
    made.save_pretrained(tmp_path / "model", max_shard="100KB")
    assert equal(clados.from_pretrained(tmp_path / "model"), made)


def test_precision_is_kept_or_changed_as_asked(made: nn.Module, tmp_path: Path) -> None:
    path = save_pretrained(made.to(torch.bfloat16), tmp_path / "half")
    assert {each.dtype for each in from_pretrained(path).parameters()} == {torch.bfloat16}
    assert {each.dtype for each in from_pretrained(path, dtype=torch.float32).parameters()} == {torch.float32}


@pytest.mark.parametrize("card", ["gpt-3", "transformer"])
def test_a_model_that_only_clados_computes_comes_back_equal(card: str, tmp_path: Path) -> None:
    made = clados.nn.build(s.tiny(declared(card).model.but(inputs=s.but(vocab=s.but(size=97, bos=1, eos=2)))))
    path = save_pretrained(made, tmp_path / card)
    back = from_pretrained(path)
    assert json.loads((path / "config.json").read_text())["model_type"] == "clados"
    assert back.spec == made.spec
    assert equal(back, made)


LOST = [
    ("deberta", {}, "deberta has no key for stack.position.reverse, stack.decoder"),
    ("transformer-xl", {}, "transfo-xl has no key for stack.position.biases"),
    ("vit", {"heads": (s.Classifier(10, transform="tanh"),)}, r"vit has no key for heads\[classifier\].transform"),
    (
        "vit",
        {"heads": (s.Classifier(10, transform="tanh"),), "inputs": s.but(image=28, channels=1, side=4)},
        r"vit has no key for heads\[classifier\].transform",
    ),
    ("gpt-3", {}, r"gpt2 has no key for stack.block, stack.block\[1\].attn.pattern"),
    ("t5", {"heads": (s.SpanStart(), s.SpanEnd())}, "t5 has no class with the heads start, end"),
    ("t5-v1.1", {"heads": (s.SpanStart(), s.SpanEnd())}, "t5 has no class with the heads start, end"),
]


@pytest.mark.parametrize(("card", "change", "message"), LOST, ids=[card for card, _, _ in LOST])
def test_what_others_have_no_key_for_is_said_when_it_is_written(
    card: str, change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    made = clados.nn.build(s.tiny(declared(card).model.but(**change)))
    with pytest.warns(OwnNames, match=rf"written in Clados's own form, which others do not read \({message}"):
        save_pretrained(made, tmp_path)


def test_nothing_is_said_of_a_model_that_others_read(made: nn.Module, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_pretrained(made, tmp_path)


def test_biases_that_only_others_have_are_zeros_for_them_and_nothing_for_us(tmp_path: Path) -> None:
    """Galactica has none; transformers reads it as OPT, which has."""
    made = clados.nn.build(s.tiny(declared("galactica").model).but(inputs=s.but(vocab=s.but(size=97)))).eval()
    save_pretrained(made, tmp_path)
    theirs = transformers.OPTForCausalLM.from_pretrained(tmp_path)
    ids = torch.arange(5, 20)[None]
    with torch.no_grad():
        assert (theirs(ids).logits - made(ids).logits).abs().max() < 1e-5
        back = from_pretrained(tmp_path)
        assert back.spec == made.spec
        assert equal(back, made)
        theirs.model.decoder.layers[0].fc1.bias.add_(1.0)  # as if they had trained it on
        theirs.save_pretrained(tmp_path)
        tuned: Any = from_pretrained(tmp_path)
        assert (theirs(ids).logits - tuned(ids).logits).abs().max() < 1e-5
    assert s.reach(tuned.spec, "stack.block.mlp.bias")


def test_words_that_others_do_not_keep_come_back_too(made: nn.Module, small: s.Model, tmp_path: Path) -> None:
    changed = small.but(inputs=s.but(vocab=s.but(kind="wordpiece", mask=5)), stack=s.but(dropout=0.3))
    path = save_pretrained(clados.nn.build(changed), tmp_path / "changed")
    assert json.loads((path / "config.json").read_text())["model_type"] == "gpt2"
    assert from_pretrained(path).spec == changed


def test_words_that_others_changed_since_win(directory: Path) -> None:
    file = directory / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"resid_pdrop": 0.25}))
    spec: Any = from_pretrained(directory).spec
    assert spec.stack.block.dropout == 0.25


def test_a_head_of_which_the_files_hold_nothing_is_left_out_and_said(tmp_path: Path) -> None:
    bert = s.tiny(declared("bert").model).but(heads=(s.Pooler(),))
    path = save_pretrained(clados.nn.build(bert), tmp_path / "bert")
    tensors = {name: each for name, each in load_file(path / "model.safetensors").items() if "pooler" not in name}
    save_file(tensors, path / "model.safetensors")
    model: Any = from_pretrained(path)
    assert model.spec.heads == ()
    assert model.report.left_out == ("pooler",)
    assert model.report.verdict.startswith("partial")


def test_a_link_to_a_directory_stays_a_link(made: nn.Module, directory: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(directory)
    save_pretrained(made, tmp_path / "latest", max_shard="100KB")
    assert (tmp_path / "latest").is_symlink()
    assert (directory / "model.safetensors.index.json").exists()
    assert {each.name for each in tmp_path.iterdir()} == {"latest", directory.name}


def test_a_tokenizer_is_written_and_read_alongside(made: nn.Module, tmp_path: Path) -> None:
    tokenizer = train_tokenizer(["the cat sat on the mat"] * 3, "bytes", 300)
    path = save_pretrained(made, tmp_path / "model", tokenizer=tokenizer)
    back: Any = from_pretrained(path)
    assert back.tokenizer.encode("the cat") == tokenizer.encode("the cat")
    again = save_pretrained(back, tmp_path / "again")
    written = from_pretrained(again).tokenizer
    assert written is not None
    assert written.key == back.tokenizer.key
    assert transformers.AutoTokenizer.from_pretrained(path)("the cat")["input_ids"] == tokenizer.encode("the cat")


# ---------------------------------------------------------------- crashes

KILLED = """
import os, signal, sys
from clados.checkpoints import from_pretrained, save, save_pretrained
written = save.save_file
def killed(tensors, file, **rest):
    written(tensors, file, **rest)
    os.truncate(file, 1000)
    os.kill(os.getpid(), signal.SIGKILL)
save.save_file = killed
save_pretrained(from_pretrained(sys.argv[1]), sys.argv[1])
"""


def test_a_process_killed_while_writing_leaves_the_last_good_directory(directory: Path, made: nn.Module) -> None:
    before = contents(directory)
    ended = subprocess.run([sys.executable, "-c", KILLED, str(directory)], env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert ended.returncode < 0
    after = contents(directory)
    assert {name: after[name] for name in before} == before
    assert all(name.startswith(".clados-sav") for name in after.keys() - before.keys())
    save_pretrained(made, directory)  # and what it left is cleared
    assert contents(directory).keys() == before.keys()


def test_a_full_disk_leaves_the_last_good_directory(directory: Path, made: nn.Module) -> None:
    before = contents(directory)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(CheckpointError, match="not written, what stood there is untouched"):
            save_pretrained(made, directory)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert contents(directory) == before
    assert [each.name for each in directory.parent.iterdir()] == [directory.name]


@pytest.mark.parametrize("limit", [20_000, 33_333, 100_000])
def test_no_shard_is_larger_than_asked_but_of_a_single_tensor(made: nn.Module, tmp_path: Path, limit: int) -> None:
    path = save_pretrained(made, tmp_path / "sharded", max_shard=limit)
    for file in path.glob("*.safetensors"):
        tensors = load_file(file)
        assert sum(each.nbytes for each in tensors.values()) <= limit or len(tensors) == 1
