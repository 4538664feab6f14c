"""Inputs: what happens before the first layer. Heads: what is read off after the last."""

from typing import ClassVar, Literal

from clados.names import ROLES
from clados.spec.errors import SpecError
from clados.spec.part import Part
from clados.spec.parts import Act
from clados.spec.pieces import Env, Held, Linear, Pieces, Table, Weight, linear
from clados.spec.sizes import Dims

# ---------------------------------------------------------------- inputs


class Vocabulary(Part, kw_only=True):
    """The words of a model: how many, made how, and the ids of those with a role."""

    kind: Literal["wordpiece", "bytes", "bpe", "unigram", "word"]  # byte-level BPE, BPE, SentencePiece unigram, words
    size: int  # rows of the table
    pad: int | None = None
    bos: int | None = None  # first of a text
    eos: int | None = None  # last of a text
    start: int | None = None  # first of what a decoder writes
    unk: int | None = None
    cls: int | None = None
    sep: int | None = None
    mask: int | None = None
    sentinels: int = 0  # marks for removed spans, the highest ids, counted downwards

    def check(self) -> None:
        if self.size < 1:
            raise SpecError(f"Vocabulary.size is {self.size}; it must be at least 1")
        for role in ROLES:
            if (value := getattr(self, role)) is not None and not 0 <= value < self.size:
                raise SpecError(f"Vocabulary.{role} is {value}; it must lie in 0..{self.size - 1}")


class Position(Part):
    """A vector for each position, added to the inputs."""


class Learned(Position):
    """Learned, one for each position."""

    length: int
    start: int = 0  # row of the first position (RoBERTa counts from 2)

    def check(self) -> None:
        if self.length <= self.start:
            raise SpecError(f"Learned.length is {self.length}; it must be above start, which is {self.start}")

    def pieces(self, env: Env) -> Pieces:
        return {"table": Table(self.length, env.dims.d_model)}


class Sinusoidal(Position):
    """sin and cos of position / 10000^(2i/d) (Vaswani et al. 2017, §3.5)."""

    order: Literal["neighbours", "halves"] = "neighbours"  # sin, cos, sin, cos ... or all sines first


class Inputs(Part):
    """What turns a model's input into ``[batch, length, d_model]``."""


class Tokens(Inputs, kw_only=True):
    """Token table, plus types, plus positions; then norm; then dropout."""

    vocab: Vocabulary
    types: int = 0  # kinds of segment
    position: Position | None = None
    scaled: bool = False  # token vectors times sqrt(d_model)
    norm: bool = False  # the stack's norm, after the sum
    dropout: float = 0.0

    def check(self) -> None:
        if self.scaled and self.norm and not self.types and self.position is None:
            raise SpecError("Tokens.scaled goes for nothing: the norm follows at once, and nothing is added before")

    def width(self, dims: Dims) -> int:
        """Numbers of a token's row in the table, which a tied head reads too."""
        return dims.d_model

    def pieces(self, env: Env) -> Pieces:
        held: dict[str, Table | Held] = {"tokens": Table(self.vocab.size, env.dims.d_model)}
        if self.types:
            held["types"] = Table(self.types, env.dims.d_model)
        if self.position:
            held["position"] = Held(self.position, env)
        return held | ({"norm": Held(env.norm, env)} if self.norm else {})


class Patches(Inputs, kw_only=True):
    """An image cut into squares, each projected, after a class vector; learned positions (Dosovitskiy 2021, eq. 1)."""

    image: int  # side of the image in pixels
    side: int  # of a patch in pixels
    channels: int = 3
    bias: bool = True  # of the projection
    norm: bool = False
    dropout: float = 0.0

    def check(self) -> None:
        if self.image % self.side:
            raise SpecError(f"Patches.side is {self.side}, which does not divide image {self.image}")

    @property
    def count(self) -> int:
        """Patches of an image."""
        return (self.image // self.side) ** 2

    def pieces(self, env: Env) -> Pieces:
        width, inside = env.dims.d_model, self.channels * self.side**2
        held: dict[str, Weight | Table | Held] = {
            "patch": Weight((width, self.channels, self.side, self.side), fan_in=inside),
            "cls": Weight((width,)),
            "positions": Table(self.count + 1, width),
        }
        if self.bias:
            held["patch_bias"] = Weight((width,))
        return held | ({"norm": Held(env.norm, env)} if self.norm else {})


class Trajectory(Inputs, kw_only=True):
    """Return-to-go, state and action of each step, each projected, plus one vector a time step, then the norm.

    Decision Transformer on continuous states and actions (Chen et al. 2021, §3, algorithm 1).
    """

    states: int  # numbers that describe a state
    actions: int  # numbers that describe an action
    timesteps: int  # rows of the time table
    context: int  # steps that are seen
    dropout: float = 0.0

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {
            "returns": linear(1, width),
            "states": linear(self.states, width),
            "actions": linear(self.actions, width),
            "timesteps": Table(self.timesteps, width),
            "norm": Held(env.norm, env),
        }


class Frames(Inputs, kw_only=True):
    """Return-to-go, stacked frames and discrete action of each step, each through tanh; two position tables.

    Decision Transformer on Atari (Chen et al. 2021, appendix A; github:kzl/decision-transformer atari/mingpt).
    """

    frames: int  # grey frames stacked as channels
    side: int  # of a frame in pixels
    convolutions: tuple[tuple[int, int, int], ...]  # (channels, kernel, stride)
    actions: int  # choices
    timesteps: int  # rows of the table of global time
    context: int  # steps that are seen
    dropout: float = 0.0

    @property
    def flat(self) -> int:
        """Numbers that the last convolution gives."""
        side = self.side
        for _, kernel, stride in self.convolutions:
            side = (side - kernel) // stride + 1
        return side * side * self.convolutions[-1][0]

    def pieces(self, env: Env) -> Pieces:
        width, channels = env.dims.d_model, self.frames
        held: dict[str, Weight | Table | Linear] = {}
        for i, (out, kernel, _) in enumerate(self.convolutions):
            held[f"conv{i}"] = Weight((out, channels, kernel, kernel), fan_in=channels * kernel**2)
            held[f"conv{i}_bias"] = Weight((out,))
            channels = out
        return held | {
            "states": linear(self.flat, width),
            "returns": linear(1, width),
            "actions": Table(self.actions, width),
            "positions": Table(3 * self.context + 1, width),
            "timesteps": Table(self.timesteps + 1, width),
        }


# ---------------------------------------------------------------- heads


class Head(Part):
    """What is read off a stack's last states. ``slot`` names it among a model's heads, ``output`` in its output."""

    slot: ClassVar[str]
    output: ClassVar[str] = "logits"
    pooled: ClassVar[bool] = False  # whether it reads what Pooler() gives


def tokens_of(env: Env) -> Tokens:
    """The inputs of the model that a head belongs to, which must be tokens."""
    if not isinstance(env.inputs, Tokens):
        raise SpecError(f"this head predicts tokens, but the model reads {type(env.inputs).__name__}")
    return env.inputs


def vocab_size(env: Env) -> int:
    """Rows of the token table of the model that a head belongs to."""
    return tokens_of(env).vocab.size


class Tied(Head):
    """The token table, used again to read words out; a masked model's transform (dense, act, norm) goes before it.

    Where the table is narrower than the states, the transform brings them down to it.
    """

    slot: ClassVar[str] = "lm"
    bias: bool = False
    scaled: bool = False  # states times 1/sqrt(d_model) first (T5)
    transform: Act | None = None

    def pieces(self, env: Env) -> Pieces:
        inputs = tokens_of(env)
        wide, narrow = env.dims.d_model, inputs.width(env.dims)
        if narrow != wide and not self.transform:
            raise SpecError(f"Tied reads states of {wide} with a table of {narrow}: it needs a transform")
        held: dict[str, Linear | Held | Weight] = {}
        if self.transform:
            held = {"dense": linear(wide, narrow), "norm": Held(env.norm, env.of_width(narrow))}
        return held | ({"bias": Weight((inputs.vocab.size,))} if self.bias else {})


class Untied(Head):
    """A table of its own to read words out."""

    slot: ClassVar[str] = "lm"
    bias: bool = False
    scaled: bool = False  # states times 1/sqrt(d_model) first

    def pieces(self, env: Env) -> Pieces:
        return {"table": Linear(env.dims.d_model, {"out": vocab_size(env)}, self.bias, vocabulary=True)}


class Pooler(Head):
    """tanh(W x + b) of the first position."""

    slot: ClassVar[str] = "pooler"
    output: ClassVar[str] = "pooler_output"

    def pieces(self, env: Env) -> Pieces:
        return {"dense": linear(env.dims.d_model, env.dims.d_model)}


class NextSentence(Head):
    """Two scores of the pooled state: does the second segment follow the first? (Devlin et al. 2019, §3.1)."""

    slot: ClassVar[str] = "nsp"
    output: ClassVar[str] = "seq_relationship_logits"
    pooled: ClassVar[bool] = True

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, 2)}


class Classifier(Head):
    """Scores of classes, read at the first position; a dense layer and an act before, in ViT's pretraining."""

    slot: ClassVar[str] = "classifier"
    classes: int
    transform: Act | None = None

    def pieces(self, env: Env) -> Pieces:
        held = {"dense": linear(env.dims.d_model, env.dims.d_model)} if self.transform else {}
        return held | {"out": linear(env.dims.d_model, self.classes)}


class Projected(Head):
    """One position's state, projected without bias into the space that two towers share (Radford et al. 2021, §2.3)."""

    slot: ClassVar[str] = "projection"
    output: ClassVar[str] = "embeds"
    at: Literal["first", "eos", "highest"]  # the class vector, the first end-of-text token, or the highest id

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, env.joint, bias=False)}


class NextAction(Head):
    """tanh(W x + b) of each state's position: the action to take (continuous)."""

    slot: ClassVar[str] = "action"
    output: ClassVar[str] = "action_preds"

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, _trajectory(env).actions)}


class NextState(Head):
    """The next state, read at each action's position; declared by the authors' code, not trained by it."""

    slot: ClassVar[str] = "state"
    output: ClassVar[str] = "state_preds"

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, _trajectory(env).states)}


class NextReturn(Head):
    """The next return-to-go, read at each action's position; declared by the authors' code, not trained by it."""

    slot: ClassVar[str] = "return"
    output: ClassVar[str] = "return_preds"

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, 1)}


class ActionLogits(Head):
    """Scores of the discrete actions, read at each state's position, without bias."""

    slot: ClassVar[str] = "action"
    output: ClassVar[str] = "action_preds"

    def pieces(self, env: Env) -> Pieces:
        if not isinstance(env.inputs, Frames):
            raise SpecError(f"ActionLogits needs Frames, but the model reads {type(env.inputs).__name__}")
        return {"out": linear(env.dims.d_model, env.inputs.actions, bias=False)}


def _trajectory(env: Env) -> Trajectory:
    if not isinstance(env.inputs, Trajectory):
        raise SpecError(f"this head reads trajectories, but the model reads {type(env.inputs).__name__}")
    return env.inputs
