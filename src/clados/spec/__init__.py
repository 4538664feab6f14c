"""SAY: what a model is, learns and is kept as, in frozen parts. Nothing here imports torch or does I/O."""

import importlib
import pkgutil

from clados.spec.attention.block_sparse import BlockSparse
from clados.spec.attention.dense import Attention, CrossAttention
from clados.spec.attention.grid import GridColumn, GridKernel, GridPattern, GridRow
from clados.spec.attention.masks import All, Banded, Causal, Pattern, Sees, WithoutValues
from clados.spec.attention.windows import GlobalWindows, ShiftedWindows, WindowAttention
from clados.spec.bridging.gated import GatedCross
from clados.spec.bridging.resampler import LatentAttention, LatentBlock, Resampler
from clados.spec.convolutions.nfnet import FreeBlock, NFNet, StandardisedConvolution
from clados.spec.convolutions.patches import PatchResNet
from clados.spec.convolutions.resnet import AttentionPool, Bottleneck, BottleneckStage, ResNet, ThreeConvolutions
from clados.spec.core.declaration import Declaration, dropping, parts, tiny
from clados.spec.core.ledger import Count, Row, count_parameters, rows, saved_rows
from clados.spec.core.part import Change, Part, at, but, in_turn, merged, part_differences, part_fields, reach
from clados.spec.core.registry import KINDS
from clados.spec.core.sizes import (
    DenoiserSize,
    Dims,
    Levels,
    NFNetSize,
    PainterSize,
    ResNetSize,
    Sides,
    Size,
    Stages,
    Towers,
)
from clados.spec.diffusion.noise import (
    Betas,
    Bound,
    Clipped,
    CosineBetas,
    Diffusion,
    DynamicThreshold,
    LinearBetas,
    ScaledLinearBetas,
)
from clados.spec.diffusion.samplers import DDIM, DDPM, PLMS, DPMSolver, NoiseSampler
from clados.spec.equivariant.init import EquivariantInit
from clados.spec.equivariant.kernels import AttentiveMixture, Kernels, LinearMixture, Mixture, Radial
from clados.spec.equivariant.layers import (
    BiasedLengths,
    EquivariantAttention,
    EquivariantBlock,
    EquivariantConvolution,
    NormActivation,
    NormedLengths,
)
from clados.spec.errors import CladosError, SpecError
from clados.spec.feedforward.experts import Capacity, Experts, OfBatch, OfText, ProductMLP
from clados.spec.feedforward.mlp import MLP, FeedForward
from clados.spec.folding.embedders import Alignment, ExtraRows, Recycling, Templates
from clados.spec.folding.evoformer import (
    Column,
    ColumnAttention,
    EvoformerBlock,
    GlobalColumnAttention,
    OuterProductMean,
    PairBlock,
    RowAttention,
    TriangleAttention,
    TriangleProduct,
)
from clados.spec.folding.structure import AngleLayer, Angles, FirstRow, PointAttention, StructureModule
from clados.spec.heads.actions import ActionLogits, NextAction, NextReturn, NextState
from clados.spec.heads.adaptive import AdaptiveSoftmax
from clados.spec.heads.base import Head
from clados.spec.heads.binned import BinLogits
from clados.spec.heads.captioned import TextOrCodes
from clados.spec.heads.classes import ChoiceScore, Classifier, LastClassifier, MeanClassifier
from clados.spec.heads.embedding import Dense, Embedding, Pool, Projected, Step, UnitLength, VectorNorm
from clados.spec.heads.entity import EntityHead
from clados.spec.heads.folding import AlignedError, Confidence, Distogram, FoldHead, HiddenLetters, Resolved
from clados.spec.heads.lm import Narrowed, Tied, Untied
from clados.spec.heads.points import Motion, PointHead, Property
from clados.spec.heads.pooled import NextSentence, Pooler, SentenceOrder
from clados.spec.heads.scalar import Scalar
from clados.spec.heads.tokens import ContextDiscriminator, Discriminator, SpanEnd, SpanStart, TokenClassifier
from clados.spec.init import (
    ConvolutionalInit,
    DeepInit,
    DenoiserInit,
    FanIn,
    Fill,
    FoldInit,
    Glorot,
    Haiku,
    Init,
    Kaiming,
    Keras,
    MeshNormal,
    NarrowNormal,
    Normal,
    PainterInit,
    SmallInit,
    TwoTowerInit,
    UnitScaling,
    UnscaledScores,
)
from clados.spec.inputs.adaptive import AdaptiveTokens
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.binned import Binned
from clados.spec.inputs.captioned import TextThenCodes
from clados.spec.inputs.factorised import Factorised, Widened
from clados.spec.inputs.image import ImageInputs, MapInputs, OverlappingPatches, Patches, PatchMap, Pixels
from clados.spec.inputs.multimodal import Multimodal
from clados.spec.inputs.points import Points
from clados.spec.inputs.target import OwnTarget, Target
from clados.spec.inputs.text import PaddedTokens, Tokens, Vocabulary
from clados.spec.inputs.trajectory import Frames, Trajectory
from clados.spec.kinds.bridged import Bridged, BridgedSize
from clados.spec.kinds.codes import Codes
from clados.spec.kinds.denoiser import ImageDenoiser
from clados.spec.kinds.encoder_decoder import EncoderDecoder
from clados.spec.kinds.enlarger import ImageEnlarger
from clados.spec.kinds.entity import Entities, EntityEncoder, Fusion
from clados.spec.kinds.fold import Fold, FoldSize, PairSize
from clados.spec.kinds.model import Model
from clados.spec.kinds.painter import CodePainter
from clados.spec.kinds.permuted import FirstAsked, Permuted
from clados.spec.kinds.point_cloud import PointCloud, PointSize
from clados.spec.kinds.prior import DiffusionPrior, FurtherPlaces
from clados.spec.kinds.pyramid import Pyramid
from clados.spec.kinds.recurrent import Recurrent
from clados.spec.kinds.single import Decoder, Encoder, Tower
from clados.spec.kinds.two_tower import TwoTower
from clados.spec.layout import (
    Choice,
    CountOf,
    Derived,
    EachLayer,
    Fused,
    HeadAxes,
    HeadShare,
    KeyRule,
    KindOf,
    Layout,
    LevelNames,
    NoneAs,
    Offset,
    PerHead,
    PerHeadKernel,
    PlusRow,
    Reshaped,
    RotaryHalves,
    Rule,
    Shrunk,
    Stacked,
    TimesWidth,
    Transposed,
    for_tasks,
    prefixed,
)
from clados.spec.learning.augmentation import ImageChange, RandAugment, RandomCrop, RandomFlip
from clados.spec.learning.objectives.base import Objective
from clados.spec.learning.objectives.binned_trajectories import BinnedTrajectories
from clados.spec.learning.objectives.blank_infilling import BlankInfilling
from clados.spec.learning.objectives.causal_masked import CausalMasked
from clados.spec.learning.objectives.contrastive import Contrastive, PairedTexts
from clados.spec.learning.objectives.corrupted_spans import CorruptedSpans
from clados.spec.learning.objectives.denoising import (
    Denoised,
    Denoiser,
    DroppedSpans,
    GapSentences,
    HintedDenoised,
    MixtureOfDenoisers,
)
from clados.spec.learning.objectives.distillation import Distilled, QuantisedDistillation
from clados.spec.learning.objectives.entity_denoising import EntityDenoising
from clados.spec.learning.objectives.feedback import (
    DPO,
    GRPO,
    PPO,
    ActorCritic,
    BestOf,
    Comparisons,
    Revised,
    SoftComparisons,
    Violations,
)
from clados.spec.learning.objectives.finetuning import AnswerSpans, PairClasses, TextClasses, TokenClasses
from clados.spec.learning.objectives.folding import Folding
from clados.spec.learning.objectives.image_classes import ImageClasses
from clados.spec.learning.objectives.images_in_text import ImagesInText
from clados.spec.learning.objectives.masked_tokens import MaskedNgrams, MaskedTokens
from clados.spec.learning.objectives.next_token import CodedText, MarkedText, NextToken, NextTokenInSegments
from clados.spec.learning.objectives.painting import CodedImages, PaintedCodes, ReconstructedImages
from clados.spec.learning.objectives.permuted_tokens import PermutedTokens
from clados.spec.learning.objectives.point_regression import PointRegression
from clados.spec.learning.objectives.predicted_noise import ForeseenVector, NoiseBesideVector, PredictedNoise
from clados.spec.learning.objectives.replaced_tokens import ReplacedTokens
from clados.spec.learning.objectives.return_conditioned import ReturnConditioned
from clados.spec.learning.objectives.supervised import ContextDistilled, DialogueTurns, PrefixLM, Supervised
from clados.spec.learning.objectives.text_and_actions import TextAndActions
from clados.spec.learning.objectives.translation import Translation
from clados.spec.learning.optimisers import LAMB, Adafactor, Adagrad, AdamW, Lion, Optimiser, ScaledAdam
from clados.spec.learning.packing import FullSentences, Packing, SentencePairs
from clados.spec.learning.recipe import Recipe, Stage
from clados.spec.learning.schedules import Constant, Cosine, InverseSquareRoot, LinearDecay, Noam, Schedule
from clados.spec.learning.tuning import AllBut, LowRank, Rates, Template, Trained, Tuning, Upper
from clados.spec.norms import BatchNorm, GroupNorm, LayerNorm, Norm, RMSNorm
from clados.spec.positions.absolute import Learned, Sinusoidal
from clados.spec.positions.alibi import ALiBi
from clados.spec.positions.base import Position, StackPosition
from clados.spec.positions.bias import LayerBias, RelativeBias
from clados.spec.positions.blanks import Blanks
from clados.spec.positions.disentangled import Disentangled
from clados.spec.positions.distances import Distances, SegmentedDistances
from clados.spec.positions.grid import TextThenGrid
from clados.spec.positions.rotary import BandScaling, LinearScaling, Rotary, RotaryScaling
from clados.spec.residuals import DeepNorm, FromNorm, Parallel, Post, Pre, Residual, Skipped
from clados.spec.stacks.block import Block
from clados.spec.stacks.enhanced import Convolution, MaskDecoder
from clados.spec.stacks.prefix import Prefix
from clados.spec.stacks.reductions import ConvBlock, Downsampler, PatchMerging, Reduction
from clados.spec.stacks.stack import Stack
from clados.spec.stacks.windows import DropPath, QueryGenerator, WindowBlock, WindowStack, WindowStage
from clados.spec.unet.attention import ImageAttention, ImageMixer, ImageTransformer, JointAttention
from clados.spec.unet.blocks import (
    Downsample,
    Resample,
    ResidualBlock,
    ResidualDownsample,
    ResidualResample,
    ResidualUpsample,
    StepVector,
    Upsample,
)
from clados.spec.unet.coder import Ascent, Coder, Descent, GaussianCoder
from clados.spec.unet.conditions import LastState, LowResolution, PictureVector, PooledStates, TextVector
from clados.spec.unet.discrete import CodeDecoder, CodeEncoder, DiscreteCoder, NarrowBlock
from clados.spec.unet.levels import Level, Middle, UNet

__all__ = [
    "PointRegression",
    "AttentiveMixture",
    "BiasedLengths",
    "EquivariantAttention",
    "EquivariantBlock",
    "EquivariantConvolution",
    "EquivariantInit",
    "Kernels",
    "LinearMixture",
    "Mixture",
    "Motion",
    "NormActivation",
    "NormedLengths",
    "PointCloud",
    "PointHead",
    "PointSize",
    "Points",
    "Property",
    "Radial",
    "ForeseenVector",
    "Multimodal",
    "NoiseBesideVector",
    "PatchResNet",
    "ReconstructedImages",
    "Skipped",
    "TextAndActions",
    "BinnedTrajectories",
    "Derived",
    "Binned",
    "BinLogits",
    "WithoutValues",
    "Bridged",
    "BridgedSize",
    "FreeBlock",
    "GatedCross",
    "ImagesInText",
    "LatentAttention",
    "LatentBlock",
    "NFNet",
    "NFNetSize",
    "Resampler",
    "StandardisedConvolution",
    "JointAttention",
    "Resample",
    "ResidualDownsample",
    "ResidualResample",
    "ResidualUpsample",
    "LastState",
    "LowResolution",
    "TextVector",
    "PaddedTokens",
    "PerHeadKernel",
    "AttentionPool",
    "BatchNorm",
    "BottleneckStage",
    "ResNet",
    "ResNetSize",
    "ThreeConvolutions",
    "DDIM",
    "DDPM",
    "ConvolutionalInit",
    "GlobalWindows",
    "ShiftedWindows",
    "WindowAttention",
    "Stages",
    "MeanClassifier",
    "ImageInputs",
    "MapInputs",
    "OverlappingPatches",
    "PatchMap",
    "Pyramid",
    "ConvBlock",
    "Downsampler",
    "PatchMerging",
    "Reduction",
    "DropPath",
    "QueryGenerator",
    "WindowBlock",
    "WindowStack",
    "WindowStage",
    "LAMB",
    "MLP",
    "PLMS",
    "GRPO",
    "PPO",
    "ALiBi",
    "ActionLogits",
    "ActorCritic",
    "Adafactor",
    "Adagrad",
    "AdamW",
    "AdaptiveSoftmax",
    "AdaptiveTokens",
    "AlignedError",
    "Alignment",
    "All",
    "AllBut",
    "AngleLayer",
    "Angles",
    "AnswerSpans",
    "Ascent",
    "Attention",
    "BandScaling",
    "Banded",
    "BestOf",
    "Betas",
    "BlankInfilling",
    "Blanks",
    "Block",
    "BlockSparse",
    "Bottleneck",
    "Bound",
    "Capacity",
    "Causal",
    "CausalMasked",
    "Change",
    "Choice",
    "ChoiceScore",
    "CladosError",
    "Classifier",
    "Clipped",
    "CodeDecoder",
    "CodeEncoder",
    "CodePainter",
    "CodedImages",
    "CodedText",
    "Coder",
    "Codes",
    "Column",
    "ColumnAttention",
    "Comparisons",
    "Confidence",
    "Constant",
    "ContextDiscriminator",
    "ContextDistilled",
    "Contrastive",
    "Convolution",
    "CorruptedSpans",
    "Cosine",
    "CosineBetas",
    "Count",
    "CountOf",
    "CrossAttention",
    "DPMSolver",
    "DPO",
    "Declaration",
    "Decoder",
    "DeepInit",
    "DeepNorm",
    "Denoised",
    "Denoiser",
    "DenoiserInit",
    "DenoiserSize",
    "Dense",
    "Descent",
    "DialogueTurns",
    "Diffusion",
    "Dims",
    "DiffusionPrior",
    "DiscreteCoder",
    "Discriminator",
    "Disentangled",
    "Distances",
    "Distilled",
    "Downsample",
    "Distogram",
    "DroppedSpans",
    "DynamicThreshold",
    "EachLayer",
    "Embedding",
    "Encoder",
    "EncoderDecoder",
    "Entities",
    "EntityDenoising",
    "EntityEncoder",
    "EntityHead",
    "EvoformerBlock",
    "Experts",
    "ExtraRows",
    "Factorised",
    "FanIn",
    "FeedForward",
    "Fill",
    "FirstAsked",
    "FirstRow",
    "Fold",
    "FoldHead",
    "FoldInit",
    "FoldSize",
    "Folding",
    "Frames",
    "FromNorm",
    "FullSentences",
    "Fused",
    "FurtherPlaces",
    "Fusion",
    "GapSentences",
    "GaussianCoder",
    "GlobalColumnAttention",
    "Glorot",
    "GridColumn",
    "GridKernel",
    "GridPattern",
    "GridRow",
    "GroupNorm",
    "Haiku",
    "Head",
    "HeadAxes",
    "HeadShare",
    "HiddenLetters",
    "HintedDenoised",
    "ImageAttention",
    "ImageChange",
    "ImageClasses",
    "ImageDenoiser",
    "ImageEnlarger",
    "ImageMixer",
    "ImageTransformer",
    "Init",
    "Inputs",
    "InverseSquareRoot",
    "Kaiming",
    "Keras",
    "KeyRule",
    "KindOf",
    "LastClassifier",
    "LayerBias",
    "LayerNorm",
    "Layout",
    "Learned",
    "Level",
    "LevelNames",
    "Levels",
    "LinearBetas",
    "LinearDecay",
    "LinearScaling",
    "Lion",
    "LowRank",
    "MaskDecoder",
    "MarkedText",
    "MaskedNgrams",
    "MaskedTokens",
    "MeshNormal",
    "Middle",
    "MixtureOfDenoisers",
    "Model",
    "NarrowNormal",
    "NarrowBlock",
    "Narrowed",
    "NextAction",
    "NextReturn",
    "NextSentence",
    "NextState",
    "NextToken",
    "NextTokenInSegments",
    "Noam",
    "NoiseSampler",
    "NoneAs",
    "Norm",
    "Normal",
    "Objective",
    "OfBatch",
    "OfText",
    "Offset",
    "Optimiser",
    "OuterProductMean",
    "OwnTarget",
    "Packing",
    "PaintedCodes",
    "PainterInit",
    "PainterSize",
    "PairBlock",
    "PairClasses",
    "PairSize",
    "PairedTexts",
    "Parallel",
    "Part",
    "Patches",
    "Pattern",
    "PerHead",
    "Permuted",
    "PermutedTokens",
    "PictureVector",
    "Pixels",
    "PlusRow",
    "PointAttention",
    "Pool",
    "PooledStates",
    "Pooler",
    "Position",
    "Post",
    "Pre",
    "PredictedNoise",
    "Prefix",
    "PrefixLM",
    "ProductMLP",
    "Projected",
    "QuantisedDistillation",
    "RMSNorm",
    "RandAugment",
    "RandomCrop",
    "RandomFlip",
    "Rates",
    "Recipe",
    "Recurrent",
    "Recycling",
    "RelativeBias",
    "ReplacedTokens",
    "Reshaped",
    "Residual",
    "ResidualBlock",
    "Resolved",
    "ReturnConditioned",
    "Revised",
    "Rotary",
    "RotaryHalves",
    "RotaryScaling",
    "Row",
    "RowAttention",
    "Rule",
    "Scalar",
    "ScaledAdam",
    "ScaledLinearBetas",
    "Schedule",
    "Sees",
    "SegmentedDistances",
    "SentenceOrder",
    "SentencePairs",
    "Shrunk",
    "Sides",
    "Sinusoidal",
    "Size",
    "SmallInit",
    "SoftComparisons",
    "SpanEnd",
    "SpanStart",
    "SpecError",
    "Stack",
    "StackPosition",
    "Stacked",
    "Stage",
    "Step",
    "StepVector",
    "StructureModule",
    "Supervised",
    "Target",
    "Template",
    "Templates",
    "TextClasses",
    "TextOrCodes",
    "TextThenCodes",
    "TextThenGrid",
    "Tied",
    "TimesWidth",
    "TokenClasses",
    "TokenClassifier",
    "Tokens",
    "Tower",
    "Towers",
    "Trained",
    "Trajectory",
    "Translation",
    "Transposed",
    "TriangleAttention",
    "TriangleProduct",
    "Tuning",
    "TwoTower",
    "TwoTowerInit",
    "UNet",
    "UnitLength",
    "UnitScaling",
    "UnscaledScores",
    "Untied",
    "Upper",
    "Upsample",
    "VectorNorm",
    "Violations",
    "Vocabulary",
    "Widened",
    "at",
    "but",
    "count_parameters",
    "dropping",
    "for_tasks",
    "in_turn",
    "merged",
    "part_differences",
    "part_fields",
    "parts",
    "prefixed",
    "reach",
    "rows",
    "saved_rows",
    "tiny",
]

for _module in pkgutil.walk_packages(__path__, f"{__name__}."):  # the lists above are for type checkers
    importlib.import_module(_module.name)
_unlisted = {name: kind for name, kind in KINDS.items() if name not in __all__ and kind.__module__.startswith(__name__)}
globals().update(_unlisted)
__all__ += _unlisted
