"""SAY: what a model is, learns and is kept as, in frozen parts. Nothing here imports torch or does I/O."""

from clados.spec.declaration import Declaration, parts, tiny
from clados.spec.errors import CladosError, SpecError
from clados.spec.init import Fill, Glorot, Init, Normal, SmallInit, TwoTowerInit, UnitScaling, UnscaledScores
from clados.spec.inputs import (
    ActionLogits,
    Classifier,
    Frames,
    Head,
    Inputs,
    Learned,
    NextAction,
    NextReturn,
    NextSentence,
    NextState,
    Patches,
    Pooler,
    Position,
    Projected,
    Sinusoidal,
    Tied,
    Tokens,
    Trajectory,
    Untied,
    Vocabulary,
)
from clados.spec.kinds import Decoder, Encoder, EncoderDecoder, Model, Tower, TwoTower
from clados.spec.layout import Choice, Flipped, Layout, PerHead, Rule, Shaped
from clados.spec.learning import (
    Adafactor,
    AdamW,
    Blocks,
    Constant,
    Contrastive,
    CorruptedSpans,
    Cosine,
    FullSentences,
    ImageClasses,
    InverseSquareRoot,
    Linear,
    MaskedTokens,
    NextToken,
    Objective,
    Optimiser,
    Packing,
    Recipe,
    ReturnConditioned,
    Schedule,
    SentencePairs,
    Stage,
    Translation,
)
from clados.spec.ledger import Count, Row, count, rows
from clados.spec.part import Change, Part, at, but, diff, in_turn, merged, reach, words
from clados.spec.parts import (
    MLP,
    All,
    Attention,
    Banded,
    Block,
    Causal,
    CrossAttention,
    LayerNorm,
    Norm,
    Parallel,
    Pattern,
    Post,
    Pre,
    RelativeBias,
    Residual,
    RMSNorm,
    Rotary,
    Sees,
    Stack,
    StackPosition,
)
from clados.spec.sizes import Dims, Sides, Size, Towers

__all__ = [name for name in dir() if not name.startswith("_")]
