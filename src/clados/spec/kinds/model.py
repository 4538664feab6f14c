"""What every whole model is."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypeVar

from clados.spec.core.part import Part
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.heads.folding import FoldHead
from clados.spec.heads.points import PointHead
from clados.spec.init import Init, Normal
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.text import Tokens, Vocabulary
from clados.tables import Pictured

Read = TypeVar("Read", bound=Inputs)


Writes = Literal["continues", "infills", "answers"]


class HasHeads(Protocol):
    """What has inputs and heads of its own."""

    @property
    def inputs(self) -> Inputs: ...

    @property
    def heads(self) -> tuple[Head, ...]: ...


class Model(Part, Pictured, ABC, kw_only=True):
    """A whole model. It needs no ``env``: it is told nothing, and tells its parts everything.

    What the rest of the package asks of a model, whatever its kind, is answered here: which ``towers`` it has, what it
    ``reads``, which heads, how it ``writes``. A new kind answers the same questions.
    """

    init: Init = Normal()
    if TYPE_CHECKING:
        size: Any  # each kind says of which type

    def resized(self, size: Part) -> Self:
        """The same structure at another size; a kind with numbers of layers of its own brings them along."""
        return self.but(size=size)

    @property
    @abstractmethod
    def towers(self) -> "tuple[HasHeads, ...]":
        """What holds inputs and heads: the model itself, or its towers."""

    @property
    def own_heads(self) -> tuple[Head, ...]:
        """The model's own heads, which a class around its body may replace; those of towers are none of these."""
        return ()

    @property
    def all_heads(self) -> tuple[Head, ...]:
        """All heads, those of towers included."""
        return tuple(head for tower in self.towers for head in tower.heads)

    def head(self, slot: str) -> Head | None:
        """The model's own head in a slot; None where there is none."""
        return next((head for head in self.own_heads if head.slot == slot), None)

    def reads(self, kind: type[Read]) -> Read | None:
        """What it reads of a kind: ``reads(Tokens)``, ``reads(Patches)``; None where it reads none of it."""
        return next((tower.inputs for tower in self.towers if isinstance(tower.inputs, kind)), None)

    @property
    def kinds_read(self) -> str:
        """What it reads, by the names of its inputs."""
        return " and ".join(type(tower.inputs).__name__ for tower in self.towers)

    @property
    def writes(self) -> Writes | None:
        """How texts are written, with an LM head: on after what is read, into its blanks, or in answer to it.

        None where every position sees all others.
        """
        return None

    def plain_name(self, tensor: str) -> str:
        """What a tensor is called in a model of one plain stack, from which this one may start."""
        return tensor

    @property
    def remembers(self) -> bool:
        """Whether it sees what it has met of the text before what it reads (``mems``)."""
        return False

    @property
    def kept(self) -> int | None:
        """Of a text that it has read, the positions that it remembers, where these are the first; else None."""
        return None

    def shortened(self, share: float) -> Self:
        """The model for texts of a share of its paper's length: its memory is as much shorter."""
        return self

    @property
    def compares(self) -> bool:
        """Whether it gives vectors of two kinds of input in one space."""
        return False

    @property
    def paints(self) -> bool:
        """Whether it makes images of texts."""
        return False

    @property
    def captions(self) -> bool:
        """Whether it writes texts that look at images."""
        return False

    @abstractmethod
    def adapted(self, inputs: Callable[[Inputs], Inputs], head: Callable[[Head], Head]) -> Self:
        """The model with all that it reads and all its own heads changed."""

    @property
    def vocab(self) -> Vocabulary:
        """The vocabulary of the text that it reads.

        Raises:
            SpecError: for a model that reads no text.
        """
        inputs = self.reads(Tokens)
        if inputs is None:
            raise SpecError(f"this {type(self).__name__} reads {self.kinds_read}, not text: it has no vocabulary")
        return inputs.vocab

    @property
    def written_vocab(self) -> Vocabulary:
        """The vocabulary of the text that it writes."""
        return self.vocab


class Headless(Model, kw_only=True):
    """A model that gives images, and has no heads of its own."""

    @property
    def heads(self) -> tuple[Head, ...]:
        """None."""
        return ()


class OneTower(Model, kw_only=True):
    """A model that has its inputs and heads itself, and no other tower."""

    if TYPE_CHECKING:  # each kind says of which types
        inputs: Any
        heads: Any

    @property
    def towers(self) -> tuple[HasHeads, ...]:
        return (self,)

    @property
    def own_heads(self) -> tuple[Head, ...]:
        heads: tuple[Head, ...] = self.heads
        return heads

    def adapted(self, inputs: Callable[[Inputs], Inputs], head: Callable[[Head], Head]) -> Self:
        return self.but(inputs=inputs(self.inputs), heads=tuple(map(head, self.heads)))


def check_heads(kind: str, heads: Sequence[Head]) -> None:
    """Refuse heads of one slot or one output, a head without its pooler, and a fold's or points' elsewhere.

    Raises:
        SpecError: naming the kind of model and the heads.
    """
    for what in ("slot", "output"):
        names = [getattr(head, what) for head in heads]
        if len(names) > len(set(names)):
            raise SpecError(f"{kind}.heads has two heads of one {what}: {', '.join(names)}")
    for i, head in enumerate(heads):
        for of, whose in ((FoldHead, "Fold"), (PointHead, "PointCloud")):
            if isinstance(head, of) and kind != whose:
                raise SpecError(f"{kind}.heads has {type(head).__name__}(), which reads what a {whose} works out")
        if head.pooled and "pooler" not in [each.slot for each in heads[:i]]:
            raise SpecError(f"{kind}.heads has {type(head).__name__}() without the Pooler() that it reads before it")
