"""Adapters in the layout of Hugging Face's PEFT: low-rank updates of another directory's model (Hu et al. 2021).

Keys and names are those of peft 0.21.2 (``LoraConfig``, ``get_peft_model_state_dict``).
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from clados.checkpoints.errors import CheckpointError
from clados.checkpoints.formats.safetensors import read_safetensors
from clados.checkpoints.mapping import tensors
from clados.checkpoints.mapping.detect import LayoutMatch
from clados.checkpoints.mapping.lazy import LazyTensor
from clados.checkpoints.mapping.names import TensorPlace, is_body, places
from clados.errors import InputError
from clados.files import JsonObject
from clados.spec.layout import PerHead, RotaryHalves, Rule, Transposed

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
FRONT = "base_model.model."  # of every name of PEFT's
KEPT = (Rule, Transposed, PerHead, RotaryHalves)  # rules that change the order of a product's outputs at most
TASK_TYPES = {  # endings of transformers' classes
    "ForSequenceClassification": "SEQ_CLS",
    "ForTokenClassification": "TOKEN_CLS",
    "ForQuestionAnswering": "QUESTION_ANS",
    "ForCausalLM": "CAUSAL_LM",
    "LMHeadModel": "CAUSAL_LM",
    "ForConditionalGeneration": "SEQ_2_SEQ_LM",
}
CHANGING = (  # keys of what is more than W + s B A
    "use_dora", "lora_bias", "use_qalora", "layer_replication", "trainable_token_indices", "target_parameters",
    "alora_invocation_tokens", "arrow_config", "use_bdlora",
)  # fmt: skip
UNREAD = (  # keys of training, and those that the tensors say
    "r", "rank_pattern", "target_modules", "modules_to_save", "bias", "lora_dropout", "inference_mode", "revision",
    "init_lora_weights", "layers_to_transform", "layers_pattern", "exclude_modules", "auto_mapping", "peft_version",
    "runtime_config", "megatron_config", "megatron_core", "loftq_config", "eva_config", "corda_config",
    "lora_ga_config", "ensure_weight_tying", "qalora_group_size", "fan_in_fan_out",
)  # fmt: skip
LOW_RANK = re.compile(r"^(.*)\.(lora_A|lora_B)(?:\.default)?\.weight$")


@dataclass(frozen=True, eq=False)
class LowRankUpdate:
    """factor b a, added to some outputs of a product's weight: a is [rank, inputs], b [outputs, rank]."""

    path: str
    outputs: slice
    a: Tensor
    b: Tensor
    factor: float


@dataclass(frozen=True, eq=False)
class Adapter:
    """What was learned on top of a model.

    Attributes:
        base: the model's directory; updates: of its products; whole: tensors that were learned as they are, by our
            names; dropout: of what entered the updates.
    """

    base: str
    updates: Sequence[LowRankUpdate]
    whole: Mapping[str, Tensor]
    dropout: float = 0.0


# ---------------------------------------------------------------- writing


def adapter_files(
    adapter: Adapter, choice: LayoutMatch, slots: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The config and the tensors of an adapter, for a model that is kept in a layout.

    Args:
        slots: of the model's heads.

    Raises:
        InputError: the layout keeps an updated product as no product of its own.
    """
    prefix = choice.layout.prefix if is_body(choice.layout, slots) else ""
    placed = {place.row.path: place for place in places(choice.layout, choice.model)}
    parts: dict[str, list[tuple[Tensor, Tensor]]] = {}
    factors, turned = set[float](), set[bool]()
    for each in adapter.updates:
        place = placed[each.path]
        if type(place.rule) not in KEPT:
            kind = choice.layout.model_type
            raise InputError(f"{each.path}: {kind} keeps it in a form that PEFT has not; give --merge")
        turned.add(isinstance(place.rule, Transposed))
        factors.add(each.factor)
        for name, b in _outward(place, each):
            parts.setdefault(name.removeprefix(prefix).removesuffix(".weight"), []).append((each.a, b))
    held: dict[str, Tensor] = {}
    ranks: dict[str, int] = {}
    for name, some in parts.items():
        a, b = torch.cat([a for a, _ in some]), torch.cat([b for _, b in some], 1)
        held |= {f"{FRONT}{name}.lora_A.weight": a.contiguous(), f"{FRONT}{name}.lora_B.weight": b.contiguous()}
        ranks[name] = len(a)
    own = [placed[path] for path in adapter.whole]
    saved = {n.removeprefix(prefix): each for n, each in tensors.their_tensors(own, adapter.whole.__getitem__)}
    held |= {f"{FRONT}{name}": each.contiguous() for name, each in saved.items()}
    (factor,), usual = factors, max(ranks.values(), key=[*ranks.values()].count)
    others = {name: rank for name, rank in ranks.items() if rank != usual}
    body = choice.layout.prefix.partition(".")[0]
    kind = next((kind for end, kind in TASK_TYPES.items() if choice.architecture.endswith(end)), "FEATURE_EXTRACTION")
    config = {
        "peft_type": "LORA",
        "task_type": kind,
        "base_model_name_or_path": adapter.base,
        "r": usual,
        "lora_alpha": _whole(factor * usual),
        "rank_pattern": others,
        "alpha_pattern": {name: _whole(factor * rank) for name, rank in others.items()},
        "lora_dropout": adapter.dropout,
        "target_modules": sorted(ranks),
        "modules_to_save": sorted({_module(name, body) for name in saved}) or None,
        "fan_in_fan_out": turned == {True},
        "bias": "none",
        "inference_mode": True,
    }
    return config, held


def _outward(place: TensorPlace, update: LowRankUpdate) -> Iterator[tuple[str, Tensor]]:
    """The part of b in each of their products that the update reaches."""
    rows, rank = place.row.shape[0], update.b.size(1)
    b, reached = update.b.new_zeros(rows, rank), update.b.new_zeros(rows, rank)
    b[update.outputs], reached[update.outputs] = update.b, 1.0
    theirs = [dict(tensors.their_tensors([place], {place.row.path: each}.__getitem__)) for each in (b, reached)]
    for name, part in theirs[0].items():
        if theirs[1][name].any():
            yield name, part.T if isinstance(place.rule, Transposed) else part


def _module(name: str, body: str) -> str:
    """The module that PEFT saves whole for a tensor: a head, or of the body what holds the tensor."""
    first = name.partition(".")[0]
    return name.rpartition(".")[0] if first == body else first


def _whole(number: float) -> float | int:
    return int(number) if number == int(number) else number


# ---------------------------------------------------------------- reading


@dataclass(frozen=True, eq=False)
class StoredAdapter:
    """An adapter in a directory.

    Attributes:
        base: the directory of its model, as the config names it; ending: how the class that it was trained with ends.
        notes: for the load report.
    """

    folder: Path
    base: str
    ending: str
    alpha: float
    alphas: Mapping[str, float]
    root: bool  # whether the factor is alpha over the root of the rank
    found: Mapping[str, LazyTensor]
    notes: tuple[str, ...] = ()
    turned: bool = False  # whether products are kept as [in, out]

    @property
    def classes(self) -> int:
        """The classes that a head which it holds whole tells apart; 0 where it holds none."""
        heads = self.ending.endswith("Classification")
        sizes = [
            each.shape[0] for name, each in self.found.items() if len(each.shape) == 2 and not LOW_RANK.match(name)
        ]
        return min(sizes, default=0) if heads else 0

    def on(self, base: Mapping[str, LazyTensor]) -> dict[str, LazyTensor]:
        """The tensors of its model with the updates added, and with those that it holds whole.

        Raises:
            CheckpointError: it updates what the model has not.
        """
        pairs: dict[str, dict[str, LazyTensor]] = {}
        whole: dict[str, LazyTensor] = {}
        for name, each in self.found.items():
            name = name.removeprefix(FRONT)
            if part := LOW_RANK.match(name):
                pairs.setdefault(f"{part[1]}.weight", {})[part[2]] = each
            else:
                whole[re.sub(r"\.(modules_to_save|original_module)(\.default)?\.", ".", name)] = each
        held = _aligned(base, pairs)
        for name, pair in pairs.items():
            if name not in held or {*pair} != {"lora_A", "lora_B"}:
                raise CheckpointError(f"{self.folder / WEIGHTS}: it updates '{name}', which its model has not")
            held[name] = self._added(name, held[name], pair["lora_A"], pair["lora_B"])
        return {**held, **whole}

    def _added(self, name: str, weight: LazyTensor, a: LazyTensor, b: LazyTensor) -> LazyTensor:
        module, rank = name.removesuffix(".weight"), a.shape[0]
        alpha = next((v for key, v in self.alphas.items() if re.match(rf"(.*\.)?({key})$", module)), self.alpha)
        factor = alpha / (math.sqrt(rank) if self.root else rank)
        product = (b.shape[0], a.shape[1])
        if weight.shape not in (product, product[::-1]):
            raise CheckpointError(f"{a.file}: '{name}' is {weight.shape} in its model, and the update {product}")

        def read() -> Tensor:
            own = weight.read()
            update = factor * b.read().to(own) @ a.read().to(own)
            stored = update if weight.shape == product and not self._turned(product) else update.T
            return own + stored

        return LazyTensor(a.file, weight.shape, read)

    def _turned(self, product: tuple[int, int]) -> bool:
        """Whether a square product is kept as [in, out]: its shape does not say it."""
        return self.turned and product[0] == product[1]


def _aligned(base: Mapping[str, LazyTensor], names: Mapping[str, object]) -> dict[str, LazyTensor]:
    """The tensors of the model by the names that an adapter has: with the body's prefix, or without it."""
    one = next((name for name in names if name not in base), None)
    if one is None:
        return dict(base)
    if longer := next((name for name in base if one.endswith(f".{name}")), None):
        return {one.removesuffix(longer) + name: each for name, each in base.items()}
    if shorter := next((name for name in base if name.endswith(f".{one}")), None):
        front = shorter.removesuffix(one)
        return {name.removeprefix(front): each for name, each in base.items() if name.startswith(front)}
    return dict(base)


def is_adapter(path: Path) -> bool:
    """Whether a directory holds an adapter, and no weights of its own."""
    return (
        (path / CONFIG).exists() and not any(path.glob("model*.safetensors")) and not any(path.glob("pytorch_model*"))
    )


def read_adapter(folder: Path) -> StoredAdapter:
    """The adapter in a directory.

    Raises:
        CheckpointError: a file is absent or damaged, or it is of another kind than LoRA.
    """
    said = JsonObject.read(folder / CONFIG, CheckpointError)
    if (kind := said.take("peft_type", str, "")) != "LORA":
        raise said.refuse("peft_type", f"'{kind}' is not computed here; allowed: LORA")
    for key in CHANGING:
        if said.peek(key):
            raise said.refuse(key, "it is not computed here: only W + s B A is")
    said.ignore(*CHANGING, *UNREAD)
    task = said.take("task_type", str, "") or ""
    alphas = said.inside("alpha_pattern")
    return StoredAdapter(
        folder,
        said.take("base_model_name_or_path", str, ""),
        next((end for end, kind in TASK_TYPES.items() if kind == task), ""),
        float(said.take("lora_alpha", float | int, 8)),
        {key: float(alphas.take(key, float | int, 0)) for key in sorted(alphas.keys())},
        said.take("use_rslora", bool, default=False),
        read_safetensors(folder / WEIGHTS),
        tuple(said.notes),
        turned=bool(said.peek("fan_in_fan_out")),
    )
