"""Layouts on names: which of their tensors hold each of ours."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product

from clados.checkpoints.errors import LayoutError
from clados.checkpoints.mapping.modules import module_tensor
from clados.spec.core.ledger import Row, saved_rows
from clados.spec.core.part import reach
from clados.spec.heads.embedding import Embedding
from clados.spec.kinds.model import Model
from clados.spec.layout import Fused, Layout, PlusRow, Rule, Stacked

_COUNTED = re.compile(r"@(\d)")
TOKENS, WRITTEN = "inputs.tokens.weight", "target.tokens.weight"  # token tables: the usual one, a decoder's own
TABLE = "heads.lm.table.weight"  # an LM head's own


@dataclass(frozen=True, slots=True)
class TensorPlace:
    """One tensor of ours, the rule that places it, and the names under which they keep it."""

    row: Row
    rule: Rule
    names: tuple[str, ...]


def places(layout: Layout, model: Model) -> tuple[TensorPlace, ...]:
    """Where every tensor of a model is kept, names with the layout's prefix.

    Raises:
        LayoutError: no rule fits a tensor, two tensors are put in one place, or a fused one has other parts.
    """
    head = embedding(model)
    found = tuple(_place(layout, row, head, model) for row in saved(model))
    taken: dict[str, str] = {}
    for place in found:
        for name in place.names:
            if name in taken and not isinstance(place.rule, Fused):
                raise LayoutError(f"{layout.model_type}: '{name}' would hold {taken[name]} and {place.row.path}")
            taken[name] = place.row.path
    return found


def saved(model: Model) -> tuple[Row, ...]:
    """The tensors of a model that a checkpoint holds: its parameters and its statistics."""
    return tuple(saved_rows(model))


def embedding(model: Model) -> Embedding | None:
    """The head of a model that gives a text's vector; None where there is none."""
    return next((head for head in model.own_heads if isinstance(head, Embedding)), None)


def used(layout: Layout, model: Model) -> set[str]:
    """The rules, by our names, under which a model has a tensor."""
    rules = tuple(layout.rules)
    return {found[0] for row in saved(model) if (found := _first_fitting(rules, row.path))}


def _place(layout: Layout, row: Row, head: Embedding | None, model: Model) -> TensorPlace:
    if found := _first_fitting(tuple(layout.rules), row.path):
        pattern, pieces = found
        said = layout.rules[pattern]
        rule = said if isinstance(said, Rule) else Rule(said)
        names = expanded(_filled(rule.name, pieces, row, model))
        if isinstance(rule, Stacked):
            return TensorPlace(row, rule, tuple(names[0].replace("#", str(i)) for i in range(row.shape[0])))
        if len(names) not in (1, len(row.outs)):
            outs = ", ".join(out for out, _ in row.outs)
            raise LayoutError(f"{layout.model_type}: {row.path} fuses {outs}, and the rule names {len(names)}")
        added = (_filled(rule.plus, pieces, row, model),) if isinstance(rule, PlusRow) else ()
        return TensorPlace(row, rule, (*names, *added))
    if row.path == TABLE and (name := own_table(layout)):
        return TensorPlace(row, Rule(name), (name,))
    if head is not None and row.path.startswith(f"heads.{Embedding.slot}."):
        kept = module_tensor(row.path, head)
        return TensorPlace(row, Rule(kept), (kept,))
    raise LayoutError(f"{layout.model_type}: no rule says where {row.path} is kept")


def _filled(name: str, pieces: tuple[str, ...], row: Row, model: Model) -> str:
    counted = _COUNTED.search(name)
    levels = row.env.levels if counted or "^" in name else None
    if "^" in name and levels is not None:
        name, pieces = name.replace("^", str(len(levels.channels) - 1 - int(pieces[0]))), pieces[1:]
    if counted and levels is not None:
        own = len(pieces) - name.count("*")
        level, block, pieces = int(pieces[0]), int(pieces[1]) if own > 1 else levels.blocks, pieces[own:]
        name = name.replace(counted[0], str(int(counted[1]) + level * (levels.blocks + 1) + block))
        above = 2 ** (len(levels.channels) - 1 - level) in reach(model, "unet.attended")
        name = name.replace("~", "2" if above else "1")
    each = iter(pieces)
    return re.sub(r"\*", lambda _: next(each), name)


@lru_cache(50_000)
def _first_fitting(rules: tuple[str, ...], path: str) -> tuple[str, tuple[str, ...]] | None:
    """The first rule for a tensor's name, and what stands at its stars."""
    matches = ((rule, found) for rule in rules if (found := _pattern(rule).fullmatch(path)))
    return next(((rule, found.groups()) for rule, found in matches), None)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    several = re.sub(r"\\\{([^}]*)\\\}", lambda each: f"(?:{each[1].replace(',', '|')})", re.escape(name))
    return re.compile(several.replace(r"\*", r"([^.]+)"))


@lru_cache(50_000)
def expanded(name: str) -> tuple[str, ...]:
    """``a.{q,k}.b`` as ``a.q.b`` and ``a.k.b``."""
    pieces = [piece.split(",") for piece in re.split(r"[{}]", name)[1::2]]
    between = re.split(r"\{[^}]*\}", name)
    return tuple("".join(a + b for a, b in zip(between, (*choice, ""), strict=True)) for choice in product(*pieces))


def body_alone(layout: Layout, found: Iterable[str]) -> bool:
    """Whether files with these names are of the body alone, whose tensors lack the prefix."""
    return bool(layout.prefix) and not any(name.startswith(layout.prefix) for name in found)


def is_body(layout: Layout, slots: Iterable[str]) -> bool:
    """Whether a model is written as a body alone, without the prefix: it has no head but a pooler."""
    return bool(layout.prefix) and {*slots} <= {"pooler"}


def unprefixed(names: Iterable[str], prefix: str) -> tuple[str, ...]:
    """Names as they stand in files of the body alone."""
    return tuple(name.removeprefix(prefix) for name in names)


def heads_in(layout: Layout, name: str) -> set[str]:
    """The slots of the heads that the layout's classes keep in a tensor of theirs."""
    slots = set[str]()
    for pattern, said in layout.rules.items():
        if pattern.startswith("heads."):
            theirs = expanded(said.name if isinstance(said, Rule) else said)
            if any(_pattern(each).fullmatch(spelt) for each in theirs for spelt in (name, layout.prefix + name)):
                slots |= {each.split(".")[1] for each in expanded(pattern)}
    return slots


def is_outside(layout: Layout, name: str, alone: bool) -> bool:
    """Whether a tensor of theirs lies beside the body: its name begins as none of the body's does."""
    body = [said for ours, said in layout.rules.items() if not ours.startswith("heads.")]
    names = [each for said in body for each in expanded(said.name if isinstance(said, Rule) else said)]
    spelt = unprefixed(names, layout.prefix) if alone else names
    return name.partition(".")[0] not in {each.partition(".")[0] for each in spelt}


def current_name(name: str) -> str:
    """Their name of a tensor as it is today: the gains and biases of norms once were ``gamma`` and ``beta``.

    So were they in TensorFlow's BERT, and in the files that were first made of it (transformers 4.57.6
    modeling_utils.py, ``_fix_state_dict_key_on_load``, for every model).
    """
    name = re.sub(r"(?i)(norm\w*\.)gamma$", r"\1weight", name)  # other gammas are factors of branches (timm)
    return re.sub(r"(?i)(norm\w*\.)beta$", r"\1bias", name)


def is_extra(layout: Layout, name: str) -> bool:
    """Whether a tensor of theirs is of a part that the layout knows and does not read."""
    return any(re.fullmatch(each, spelt) for each in layout.extra for spelt in (name, layout.prefix + name))


def is_unused(layout: Layout, name: str) -> bool:
    """Whether a tensor of theirs holds nothing of its own; with or without the prefix."""
    spellings = (name, layout.prefix + name)
    return any(re.fullmatch(each, spelt) for each in layout.unused for spelt in spellings) or name in layout.zeros


def own_table(layout: Layout) -> str:
    """Their name of the table of an LM head that has one of its own; empty when they keep none."""
    ruled = (said for pattern, said in layout.rules.items() if _pattern(pattern).fullmatch(TABLE))
    name = next((said.name if isinstance(said, Rule) else said for said in ruled), "")
    named = next((name for name, ours in layout.tied.items() if ours == TABLE), "")
    return name.replace("*", "weight") or named


def token_table(paths: Iterable[str]) -> str:
    """The token table with which tokens are scored where a head has none of its own: the decoder's, if it has one."""
    return WRITTEN if WRITTEN in paths else TOKENS


def twins(layout: Layout, placed: Iterable[TensorPlace], alone: bool) -> Mapping[str, str]:
    """Their second names of our tensors, as they stand in the files.

    The name of an LM head's own table is one of the token table where the head has none.
    """
    paths = {place.row.path for place in placed}
    tokens = token_table(paths)
    tied = {name: tokens if ours == TABLE else ours for name, ours in layout.tied.items()}
    if name := own_table(layout):
        tied.setdefault(name, tokens)
        if TABLE in paths:
            del tied[name]
    return {name.removeprefix(layout.prefix) if alone else name: ours for name, ours in tied.items()}
