"""Initialisation as fields of a declaration: which law, and how wide, for each tensor of the ledger."""

import math
from dataclasses import dataclass
from typing import Literal

from clados.spec.attention.dense import Attention, CrossAttention
from clados.spec.core.ledger import Row
from clados.spec.core.part import Part
from clados.spec.core.pieces import Kernel, Projection, Table, Weight
from clados.spec.errors import SpecError
from clados.spec.feedforward.mlp import MLP
from clados.spec.folding.embedders import Templates
from clados.spec.folding.structure import PointAttention
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.text import Tokens
from clados.spec.norms import BatchNorm
from clados.spec.positions.absolute import Learned
from clados.spec.positions.bias import RelativeBias
from clados.spec.positions.grid import TextThenGrid

Law = Literal["normal", "truncated", "uniform"]


@dataclass(frozen=True, slots=True)
class Fill:
    """Draw the next ``rows`` rows from a law of this mean and standard deviation (truncated: cut at two of them)."""

    law: Law
    std: float
    rows: int
    mean: float = 0.0


class Init(Part):
    """How a model's tensors are drawn before training. Gains are 1 and biases 0 unless their part says otherwise."""

    def fills(self, row: Row) -> tuple[Fill, ...]:
        """One draw for each output that the tensor fuses, along its first axis."""
        start = row.start
        if start is not None:
            return (Fill("normal", 0.0, row.shape[0] if row.shape else 1, start),)
        return tuple(self.draw(row, out, size) for out, size in row.outs)

    def narrowed(self, published: int, width: int) -> "Init":
        """The law for a model of another width (d_model) than the published one; most laws stay as they are."""
        return self

    def draw(self, row: Row, out: str, size: int) -> Fill:
        """The law of one output of a tensor that is neither gain nor bias."""
        raise SpecError(f"{type(self).__name__} does not say how to draw {row.path}")


def is_position(row: Row) -> bool:
    """Whether the tensor holds positions, of tokens, patches or steps."""
    return isinstance(row.part, Learned) or ".positions" in row.path or ".timesteps" in row.path


def ends_branch(row: Row) -> bool:
    """Whether the product is the last of a residual branch."""
    return isinstance(row.piece, Projection) and row.piece.ends_branch


class Normal(Init):
    """N(0, std) everywhere (BERT: cut at two standard deviations)."""

    std: float = 0.02
    truncated: bool = False
    positions: float | None = None  # their own standard deviation
    by_depth: bool = False  # last products of the residual branches divided by sqrt(2 layers) (GPT-2)

    def narrowed(self, published: int, width: int) -> "Normal":
        """Fewer inputs are added up: a larger std keeps their sum (Yang et al. 2022, table 3), here in tables too.

        It is not raised above sqrt(2 / 5d), the small law (Nguyen & Salazar 2019, SmallInit). 0.02 is more than that
        from a width of 1,000 on, and a model drawn wider still learns badly: GPT-3.5's small self, brought from a width
        of 12,288 to 192, ends at 5.02 nats with a std of 0.16, and at 4.20 by the small law.
        """
        return self.but(std=min(self.std * math.sqrt(published / width), max(self.std, math.sqrt(2 / (5 * width)))))

    def draw(self, row: Row, out: str, size: int) -> Fill:
        std = self.positions if self.positions is not None and is_position(row) else self.std
        if self.by_depth and ends_branch(row):
            std /= math.sqrt(2 * row.env.dims.layers)
        return Fill("truncated" if self.truncated else "normal", std, size)


class ConvolutionalInit(Normal):
    """N(0, std); convolutions as torch leaves them, uniform of variance 1 / (3 fan_in).

    github:microsoft/Swin-Transformer models/swin_transformer.py _init_weights, which names products and norms alone;
    its tables are drawn like products. What it cuts at two is the numbers, not their deviations: nothing.
    """

    def draw(self, row: Row, out: str, size: int) -> Fill:
        if isinstance(row.piece, Weight) and len(row.shape) == 4:
            return Fill("uniform", (3 * row.piece.fan_in) ** -0.5, size)
        return super().draw(row, out, size)


class SmallInit(Init):
    """N(0, sqrt(2 / 5d)); last products of the branches N(0, 2 / (layers sqrt(d))) (GPT-NeoX-20B, §2.1)."""

    def draw(self, row: Row, out: str, size: int) -> Fill:
        d_model = row.env.dims.d_model
        ends = 2 / (row.env.dims.layers * math.sqrt(d_model))
        return Fill("normal", ends if ends_branch(row) else math.sqrt(2 / (5 * d_model)), size)


class UnscaledScores(Init):
    """T5: queries take the 1/sqrt(head_dim) that the scores leave out; the token table is N(0, 1).

    github:google-research/text-to-text-transfer-transformer and mesh_tensorflow transformer/attention.py.
    """

    tables: float = 1.0

    def draw(self, row: Row, out: str, size: int) -> Fill:
        dims = row.env.dims
        if isinstance(row.part, RelativeBias):
            return Fill("normal", dims.d_model**-0.5, size)
        if isinstance(row.piece, Table):
            return Fill("normal", self.tables, size)
        fan_in = row.shape[-1]
        wide = fan_in * dims.head_dim if isinstance(row.part, Attention | CrossAttention) and out == "q" else fan_in
        return Fill("normal", wide**-0.5, size)


class UnitScaling(Init):
    """Uniform of variance 2 / (fan_in + fan_out); token table N(0, 1/sqrt(d)): tensor2tensor's for the Transformer.

    github:tensorflow/tensor2tensor utils/optimize.py get_variable_initializer, layers/modalities.py.
    """

    def draw(self, row: Row, out: str, size: int) -> Fill:
        if isinstance(row.piece, Table):
            return Fill("normal", row.env.dims.d_model**-0.5, size)
        if len(row.shape) < 2:
            return super().draw(row, out, size)
        return Fill("uniform", math.sqrt(2 / (row.shape[1] + size)), size)


CUT = 0.879626  # standard deviation of a unit normal cut at two


class Glorot(Init):
    """Uniform of variance 2 / (fan_in + fan_out); positions N(0, 0.02); class vector and last layer 0 (ViT).

    github:google-research/vision_transformer vit_jax/models_vit.py; patches and the head's dense by LeCun's law.
    """

    positions: float = 0.02

    def draw(self, row: Row, out: str, size: int) -> Fill:
        if is_position(row):
            return Fill("normal", self.positions, size)
        if row.path.endswith(("inputs.cls", "classifier.out.weight")):
            return Fill("normal", 0.0, size)
        if isinstance(row.piece, Weight) or row.path.startswith("heads."):
            fan_in = row.piece.fan_in if isinstance(row.piece, Weight) else row.shape[-1]
            return Fill("truncated", fan_in**-0.5 / CUT, size)
        return Fill("uniform", math.sqrt(2 / (row.shape[1] + size)), size)


class TwoTowerInit(Init):
    """CLIP's: attention N(0, d^-1/2), ends of branches narrower by sqrt(2 layers), up N(0, (2d)^-1/2).

    github:openai/CLIP clip/model.py initialize_parameters, and VisionTransformer for the image tower's tables; its
    patches and a ResNet's convolutions are left to torch: uniform of variance 1 / (3 fan_in). The gains of the last
    norms of a ResNet's blocks are 0.
    """

    tokens: float = 0.02
    positions: float = 0.01

    def fills(self, row: Row) -> tuple[Fill, ...]:
        if isinstance(row.part, BatchNorm) and row.path.endswith("leave_norm.weight"):
            return (Fill("normal", 0.0, row.shape[0]),)
        return super().fills(row)

    def draw(self, row: Row, out: str, size: int) -> Fill:
        dims = row.env.dims
        wide = dims.d_model**-0.5
        if isinstance(row.part, Tokens):
            wide = self.tokens
        elif isinstance(row.part, Learned):
            wide = self.positions
        elif isinstance(row.piece, Kernel) or (
            isinstance(row.part, Inputs) and isinstance(row.piece, Weight) and row.piece.fan_in > 1
        ):
            return Fill("uniform", (3 * row.piece.fan_in) ** -0.5, size)
        elif ends_branch(row):
            wide *= (2 * dims.layers) ** -0.5
        elif isinstance(row.part, MLP):
            wide = (2 * dims.d_model) ** -0.5
        return Fill("normal", wide, size)


class DenoiserInit(TwoTowerInit):
    """Text as CLIP's; all else uniform of variance 1 / (3 fan_in), as torch draws; ends of the U-Net's branches 0.

    github:CompVis/latent-diffusion ldm/modules/diffusionmodules/openaimodel.py and ldm/modules/attention.py
    (``zero_module``), ldm/modules/diffusionmodules/model.py.
    """

    def draw(self, row: Row, out: str, size: int) -> Fill:
        if row.path.startswith("text.") or isinstance(row.piece, Table):
            return super().draw(row, out, size)
        ends = isinstance(row.piece, Kernel | Projection) and row.piece.ends_branch
        if ends and row.path.startswith("unet.") and ".stack." not in row.path:
            return Fill("normal", 0.0, size)
        fan_in = row.piece.fan_in if isinstance(row.piece, Weight | Kernel) else row.shape[-1]
        return Fill("uniform", (3 * fan_in) ** -0.5, size)


class FanIn(Init):
    """N(0, scale / fan_in), of experts each by its own; tables N(0, 1) (PaLM: Chowdhery et al. 2022, §5).

    Switch Transformer: scale 0.1, drawn again beyond two standard deviations (Fedus et al. 2021, §2.4).
    """

    scale: float = 1.0
    cut: bool = False  # at two standard deviations
    tables: float = 1.0

    def draw(self, row: Row, out: str, size: int) -> Fill:
        if isinstance(row.piece, Table):
            return Fill("normal", self.tables, size)
        fan_in = row.piece.fan_in if isinstance(row.piece, Weight) else row.shape[-1]
        return Fill("truncated" if self.cut else "normal", math.sqrt(self.scale / fan_in), size)


class PainterInit(Init):
    """Convolutions N(0, 1 / fan_in) (github:openai/DALL-E dall_e/utils.py); the decoder as a Sparse Transformer.

    Its products and tokens N(0, 0.125^2 / fan_in), last products of branches over sqrt(2 layers), positions over
    the root of how many are added, scores of the vocabulary 0 (Child et al. 2019, §6).
    """

    def draw(self, row: Row, out: str, size: int) -> Fill:
        if isinstance(row.piece, Kernel):
            return Fill("normal", row.piece.fan_in**-0.5, size)
        if isinstance(row.piece, Projection) and row.piece.vocabulary:
            return Fill("normal", 0.0, size)
        std = 0.125 * row.shape[-1] ** -0.5
        if isinstance(row.part, TextThenGrid) and ".text." not in row.path:
            std *= 0.5**0.5
        if ends_branch(row):
            std *= (2 * row.env.dims.layers) ** -0.5
        return Fill("normal", std, size)


class Kaiming(Init):
    """N(0, 2 / fan_in), tables too; last products of branches over sqrt(2 layers) (He et al. 2015, §2.2; MPT's)."""

    def draw(self, row: Row, out: str, size: int) -> Fill:
        gain = 1 / row.env.dims.layers if ends_branch(row) else 2.0
        return Fill("normal", math.sqrt(gain / row.shape[-1]), size)


class MeshNormal(Init):
    """N(0, std), in the feed-forward's last product over sqrt(layers); attention N(0, fan_in^-1/2).

    Queries take the 1/sqrt(head_dim) that the scores leave out (github:EleutherAI/gpt-neo models/gpt2/gpt2.py, with
    mesh_tensorflow transformer/attention.py).
    """

    std: float = 0.02
    positions: float = 0.01

    def draw(self, row: Row, out: str, size: int) -> Fill:
        dims = row.env.dims
        if isinstance(row.part, Attention):
            fan_in = row.shape[-1]
            return Fill("normal", (fan_in * dims.head_dim if out == "q" else fan_in) ** -0.5, size)
        if ends_branch(row):
            return Fill("normal", self.std / math.sqrt(dims.layers), size)
        return Fill("normal", self.positions if is_position(row) else self.std, size)


class Haiku(Init):
    """N(0, fan_in^-1/2) cut at two of it; ends of branches N(0, 2 / (layers sqrt(d))), tables N(0, rows^-1/2), cut too.

    github:kingoflolz/mesh-transformer-jax mesh_transformer/layers.py; the law of products is Haiku's own.
    """

    def draw(self, row: Row, out: str, size: int) -> Fill:
        dims = row.env.dims
        if isinstance(row.piece, Table):
            return Fill("truncated", row.shape[0] ** -0.5, size)
        if ends_branch(row):
            return Fill("truncated", 2 / (dims.layers * math.sqrt(dims.d_model)), size)
        return Fill("truncated", row.shape[-1] ** -0.5, size)


class Keras(Init):
    """Uniform of variance 2 / (fan_in + fan_out); tables N(0, 0.05): what Keras does unasked.

    CTRL (github:salesforce/ctrl transformer.py, training_utils/training.py).
    """

    tables: float = 0.05

    def draw(self, row: Row, out: str, size: int) -> Fill:
        if isinstance(row.piece, Table):
            return Fill("normal", self.tables, size)
        return Fill("uniform", math.sqrt(2 / (row.shape[-1] + size)), size)


class DeepInit(Init):
    """Glorot's N(0, 2 / (in + out)); values and last products of branches times (2 layers)^-power.

    Wang et al. 2022, §3, figure 2; GLM-130B with 1/2 (Zeng et al. 2022, §2.1). Feed-forward products all count.
    """

    power: float = 0.5
    tables: float = 0.02

    def draw(self, row: Row, out: str, size: int) -> Fill:
        if isinstance(row.piece, Table):
            return Fill("normal", self.tables, size)
        n_out, n_in = size, row.shape[-1]
        narrow = isinstance(row.part, MLP) or out == "v" or row.path.endswith("attn.out.weight")
        gain = (2 * row.env.dims.layers) ** -self.power if narrow else 1.0
        return Fill("normal", gain * math.sqrt(2 / (n_in + n_out)), size)


class NarrowNormal(Init):
    """N(0, std), and narrower for the products between states and tables (github:kimiyoung/transformer-xl train.py)."""

    std: float = 0.02
    products: float = 0.01

    def draw(self, row: Row, out: str, size: int) -> Fill:
        return Fill("normal", self.products if ".project" in row.path else self.std, size)


class FoldInit(Init):
    """Each product by what follows it (Jumper et al. 2021, supplement §1.11.4).

    Gates open, ends of branches and heads 0; queries, keys and values Glorot's; before a rectifier variance 2 / fan_in,
    else 1 / fan_in, cut at two standard deviations; biases on scores N(0, 1 / fan_in).
    """

    def fills(self, row: Row) -> tuple[Fill, ...]:
        gates = [Fill("normal", 0.0, size, float(row.is_bias)) for out, size in row.outs if out.endswith("gate")]
        if gates:
            others = [self.draw(row, out, size) for out, size in row.outs if not out.endswith("gate")]
            return (*(Fill("normal", 0.0, each.rows) if row.is_bias else each for each in others), *gates)
        return super().fills(row)

    def draw(self, row: Row, out: str, size: int) -> Fill:
        fan_in, name = row.shape[-1], row.path.split(".")[-2]
        if ends_branch(row):
            return Fill("normal", 0.0, size)
        if name in ("q", "kv", "qkv") and not isinstance(row.part, PointAttention):
            return Fill("uniform", math.sqrt(2 / (fan_in + size)), size)
        if name == "bias" and not isinstance(row.part, PointAttention):
            return Fill("normal", fan_in**-0.5, size)
        rectified = name in ("up", "middle") or (isinstance(row.part, Templates) and name in ("pair", "angles"))
        return Fill("truncated", math.sqrt((2 if rectified else 1) / fan_in) / CUT, size)
