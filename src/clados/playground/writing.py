"""Trials of models that write: token by token with what else was likely, and beams as a tree."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from clados import spec as s
from clados.apply import verbs
from clados.apply.decoding.writers import room, writer_of
from clados.apply.generate import config_of, generate
from clados.apply.logprobs import logprobs_of
from clados.apply.ready import Ready
from clados.apply.write import prompt_ids
from clados.data.templates import messages, written
from clados.errors import InputError
from clados.playground.trials import Word, blank_of, names_of, trial

_ALTERNATIVES = 5


def _writes(ready: Ready) -> bool:
    return "generate" in verbs.verbs(ready.spec, ready.objective) and ready.tokenizer is not None


def _template(ready: Ready) -> s.Template | None:
    found = getattr(ready.objective, "template", None)
    return found if isinstance(found, s.Template) else None


def _prompt(ready: Ready) -> Word:
    """A text of the kind that the model has learned from."""
    usual, able = "The king and his men", verbs.verbs(ready.spec, ready.objective)
    if "translate" in able:
        usual = "red apple"
    elif "summarize" in able and blank_of(ready):
        usual = f"{blank_of(ready)} It barks and guards the house."
    elif ready.spec.writes == "answers" and blank_of(ready):
        usual = f"A dog is {blank_of(ready)} that barks."
    elif _template(ready) is not None:
        usual = "What is a horse?"
    return Word("prompt", usual, lines=2)


def asked_ids(ready: Ready, prompt: str) -> list[int]:
    """The ids of a prompt, in the model's own template where it was tuned by one; of nothing its first token.

    Raises:
        InputError: for an empty prompt of a model that names no first token.
    """
    template, tokenizer = _template(ready), ready.required_tokenizer
    if template is not None:
        from clados.apply.chat import template_of

        text = written(template_of(ready), messages([("user", prompt)])).text
        ((ids, _),) = tokenizer.encode_placed([text])
        row = [*tokenizer.frame[0], *ids]
    else:
        row = prompt_ids(ready, prompt)
    if not row and ready.spec.vocab.bos is None:
        raise InputError("the prompt is empty, and the vocabulary names no bos to start from")
    return ready.known([row or [ready.spec.vocab.bos or 0]])[0]


def _new(ready: Ready, ids: Tensor, wanted: int) -> int:
    free = room(ready.model, ids)
    if free is not None and free < 1:
        raise InputError(f"the prompt fills all positions of {ready.name}; a shorter one leaves room")
    return wanted if free is None else min(wanted, free)


def _ends(ready: Ready) -> tuple[int, ...]:
    own = ready.required_tokenizer.ids.get("eos", ready.spec.written_vocab.eos)
    known = config_of(ready.model).eos_token_id
    return tuple(known) if known else (() if own is None else (own,))


@dataclass(frozen=True)
class WrittenToken:
    """A token that was written: its probability, and the likeliest tokens at its place, the best first."""

    token: str
    probability: float
    likeliest: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class WrittenSteps:
    """A prompt's tokens, the tokens behind it one by one, and their text."""

    prompt: tuple[str, ...]
    steps: tuple[WrittenToken, ...]
    text: str


@trial(
    "write",
    _writes,
    lambda ready: (
        _prompt(ready),
        Word("tokens", "24", 1, 60),
        Word("temperature", "0", 0, 2, whole=False),
        Word("seed", "0", 0, 999),
    ),
)
@torch.inference_mode()
def try_writing(ready: Ready, prompt: str, tokens: int, temperature: float, seed: int) -> WrittenSteps:
    """What a model writes to a prompt, each token with its probability by the model itself and with its rivals."""
    row = asked_ids(ready, prompt)
    ids = torch.tensor([row], device=ready.device)
    many, ends = _new(ready, ids, tokens), _ends(ready)
    drawn: dict[str, Any] = {"temperature": temperature, "seed": seed} if temperature else {"temperature": 0.0}
    new: list[int] = []
    generate(ready.model, ids, max_new_tokens=many, eos=ends, on_token=lambda each: new.append(int(each)), **drawn)
    writer = writer_of(ready.model, ids, None, len(new))
    fed = torch.cat([writer.ids, torch.tensor([new[:-1]], device=ready.device, dtype=writer.ids.dtype)], 1)
    chances = writer.read(fed, last=len(new))[0].float().softmax(-1)[:, : ready.required_tokenizer.size]
    best = chances.topk(min(_ALTERNATIVES, chances.size(-1)))
    steps = []
    for i, token in enumerate(new):
        rivals = zip(names_of(ready, best.indices[i].tolist()), best.values[i].tolist())
        steps.append(WrittenToken(names_of(ready, [token])[0], float(chances[i, token]), tuple(rivals)))
    return WrittenSteps(tuple(names_of(ready, row)), tuple(steps), ready.required_tokenizer.decode(new))


@dataclass(frozen=True)
class BeamNode:
    """A token of the tree: its place among the nodes' parents (-1: the prompt), its probability, log p of all up to it.

    Attributes:
        rank: of the text that ends here, 0 for the likeliest; None where none does.
        best: whether it is on the way to the likeliest.
    """

    parent: int
    token: str
    probability: float
    total: float
    rank: int | None = None
    best: bool = False


@dataclass(frozen=True)
class BeamTree:
    """All texts that were open at any step of a beam search, as one tree, and the best of them whole."""

    nodes: tuple[BeamNode, ...]
    texts: tuple[tuple[str, float], ...]


@trial("beams", _writes, lambda ready: (_prompt(ready), Word("beams", "3", 2, 6), Word("tokens", "6", 1, 12)))
@torch.inference_mode()
def try_beams(ready: Ready, prompt: str, beams: int, tokens: int) -> BeamTree:
    """The tree of a beam search: what was kept at each step, and what came out best."""
    row = asked_ids(ready, prompt)
    ids = torch.tensor([row], device=ready.device)
    seen: dict[tuple[int, ...], None] = {}
    many, size = _new(ready, ids, tokens), ready.spec.written_vocab.size

    def kept(new: Tensor) -> Tensor:
        seen.update(dict.fromkeys(tuple(each) for each in new.tolist() if each))
        return torch.ones(new.size(0), size, dtype=torch.bool, device=new.device)

    ends = _ends(ready)
    found = generate(ready.model, ids, max_new_tokens=many, beams=beams, n=beams, temperature=0, eos=ends, allowed=kept)
    begun = 1 if ready.spec.writes == "answers" else len(row)
    final = [_ended(tuple(each), ends) for each in found[:, begun:].tolist()]
    seen.update(dict.fromkeys(final))
    leaves = [each for each in seen if not any(len(other) > len(each) and other[: len(each)] == each for other in seen)]
    logs = dict(zip(leaves, logprobs_of(ready, [row] * len(leaves), leaves)))
    return _tree(ready, leaves, logs, final)


def _ended(text: tuple[int, ...], ends: tuple[int, ...]) -> tuple[int, ...]:
    """A text with its end, and without what fills it up behind."""
    first = next((i for i, each in enumerate(text) if each in ends), len(text))
    return text[: first + 1]


def _tree(
    ready: Ready, leaves: list[tuple[int, ...]], logs: dict[tuple[int, ...], list[float]], final: list[tuple[int, ...]]
) -> BeamTree:
    places: dict[tuple[int, ...], int] = {}
    nodes: list[BeamNode] = []
    order = sorted(leaves, key=lambda each: -sum(logs[each]))
    for leaf in order:
        for end in range(1, len(leaf) + 1):
            prefix = leaf[:end]
            if prefix in places:
                continue
            places[prefix] = len(nodes)
            rank = final.index(prefix) if prefix in final else None
            best = final[0][:end] == prefix
            (token,) = names_of(ready, prefix[-1:])
            log = logs[leaf]
            parent = places.get(prefix[:-1], -1)
            nodes.append(BeamNode(parent, token, math.exp(log[end - 1]), sum(log[:end]), rank, best))
    decode = ready.required_tokenizer.decode
    texts = tuple((decode([*each]), nodes[places[each]].total) for each in dict.fromkeys(final))
    return BeamTree(tuple(nodes), texts)
