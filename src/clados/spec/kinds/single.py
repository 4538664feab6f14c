"""The kinds of whole model: what a model holds, and what it tells its parts."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypeVar

from clados.spec.blanks import Prefix, check_pairs
from clados.spec.errors import SpecError
from clados.spec.init import Init, Normal
from clados.spec.inputs import Head, Inputs, Tokens, Vocabulary
from clados.spec.part import Part
from clados.spec.parts import All, Causal, Stack
from clados.spec.pieces import Env, Held, Named, Pieces, Weight
from clados.spec.sizes import Sides, Size, Towers
from clados.spec.target import OwnTarget, Target

Read = TypeVar("Read", bound=Inputs)
Writes = Literal["continues", "infills", "answers"]


class HasHeads(Protocol):
    """What has inputs and heads of its own."""

    @property
    def inputs(self) -> Inputs: ...

    @property
    def heads(self) -> tuple[Head, ...]: ...


class Model(Part, kw_only=True):
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
    def towers(self) -> "tuple[HasHeads, ...]":
        """What holds inputs and heads: the model itself, or its towers."""
        raise NotImplementedError

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
        """How texts are written, with a head for words: on after what is read, into its blanks, or in answer to it.

        None where every position sees all others.
        """
        return None

    @property
    def compares(self) -> bool:
        """Whether it gives vectors of two kinds of input in one space."""
        return False

    def adapted(self, inputs: Callable[[Inputs], Inputs], head: Callable[[Head], Head]) -> Self:
        """The model with all that it reads and all its own heads changed."""
        raise NotImplementedError

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


def check_heads(kind: str, heads: Sequence[Head]) -> None:
    """Refuse heads of one slot or one output, and a head without the pooler that it reads.

    Raises:
        SpecError: naming the kind of model and the heads.
    """
    for what in ("slot", "output"):
        names = [getattr(head, what) for head in heads]
        if len(names) > len(set(names)):
            raise SpecError(f"{kind}.heads has two heads of one {what}: {', '.join(names)}")
    for i, head in enumerate(heads):
        if head.pooled and "pooler" not in [each.slot for each in heads[:i]]:
            raise SpecError(f"{kind}.heads has {type(head).__name__}() without the Pooler() that it reads before it")


class Tower(Part, kw_only=True):
    """Inputs, a stack and what is read off it; the size comes from the model around it."""

    inputs: Inputs
    stack: Stack
    heads: tuple[Head, ...] = ()

    def check(self) -> None:
        check_pairs(self.inputs, self.stack, single=isinstance(self, Decoder))
        check_heads(type(self).__name__, self.heads)

    def pieces(self, env: Env) -> Pieces:
        held: dict[str, Held | Named] = {"inputs": Held(self.inputs, env), "stack": Held(self.stack, env)}
        if self.heads:
            held["heads"] = Named({head.slot: Held(head, env) for head in self.heads})
        return held


class _Single(Tower, Model, kw_only=True):
    """One stack."""

    size: Size

    @property
    def towers(self) -> tuple[HasHeads, ...]:
        return (self,)

    @property
    def own_heads(self) -> tuple[Head, ...]:
        return self.heads

    def adapted(self, inputs: Callable[[Inputs], Inputs], head: Callable[[Head], Head]) -> Self:
        return self.but(inputs=inputs(self.inputs), heads=tuple(map(head, self.heads)))

    def told(self) -> Env:
        """What its parts are told."""
        return Env(self.size.dims, self.stack.norm, self.inputs, isinstance(self.stack.sees, Causal))

    def pieces(self, env: Env | None = None) -> Pieces:
        return super().pieces(self.told())


class Encoder(_Single, kw_only=True):
    """Every position sees every other."""

    def check(self) -> None:
        super().check()
        if not isinstance(self.stack.sees, All):
            raise SpecError(f"Encoder.stack.sees is {self.stack.sees!r}; an encoder sees All()")


class Decoder(_Single, kw_only=True):
    """Every position sees itself and what came before."""

    def check(self) -> None:
        super().check()
        if isinstance(self.stack.sees, All):
            raise SpecError("Decoder.stack.sees is All(); a decoder sees Causal()")

    @property
    def writes(self) -> Writes | None:
        if not self.reads(Tokens):
            return None
        return "infills" if isinstance(self.stack.sees, Prefix) else "continues"


class EncoderDecoder(Model, kw_only=True):
    """A decoder that also sees all of an encoder's output."""

    size: Size | Sides
    inputs: Tokens
    target: Target | None = None  # what the decoder reads; None: as the source is read, with the same tables
    encoder: Stack
    decoder: Stack
    heads: tuple[Head, ...]

    def check(self) -> None:
        check_pairs(self.inputs, self.encoder, self.decoder)
        check_heads(type(self).__name__, self.heads)
        if any(block.cross is None for block in self.decoder.blocks(self.sides.decoder.layers)):
            raise SpecError("EncoderDecoder.decoder has a block without cross: it would never see the encoder")

    @property
    def towers(self) -> tuple[HasHeads, ...]:
        return (self,)

    @property
    def own_heads(self) -> tuple[Head, ...]:
        return self.heads

    @property
    def writes(self) -> Writes | None:
        return "answers"

    def adapted(self, inputs: Callable[[Inputs], Inputs], head: Callable[[Head], Head]) -> Self:
        target = {"target": inputs(self.target)} if self.target else {}
        return self.but(inputs=inputs(self.inputs), heads=tuple(map(head, self.heads)), **target)

    @property
    def sides(self) -> Sides:
        """The two sizes, which are one for most models."""
        return self.size if isinstance(self.size, Sides) else Sides(self.size, self.size)

    @property
    def written_vocab(self) -> Vocabulary:
        own = self.target.vocab if isinstance(self.target, OwnTarget) else None
        return own or self.vocab

    def pieces(self, env: Env | None = None) -> Pieces:
        sizes = self.sides
        encoder = Env(sizes.encoder.dims, self.encoder.norm, self.inputs)
        memory = sizes.encoder.d_model
        words = self.inputs.but(vocab=self.written_vocab)
        decoder = Env(sizes.decoder.dims, self.decoder.norm, words, causal=True, memory=memory)
        own = {"target": Held(self.target, decoder)} if self.target else {}
        return {
            "inputs": Held(self.inputs, encoder),
            **own,
            "encoder": Held(self.encoder, encoder),
            "decoder": Held(self.decoder, decoder),
            "heads": Named({head.slot: Held(head, decoder) for head in self.heads}),
        }


class TwoTower(Model, kw_only=True):
    """An image tower and a text tower that meet in one space (Radford et al. 2021, figure 3)."""

    size: Towers
    image: Tower
    text: Tower
    temperature: float = 0.07  # at the start; learned as its logarithm's negative
    warmest: float = 100.0  # the factor on the cosines never exceeds this

    @property
    def towers(self) -> tuple[HasHeads, ...]:
        return (self.image, self.text)

    @property
    def compares(self) -> bool:
        return True

    def adapted(self, inputs: Callable[[Inputs], Inputs], head: Callable[[Head], Head]) -> Self:
        image, text = (tower.but(inputs=inputs(tower.inputs)) for tower in (self.image, self.text))
        return self.but(image=image, text=text)

    @property
    def vocab(self) -> Vocabulary:
        if not isinstance(self.text.inputs, Tokens):
            raise SpecError(f"TwoTower.text.inputs is {self.text.inputs!r}; it must be Tokens(...)")
        return self.text.inputs.vocab

    def pieces(self, env: Env | None = None) -> Pieces:
        def held(tower: Tower, size: Size) -> Held:
            causal = isinstance(tower.stack.sees, Causal)
            return Held(tower, replace(Env(size.dims, tower.stack.norm, tower.inputs, causal), joint=self.size.joint))

        return {
            "logit_scale": Weight(()),
            "image": held(self.image, self.size.image),
            "text": held(self.text, self.size.text),
        }
