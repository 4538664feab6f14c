"""A student in few bits beside its teacher (Li et al. 2022)."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import clados
from clados import spec as s
from clados.data.packing import generator
from clados.models.declared import declared
from clados.nn import WholeModel, build
from clados.objectives import Batch, Setting, VocabIds, task
from clados.objectives.quantising import coded, in_bits, quantisable, quantised, quantising
from clados.objectives.sides import SourceTarget
from clados.proofs.cases import structures, without_dropout
from clados.train.choices import Choices
from clados.train.planned import planned
from clados.train.pretrain import pretrain
from clados.train.trained import merge

SIX = ((5,), (0, 5), (0, 2, 5), (0, 2, 3, 5), (0, 1, 3, 4, 5))


def objective(**more: Any) -> s.QuantisedDistillation:
    return s.QuantisedDistillation(teacher="bart:base", layers=SIX, **more)


def numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 1.5


@pytest.mark.parametrize("rows", [False, True])
def test_numbers_are_rounded_as_in_the_authors_code(rows: bool) -> None:
    """amazon-science/dq-bart a68324b, quant/utils_quant.py: in loops, from its formulas."""
    x = numbers(5, 7)
    x[0, 0] = 4.0  # beyond the clip
    cut = x.clamp(-2.5, 2.5)
    groups = list(cut) if rows else [cut.flatten()]
    two, eight = [], []
    for each in groups:
        limit = 0.7 * sum(abs(v) for v in each.tolist()) / len(each)
        kept = [abs(v) for v in each.tolist() if abs(v) > limit]
        a = sum(kept) / len(kept)
        two.append([0.0 if abs(v) <= limit else a if v > 0 else -a for v in each.tolist()])
        step = max(abs(v) for v in each.tolist()) / 127
        eight.append([round(v / step) * step for v in each.tolist()])
    torch.testing.assert_close(coded(x, 2, 2.5, rows=rows).whole, torch.tensor(two, dtype=x.dtype).view_as(x))
    torch.testing.assert_close(coded(x, 8, 2.5, rows=rows).whole, torch.tensor(eight, dtype=x.dtype).view_as(x))
    assert coded(torch.zeros(3, 4), 8, 2.5, rows=rows).whole.eq(0).all()
    assert coded(torch.zeros(3, 4), 2, 2.5, rows=rows).whole.eq(0).all()


@pytest.mark.parametrize("bits", [2, 8])
def test_the_gradient_passes_the_rounding_and_not_the_cut(bits: int) -> None:
    x = numbers(4, 6)
    x[1, 2], x[3, 0] = 3.0, -2.6
    x.requires_grad_()
    weights = numbers(4, 6, seed=1)
    (quantised(x, bits, 2.5) * weights).sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad, torch.where(x.detach().abs() > 2.5, 0.0, weights))


def pair(student: tuple[int, int] = (2, 1), **more: Any) -> tuple[Any, Batch, WholeModel, Any]:
    """A small student of so many layers beside a BART of three and two, and a batch of several lengths."""
    bart = without_dropout(next(iter(structures(declared("bart")).values())))
    size = s.Size(layers=3, d_model=48, heads=4, d_ff=80)
    teaches = build(bart.but(size=size), seed=4)
    model = bart.but(size=s.Sides(size.but(layers=student[0]), size.but(layers=student[1])))
    made, one = build(model, seed=1), task(objective(**more))
    setting = Setting(model, 0, VocabIds.declared(model.vocab), teaches)
    one.begin(made, setting)
    made.add_module("owned", one.owned(made, setting, 0))
    draw = generator(5)
    rows = [
        SourceTarget(*(draw.permutation(setting.required_vocab_ids.ordinary)[:n] for n in each))
        for each in ((9, 4), (5, 7))
    ]
    return made, one.prepare(rows, [generator(i) for i in range(2)], setting), teaches, one


def test_layers_are_the_papers_at_six_and_stretched_to_other_depths() -> None:
    bart = declared("bart").model
    one: Any = task(objective())
    with torch.device("meta"):
        teacher = build(bart, device="meta")
        for number, wanted in ((1, (5,)), (3, (0, 2, 5)), (5, (0, 1, 3, 4, 5)), (6, (0, 1, 2, 3, 4, 5))):
            student = build(bart.but(size=s.Sides(bart.size, bart.size.but(layers=number))), device="meta")
            assert one.layers(student, teacher) == {"encoder": (0, 1, 2, 3, 4, 5), "decoder": wanted}
    made, _, teaches, _ = pair()
    for name, each in made.state_dict().items():
        there = name.replace("encoder.blocks.1.", "encoder.blocks.2.").replace("decoder.blocks.0.", "decoder.blocks.2.")
        assert torch.equal(each, teaches.state_dict()[there]), name


def test_the_differences_are_means_over_what_is_no_padding() -> None:
    """Each difference again, text by text without padding, from outputs of the modules."""
    model, batch, teaches, one = pair(weights=32, tables=32, activations=32, clip=1e9)
    found = one.loss(model, batch)
    got = {name: float(part.sum.detach() / part.weight) for name, part in found.parts.items()}
    ids, keep = batch.inputs["input_ids"], batch.inputs["attention_mask"]
    sums: dict[str, float] = {}
    numbers_: dict[str, float] = {}

    def add(name: str, a: Tensor, b: Tensor) -> None:
        sums[name] = sums.get(name, 0.0) + float((a - b).square().sum())
        numbers_[name] = numbers_.get(name, 0) + a.numel()

    written = torch.bincount(batch.targets["at"] // batch.inputs["decoder_input_ids"].size(1)).tolist()
    with torch.no_grad():
        for row in range(2):
            n, m = int(keep[row].sum()), written[row]
            given = {
                "input_ids": ids[row : row + 1, :n],
                "decoder_input_ids": batch.inputs["decoder_input_ids"][row : row + 1, :m],
            }
            ours, theirs = states(model, given), states(teaches, given)
            add("scores", ours["logits"], theirs["logits"])
            for mine, other in ((0, 0), (1, 1), (2, 3)):  # what enters, and the layers 0 and 2
                add(f"encoder_states{mine}", ours[f"encoder{mine}"], theirs[f"encoder{other}"])
            for mine, other in ((0, 0), (1, 3)):
                add(f"decoder_states{mine}", ours[f"decoder{mine}"], theirs[f"decoder{other}"])
    for name in ("scores", "encoder_states", "decoder_states"):
        wanted = sum(sums[each] / numbers_[each] for each in sums if each.startswith(name))
        assert got[name] == pytest.approx(wanted, rel=1e-3, abs=1e-9), name
    with torch.no_grad():
        scores = model(**batch.inputs).logits.flatten(0, 1)[batch.targets["at"]]
        task_loss = nn.CrossEntropyLoss()(scores, batch.targets["labels"])
    assert got["task"] == pytest.approx(float(task_loss), rel=1e-4)


def states(model: WholeModel, given: dict[str, Tensor]) -> dict[str, Tensor]:
    """Scores, what enters each stack, and what leaves its layers."""
    kept: dict[str, Tensor] = {}
    hooks = []
    for stack in ("encoder", "decoder"):
        one = model.get_submodule(stack)
        hooks.append(one.register_forward_pre_hook(lambda _, x, stack=stack: kept.update({f"{stack}0": x[0]})))
        for i, block in enumerate(one.get_submodule("blocks").children(), 1):
            hooks.append(block.register_forward_hook(lambda _, x, y, key=f"{stack}{i}": kept.update({key: y[0]})))
    kept["logits"] = model(**given).logits
    for hook in hooks:
        hook.remove()
    return kept


@pytest.mark.parametrize("bits", [(32, 32, 32), (8, 8, 8), (2, 8, 8)])
def test_attention_is_compared_in_three_kinds_and_a_copy_differs_by_its_bits_alone(bits: tuple[int, int, int]) -> None:
    weights, tables, activations = bits
    model, batch, _, one = pair((3, 3), weights=weights, tables=tables, activations=activations,
                                clip=1e9 if weights == 32 else 2.5)  # fmt: skip
    found = one.loss(model, batch)
    assert found.parts.keys() == batch.weights.keys() - {"lm"}
    differences = {name: float(part.sum.detach() / part.weight) for name, part in found.parts.items() if name != "task"}
    assert {f"{kind}_attention" for kind in ("encoder", "decoder", "cross")} < differences.keys()
    if weights == 32:
        assert max(differences.values()) < 1e-9
    else:
        assert min(differences.values()) > 1e-9
    assert found.parts["encoder_attention"].weight == 10**2 + 6**2
    assert found.parts["cross_attention"].weight == 10 * 5 + 6 * 8


def test_it_computes_with_few_values_and_leaves_the_weights_as_they_were() -> None:
    model, batch, _, one = pair(weights=2, tables=8)
    before = {name: each.clone() for name, each in model.state_dict().items()}
    with quantising(model, one.objective):
        qkv = model.encoder.blocks[0].attn.qkv.weight
        assert [len(each.unique()) for each in qkv.split(48)] == [3, 3, 3]
        assert all(len(row.unique()) <= 255 for row in model.inputs.tokens.weight)
    assert all(torch.equal(each, before[name]) for name, each in model.state_dict().items())
    one.loss(model, batch).mean.backward()
    learned = {name for name, each in model.named_parameters() if each.grad is not None and each.grad.any()}
    assert learned >= {"encoder.blocks.0.attn.qkv.weight", "inputs.tokens.weight", "decoder.blocks.0.cross.kv.weight"}
    assert not any(each.startswith("owned") for each in learned)
    merge(model)
    assert len(model.encoder.blocks[0].attn.qkv.weight[:48].unique()) == 3
    kept = dict(model.named_parameters())
    for row, table in quantisable(model.spec):
        for piece in in_bits(one.objective, row, table, before[row.path]):
            assert piece.codes.abs().max() <= (127 if table else 1)
        assert kept[row.path].unique().numel() <= (255 * row.shape[0] if table else 3 * len(row.outs))
    assert torch.equal(kept["inputs.position.table.weight"], before["inputs.position.table.weight"])  # as in their code


@pytest.mark.parametrize(("bits", "least"), [({"weights": 2, "tables": 2}, 12), ({"weights": 2}, 4.5), ({}, 3.9)])
def test_it_is_read_from_its_few_bits_equal_to_the_last(tmp_path: Path, bits: dict[str, Any], least: float) -> None:
    model, batch, *_ = pair(**bits)
    merge(model)
    clados.save_pretrained(model, tmp_path)
    small = load_file(tmp_path / "quantised.safetensors")
    whole = load_file(tmp_path / "model.safetensors")
    name = "model.encoder.layers.0.self_attn.q_proj.weight"
    four = bits.get("weights") == 2
    assert small[f"{name}.codes"].shape == (48, 12 if four else 48)
    assert small[f"{name}.codes"].dtype is (torch.uint8 if four else torch.int8)
    assert small[f"{name}.scale"].shape == (1, 1)
    assert small["model.shared.weight.scale"].shape == (len(whole["model.shared.weight"]), 1)
    matrices = [key.removesuffix(".codes") for key in small if key.endswith(".codes")]
    bytes_ = sum(small[f"{key}.codes"].nbytes for key in matrices)
    assert sum(whole[key].nbytes for key in matrices) / bytes_ >= least
    one = clados.from_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    other = clados.from_pretrained(tmp_path)
    assert all(torch.equal(each, other.state_dict()[key]) for key, each in one.state_dict().items())
    assert torch.equal(one(**batch.inputs).logits, other(**batch.inputs).logits)
    clados.save_pretrained(other, tmp_path)  # other weights may follow: the few bits are gone
    assert not (tmp_path / "quantised.safetensors").exists()


def test_what_was_trained_further_is_not_written_in_its_old_bits(tmp_path: Path) -> None:
    model, *_ = pair()
    merge(model)
    with torch.no_grad():
        model.get_parameter("encoder.blocks.0.mlp.up.weight")[0, 0] += 1
    clados.save_pretrained(model, tmp_path)
    assert not (tmp_path / "quantised.safetensors").exists()


def test_a_damaged_file_of_few_bits_is_refused(tmp_path: Path) -> None:
    model, *_ = pair()
    merge(model)
    clados.save_pretrained(model, tmp_path)
    (tmp_path / "model.safetensors").unlink()
    file = tmp_path / "quantised.safetensors"
    kept = load_file(file)
    save_file({key: each for key, each in kept.items() if key != "model.shared.weight.scale"}, file)
    with pytest.raises(clados.CladosError, match=r"'model.shared.weight.codes' has no 'model.shared.weight.scale'"):
        clados.from_pretrained(tmp_path)
    save_file({**kept, "model.shared.weight.scale": torch.ones(2, 3)}, file)
    with pytest.raises(clados.CladosError, match=r"'model.shared.weight.scale' is 2x3, beside codes of"):
        clados.from_pretrained(tmp_path)


def test_it_learns_from_a_tuned_teacher_s_directory(tmp_path: Path) -> None:
    usual: dict[str, Any] = {"data": "translation/de", "length": 12, "batch": 8}
    teacher = Choices(model="bart", objective="translation", params="300K", vocab=400, steps=4, **usual)
    pretrain(teacher, tmp_path / "teacher")
    plan = planned(Choices(model="dq-bart:6-3", teacher=str(tmp_path / "teacher"), steps=4, **usual))
    bart: Any = clados.from_pretrained(tmp_path / "teacher").spec
    assert plan.model.sides.decoder.layers == max(1, round(bart.sides.decoder.layers / 2))  # type: ignore[attr-defined]
    result = pretrain(plan.choices, tmp_path / "student", plan=plan)
    assert result.finished
    made: Any = clados.from_pretrained(tmp_path / "student")
    assert all(len(row.unique()) <= 255 for row in made.inputs.tokens.weight)
    assert len(made.encoder.blocks[0].mlp.up.weight.unique()) <= 255
    weigh = [(tmp_path / "student" / name).stat().st_size for name in ("quantised.safetensors", "model.safetensors")]
    assert weigh[0] < weigh[1] / 2.5  # eight bits for 32, and scales, biases, norms and names beside them
    written = clados.translate(tmp_path / "student", "A date.")[0]
    (tmp_path / "student" / "model.safetensors").unlink()
    assert clados.translate(tmp_path / "student", "A date.")[0] == written
