"""A module finds what it owns through properties; all that torch does with modules goes on working."""

import copy
import io
from typing import Any

import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.utils import prune

from clados.models.gpt.gpt_2 import gpt_2
from clados.models.t5.t5 import t5
from clados.nn import build
from clados.nn.capture import capture
from clados.spec import tiny

IDS = torch.tensor([[5, 9, 33, 71, 2, 60]])


@pytest.fixture
def model() -> Any:
    return build(tiny(gpt_2))


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(IDS).logits
    return found


def test_what_a_module_owns_is_what_torch_holds(model: Any) -> None:
    attn = model.stack.blocks[0].attn
    assert attn.qkv is attn._modules["qkv"]
    assert attn.qkv.weight is attn.qkv._parameters["weight"]
    assert "qkv" in dir(attn)


def test_a_missing_name_is_an_attribute_error(model: Any) -> None:
    block = model.stack.blocks[0]
    assert not hasattr(block, "cross")
    with pytest.raises(AttributeError, match="'PreBlock' object has no attribute 'cross'"):
        _ = block.cross


def test_an_assigned_parameter_or_submodule_is_used(model: Any) -> None:
    before, attn = logits(model), model.stack.blocks[0].attn
    attn.qkv.weight = nn.Parameter(attn.qkv.weight * 2)
    assert not logits(model).equal(before)
    assert attn.qkv.weight is dict(model.named_parameters())["stack.blocks.0.attn.qkv.weight"]
    attn.out = nn.Identity()
    assert isinstance(attn.out, nn.Identity)
    assert "stack.blocks.0.attn.out.weight" not in model.state_dict()


def test_loading_by_copy_and_by_assignment_agree(model: Any) -> None:
    other = build(tiny(gpt_2), seed=1)
    other.load_state_dict(model.state_dict())
    with torch.device("meta"):
        assigned = build(tiny(gpt_2), device="meta")
    assigned.load_state_dict(model.state_dict(), assign=True)
    assert logits(other).equal(logits(model))
    assert logits(assigned).equal(logits(model))


def test_copies_and_pickles_are_equal_and_independent(model: Any) -> None:
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    for other in (copy.deepcopy(model), torch.load(file, weights_only=False)):
        assert logits(other).equal(logits(model))
        other.stack.blocks[0].attn.qkv.weight.data.zero_()
        assert not logits(other).equal(logits(model))


def test_moving_to_another_type_and_device_moves_everything(model: Any) -> None:
    assert model.to(torch.float64)(IDS).logits.dtype == torch.float64
    assert model.to("meta")(IDS.to("meta")).logits.is_meta


def test_parameters_can_be_swapped_for_a_call(model: Any) -> None:
    zeros = {name: torch.zeros_like(value) for name, value in model.named_parameters()}
    assert functional_call(model, zeros, (IDS,)).logits.count_nonzero() == 0
    assert logits(model).count_nonzero() > 0


def test_hooks_see_what_passes(model: Any) -> None:
    with capture(model, "stack.blocks.*.attn.out") as seen:
        logits(model)
    assert list(seen) == [f"stack.blocks.{i}.attn.out" for i in range(len(model.stack.blocks))]
    handle = model.stack.blocks[0].attn.register_forward_hook(lambda module, given, out: (out[0] * 0, out[1]))
    changed = logits(model)
    handle.remove()
    assert not changed.equal(logits(model))


@pytest.mark.parametrize("register", ["forward", "forward_pre", "full_backward", "full_backward_pre"])
def test_hooks_of_every_kind_are_called(model: Any, register: str) -> None:
    called: list[Any] = []
    module = model.stack.blocks[1].mlp
    handle = getattr(module, f"register_{register}_hook")(lambda *given: called.append(given[0]))
    model(IDS).logits.sum().backward()
    handle.remove()
    model(IDS).logits.sum().backward()
    assert called == [module]


def test_hooks_on_all_modules_are_called(model: Any) -> None:
    called: list[nn.Module] = []
    handle = nn.modules.module.register_module_forward_hook(lambda module, given, out: called.append(module))
    logits(model)
    handle.remove()
    assert {*called} >= {each for each in model.stack.modules() if not isinstance(each, nn.ModuleList)}


def test_a_module_compiled_in_place_is_called_compiled(model: Any) -> None:
    expected, graphs = logits(model), []

    def backend(graph: Any, given: Any) -> Any:
        graphs.append(graph)
        return graph.forward

    model.stack.blocks[0].compile(backend=backend)
    torch.testing.assert_close(logits(model), expected)
    assert graphs


def test_training_and_evaluation_reach_every_module(model: Any) -> None:
    assert all(each.training for each in model.train().modules())
    assert not any(each.training for each in model.eval().modules())


@pytest.mark.parametrize("part", [gpt_2, t5], ids=["decoder", "encoder-decoder"])
def test_the_whole_graph_compiles(part: Any) -> None:
    model = build(tiny(part))
    given = {"input_ids": IDS} | ({"decoder_input_ids": IDS} if part is t5 else {})
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    expected, found = model(**given).logits, compiled(**given).logits
    torch.testing.assert_close(found, expected)
    found.square().mean().backward()
    grads = {name: value.grad.clone() for name, value in model.named_parameters() if value.grad is not None}
    model.zero_grad()
    expected.square().mean().backward()
    for name, value in model.named_parameters():
        torch.testing.assert_close(grads[name], value.grad)


def test_a_compiled_model_follows_new_weights(model: Any) -> None:
    compiled: Any = torch.compile(model, backend="aot_eager", fullgraph=True)
    before = compiled(IDS).logits.detach()
    model.load_state_dict({name: value * 1.5 for name, value in model.state_dict().items()}, assign=True)
    torch.testing.assert_close(compiled(IDS).logits.detach(), logits(model))
    assert not logits(model).equal(before)


def test_a_product_is_pruned_and_made_whole_again(model: Any) -> None:
    product, before = model.stack.blocks[0].attn.qkv, logits(model)
    prune.l1_unstructured(product, "weight", amount=0.5)
    assert (product.weight == 0).float().mean() == pytest.approx(0.5, abs=0.01)
    assert not logits(model).equal(before)
    prune.remove(product, "weight")
    assert isinstance(product.weight, nn.Parameter)


@pytest.mark.parametrize("normalise", [nn.utils.weight_norm, nn.utils.parametrizations.weight_norm])
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_product_of_normalised_weights_computes_the_same_and_learns(model: Any, normalise: Any) -> None:
    product, before = model.stack.blocks[0].mlp.up, logits(model)
    normalise(product, "weight")
    torch.testing.assert_close(logits(model), before)
    model(IDS).logits.square().mean().backward()
    own = [each for name, each in product.named_parameters() if name != "bias"]
    assert len(own) == 2
    assert all(each.grad is not None and each.grad.count_nonzero() for each in own)


def test_a_parameter_may_become_a_buffer(model: Any) -> None:
    product, before = model.stack.blocks[0].mlp.up, logits(model)
    weight = product.weight.detach()
    del product.weight
    product.register_buffer("weight", weight * 2)
    assert product.weight is product._buffers["weight"]
    assert not logits(model).equal(before)
    assert "stack.blocks.0.mlp.up.weight" in model.state_dict()
    assert "stack.blocks.0.mlp.up.weight" not in dict(model.named_parameters())
