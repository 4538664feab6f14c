"""Every declared model equals its references; and the comparison sees what is wrong."""

from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch

from clados import spec as s
from clados.catalog.load import catalog
from clados.models.declared import declared, package_models
from clados.proofs import Subject, parity
from clados.proofs.cases import example_inputs, structures
from clados.proofs.file_references import Transformers
from clados.proofs.mutations import put
from clados.proofs.parity import (
    Unequal,
    _within,
    cases,
    compare_cached,
    compare_compiled,
    compare_results,
    comparison_key,
    distance,
    idle,
    prove_parity,
)
from clados.proofs.references import OracleReference


@pytest.mark.parametrize("model", package_models())
def test_a_declared_model_equals_its_references(model: str) -> None:
    finding = prove_parity(Subject(catalog()[model]))
    assert finding.status == "holds", finding.evidence
    sizes = {row["size"].partition(",")[0] for row in finding.details}
    assert sizes == set(structures(declared(model)))


def test_a_weight_that_was_moved_by_a_thousandth_is_seen() -> None:
    with cases("gpt-2", declared("gpt-2"), usual=True) as every:
        reference = every[0].reference
        assert isinstance(reference, Transformers)
        assert max(compare_results(reference)) < 2e-5
        with torch.no_grad():
            reference.module.transformer.h[1].attn.c_proj.bias[3] += 1e-3  # type: ignore[index, union-attr]
        del reference.results
        with pytest.raises(Unequal, match="logits differs"):
            compare_results(reference)


def test_a_wrong_gradient_is_seen_where_outputs_are_right() -> None:
    with cases("bert", declared("bert"), usual=True) as every:
        reference = every[0].reference
        reference.results.gradients["heads.lm.bias"][5] *= 1.01
        with pytest.raises(Unequal, match=r"gradient of heads\.lm\.bias"):
            compare_results(reference)


def test_an_oracle_with_another_band_is_seen() -> None:
    with cases("gpt-3", declared("gpt-3"), usual=True) as every:
        spoken = every[0].reference
        assert isinstance(spoken, OracleReference)
        wider = put(spoken.model, "stack.block[1].attn.pattern.span", 6)
        other = spoken.filled(wider)(**spoken.inputs).logits
        keep = spoken.inputs["attention_mask"].bool()
        assert distance(other[keep], spoken.results.outputs["logits"]) > 1e-3


def test_a_cache_that_forgets_a_position_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    with cases("llama", declared("llama"), usual=True) as every:
        model = every[0].reference.filled(every[0].declared)
        compare_cached(model, every[0].reference.inputs)
        whole = model.cache

        def short(batch: int, room: int) -> object:
            cache = whole(batch, room)  # type: ignore[operator]
            cache.used = 1
            return cache

        monkeypatch.setattr(model, "cache", short)
        with pytest.raises((Unequal, s.SpecError)):
            compare_cached(model, every[0].reference.inputs)


def test_a_model_that_breaks_the_graph_does_not_pass_as_compiled() -> None:
    class Breaking(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"y": x + 1} if float(x.sum()) > 0 else {"y": x}

    with pytest.raises(Exception, match=r"(?i)data-dependent|graph"):
        compare_compiled(Breaking(), {"x": torch.ones(3)})


@pytest.mark.parametrize("model", package_models())
def test_a_small_structure_reads_padding_and_odd_lengths(model: str) -> None:
    for small in structures(declared(model)).values():
        read = example_inputs(small)
        assert {name: each.tolist() for name, each in read.items()} == {
            n: e.tolist() for n, e in example_inputs(small).items()
        }
        lengths = {
            each.size(1) for name, each in read.items() if name.endswith(("_ids", "timesteps")) and each.dim() > 1
        }
        assert all(length > 1 for length in lengths)
        if isinstance(small, s.TwoTower):
            ends = read["input_ids"].eq(small.vocab.eos or 0).int().argmax(1)
            assert ends.tolist() == [9, 22, 4]


def test_the_paper_comes_before_its_ports() -> None:
    with cases("transformer", declared("transformer"), usual=True) as every:
        names = [case.reference.name.split()[0] for case in every]
    assert names == ["loops", "transformers", "transformers", "torch"]  # Marian with one vocabulary, and with two


def test_what_is_no_number_is_within_no_tolerance() -> None:
    one, none = torch.ones(3), torch.tensor([1.0, float("nan"), 1.0])
    assert distance(one, one) == 0
    assert distance(one, none) == distance(none, one) == distance(one, one / 0) == float("inf")
    for odd in (float("nan"), float("inf")):
        with pytest.raises(Unequal, match="output b differs"):
            _within({"a": 1e-7, "b": odd}, 2e-5, "output")
    with pytest.raises(Unequal, match="nothing to compare"):
        _within({}, 2e-5, "output")


def test_a_directory_that_no_structure_can_be_written_in_is_a_fault() -> None:
    gpt, bert = declared("gpt-2"), declared("bert")
    assert idle(gpt) == []
    assert idle(gpt.but(layouts=(*gpt.layouts, bert.layouts[0]))) == ["bert"]


def test_without_a_reference_nothing_is_claimed_but_a_fault_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "cases", lambda *given: nullcontext([]))
    assert parity.prove_parity(Subject(catalog()["gpt"])).status == "missing"
    monkeypatch.setattr(parity, "idle", lambda declaration: ["gpt2"])
    finding = parity.prove_parity(Subject(catalog()["gpt"]))
    assert finding.status == "fails"
    assert "gpt2 holds none of the structures" in finding.evidence


def test_every_declared_directory_holds_a_structure() -> None:
    assert {name: idle(declared(name)) for name in package_models()} == {name: [] for name in package_models()}


def test_comparisons_with_other_oracles_are_not_taken_for_one_another() -> None:
    with cases("gopher", declared("gopher"), usual=True) as some, cases("gopher", declared("gopher")) as same:
        assert comparison_key(some[0]) == comparison_key(same[0])
        told = replace(some[0].reference.oracle, card="chinchilla")  # type: ignore[attr-defined]
        other = replace(some[0], reference=OracleReference("gopher", told, some[0].declared))
        assert comparison_key(some[0]) != comparison_key(other)
