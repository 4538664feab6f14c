"""Where our tensors and words are kept in somebody else's checkpoint: one table, read both ways."""

from collections.abc import Mapping
from dataclasses import field

from clados.spec.part import Change, Part


class Rule(Part):
    """Their name of a tensor. ``*`` is one piece of a name; ``{q,k,v}`` are several of theirs, one for each output."""

    name: str


class Flipped(Rule):
    """Kept as [in, out]."""


class PerHead(Rule):
    """Queries, keys and values side by side within each head."""


class Shaped(Rule):
    """The same numbers in another shape; -1 is what remains."""

    shape: tuple[int, ...]


class Choice(Part):
    """A word of ours under other names: ``Choice("stack.block.mlp.act", {"gelu_new": "gelu_tanh"})``.

    On writing, the first name that stands for our word is used.
    """

    path: str
    names: Mapping[str, object]


class Layout(Part, kw_only=True):
    """A kind of checkpoint directory: ``config.json`` and the tensors on disk.

    Every tensor of ours must be found by a rule, every tensor of theirs be taken or ``unused``; every key of their
    config be mapped by ``config``, said by ``fixed``, or ``ignored``: nothing is left over on either side.
    """

    model_type: str
    architectures: Mapping[str, tuple[str, ...]]  # their class: the slots of the heads that it holds; ours first
    rules: Mapping[str, str | Rule]  # our name: theirs
    config: Mapping[str, str | Choice]  # their key: the path of our word
    fixed: Mapping[str, object] = field(default_factory=dict)  # what their config must say for this structure, when it says it
    ignored: tuple[str, ...] = ()  # their keys that change nothing that we compute
    unused: tuple[str, ...] = ()  # regular expressions of their tensors that hold nothing of their own
    prefix: str = ""  # of the body's tensors, absent in files of the body alone
    port: Change | None = None  # how the implementation that reads it departs from the paper
