"""Where our tensors and fields are kept in somebody else's checkpoint: one table, read both ways."""

from collections.abc import Mapping
from dataclasses import field

from clados.spec.core.part import Change, Part
from clados.spec.heads.base import Head


class Rule(Part):
    """Their name of a tensor, as it is on disk.

    ``*`` is one piece of a name, the same on both sides. ``{q,k,v}`` are several of theirs, one for each output that
    the ledger says our tensor fuses (``Row.outs``), in that order; without braces the fused tensor is kept whole.
    A plain string in ``Layout.rules`` is a ``Rule``. Of our names too, ``{a,b}`` are several, kept alike.

    Of a U-Net whose blocks they count in a row, through all levels, ``@1`` is the number, from 1 on, of the one that
    our first two pieces name, level and block, or our first alone: what stands at the end of a level. ``~`` is what
    comes last there: 2 where the level has attention, else 1. ``^`` is the level of our first piece, counted from the
    other end.
    """

    name: str


class Transposed(Rule):
    """Kept as [in, out]."""


class PerHead(Rule):
    """Queries, keys and values side by side within each head: [heads, 3, head_dim], flattened; or keys and values."""


class PerHeadKernel(PerHead):
    """The same of a convolution's one place: a matrix with a further axis of 1."""


class Reshaped(Rule):
    """The same numbers in another shape: each -1 is the next of our axes, so (1, -1, -1) adds an axis in front."""

    shape: tuple[int, ...]


class HeadAxes(Rule):
    """The numbers of all heads kept along two axes, the last: [d_model, heads, head_dim]."""

    inputs: bool = False  # of the product they are the inputs, not the outputs


class RotaryHalves(Rule):
    """The pairs that rotary positions turn: neighbours in a head of ours, half a head apart in one of theirs.

    Rows of queries and keys, each kept under a name of its own, change places; the function is the same.
    """


class Fused(Rule):
    """Kept with outputs that we hold apart: theirs stacks ``outs``, equally many rows each, ours are some of them."""

    outs: tuple[str, ...]


class PlusRow(Rule):
    """Theirs plus the first row of their table ``plus``, which is added wherever ours is; zeros when written."""

    plus: str
    rows: int  # of the table
    any_rows: bool = False  # read with any number of rows


class Stacked(Rule):
    """One of theirs for each row of our first axis, ``#`` its number: experts that they keep apart."""


def prefixed(theirs: str, rules: Mapping[str, str | Rule], ours: str = "") -> dict[str, str | Rule]:
    """Rules that several layouts share, with what comes before the names: of theirs, and perhaps of ours."""
    return {
        ours + name: theirs + rule if isinstance(rule, str) else rule.but(name=theirs + rule.name)
        for name, rule in rules.items()
    }


def for_tasks(prefix: str, tasks: Mapping[str, tuple[Head, ...]]) -> dict[str, tuple[Head, ...]]:
    """Classes that fine-tuning put heads on, by their names: ``BertForTokenClassification`` of ``Bert``."""
    return {f"{prefix}For{task}": heads for task, heads in tasks.items()}


class KeyRule(Part):
    """How their value of a key gives our field at ``path``. A plain string is a path whose value is the same."""

    path: str


class Choice(KeyRule):
    """A field of ours whose values have other names: ``Choice("stack.block.mlp.act", {"gelu_new": "gelu_tanh"})``.

    Names are strings, numbers, booleans or None. On writing, the first that stands for our value is used.
    """

    names: Mapping[str | bool | int | None, object]


class Offset(KeyRule):
    """Theirs is ours less a number (OPT's positions, of which two rows come before the first)."""

    by: int


class NoneAs(KeyRule):
    """A number of theirs for our None: a furthest distance of -1."""

    number: int


class HeadShare(KeyRule):
    """A share of each head of ours, which they say in numbers of a head (GPT-J's ``rotary_dim``)."""


class TimesWidth(KeyRule):
    """A width of a size, which they say as so many times its ``d_model``."""


class EachLayer(KeyRule):
    """A name for what stands at the path within the block of each layer; None for nothing there.

    ``rounds``: they say it as ``[[names, times], ...]``. Read, it must agree with what is declared.
    """

    names: Mapping[str, type[Part] | None]
    rounds: bool = False


class CountOf(KeyRule):
    """In how many layers a part of this kind stands at the path. Read, it must agree with what is declared."""

    kind: type[Part]


class Derived(KeyRule):
    """A number that follows from our fields, at the path. Read, it must agree with them."""


class KindOf(KeyRule):
    """A name for the kind of part that stands at the path; its fields are those that other keys give."""

    names: Mapping[str, type[Part]]


class Shrunk(KeyRule):
    """Theirs is ours divided by what the model ``shrinks`` an image by."""


class LevelNames(KeyRule):
    """A name for each level of a network over images: one for those with attention, whose factors stand at the path.

    Without ``attended`` all levels have one name, and the path is that of the levels; read, their number must agree.
    """

    plain: str
    attended: str = ""
    levels: str = ""  # the path of the levels' channels, where that of the factors is another
    upwards: bool = False  # the lowest level comes first


class Layout(Part, kw_only=True):
    """A kind of checkpoint directory: ``config.json`` and the tensors on disk.

    A ``model_type`` with a dot or a colon is no directory's: tensors in memory (``torch.nn.Transformer``), or another
    program's file (``fairseq:roberta``), which is read and never written.

    Every tensor of ours is found by the first rule that fits its name; every tensor of theirs is taken by a rule,
    ``tied``, ``zeros`` or ``unused``, or it is of a head that the class at hand lacks, which the load report notes;
    every key of their config is mapped by ``config``, said by ``fixed``, ``ignored``, None, or among the keys that
    never matter (``clados.checkpoints.mapping.config``): nothing is left over on either side.

    A second name of ``heads.lm.table.weight`` is that of the LM head's table where it has one of its own (Untied),
    and of the token table where the head is Tied: config and files decide (``checkpoints.mapping.token_tables``).

    A head that gives a text's vector is no layout's matter: sentence-transformers keeps it in folders of their own,
    whatever the model (``clados.checkpoints.formats.sentence_transformers``).

    Keys of nested configs are dotted: ``text_config.hidden_size``. Rotary keys have the names of 5.x
    (``rope_parameters.rope_theta``, ``rope_parameters.partial_rotary_factor``, ``rope_parameters.rope_type``) and
    ``dtype`` is no layout's matter; the older spellings are read as these, and written beside them.

    Paths start at the model: ``stack.norm.eps``. ``{encoder,decoder}.norm.eps`` are several fields that one key gives;
    ``heads[lm].transform`` is one of the head in that slot, and counts where the model has such a head.
    ``sides.encoder.layers`` is a word of a size that both sides may share. Of a ``size``, what is not said is
    written as the usual number. A key that their file leaves out leaves the declaration's word.
    """

    model_type: str
    architectures: Mapping[str, tuple[str, ...]]  # their class: slots of the heads that it holds; ours first
    tuned: Mapping[str, tuple[Head, ...]] = field(default_factory=dict)  # classes with heads that fine-tuning put there
    rules: Mapping[str, str | Rule]  # our name: theirs
    config: Mapping[str, str | KeyRule | tuple[str | KeyRule, ...]]  # their key: our path; several, as each says
    # what a key says for this structure, if it is there; a tuple: any of these, of which the first is written
    fixed: Mapping[str, object] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()  # their keys, or groups of them, that change nothing that we compute
    tied: Mapping[str, str] = field(default_factory=dict)  # their second names: our tensor, which each must equal
    zeros: Mapping[str, Change] = field(default_factory=dict)  # theirs, all zeros; the change that holds other numbers
    unused: tuple[str, ...] = ()  # regular expressions of whole names of theirs that hold nothing of their own
    extra: tuple[str, ...] = ()  # and of those of parts that there are not here: not read, and noted in the report
    prefix: str = ""  # of the body's tensors, absent in files of the body alone
    port: Change | None = None  # how the implementation that reads it departs from the paper
