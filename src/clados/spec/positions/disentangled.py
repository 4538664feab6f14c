"""DeBERTa's parts: content and distance apart in the scores, absolute positions last, a convolution after a layer."""

from clados.spec.encoder_heads import Discriminator
from clados.spec.errors import SpecError
from clados.spec.inputs import Learned
from clados.spec.part import Part
from clados.spec.parts import Act, Stack, StackPosition
from clados.spec.pieces import Env, Held, Linear, Pieces, Table, Weight


class Disentangled(StackPosition):
    """Scores of content by content, content by distance and distance by content (He et al. 2021, eq. 2-4).

    A[i, j] = (q_i k_j + q_i (W_k P)[d(i, j)] + k_j (W_q P)[d(j, i)]) / sqrt(3 head_dim). One table P for all layers;
    d is i - j + n, within 0 and 2n - 1. The authors' code, and what it trained, reads d(i, j) in the third term too.

    With ``buckets`` (version 2), n is their number: nearer than half of it one distance each, beyond it by logarithm,
    up to ``furthest`` (github:microsoft/DeBERTa README.md, deberta/da_utils.py). Projections ``shared`` with the
    content are those of the paper's 1.5B model (He et al. 2021, §5.3).
    """

    furthest: int  # distances beyond it count as it
    buckets: int | None = None  # to each side
    shared: bool = False  # W are the content's; else each layer has its own, and queries and values biases
    norm: bool = False  # the stack's, of the table
    reverse: bool = True  # the third term reads d(j, i); else d(i, j)
    dropout: float = 0.0  # of the table

    def check(self) -> None:
        if self.furthest < 2:
            raise SpecError(f"Disentangled.furthest is {self.furthest}; it must be at least 2")
        if self.buckets is not None and self.buckets >= self.furthest:
            raise SpecError(f"Disentangled.buckets is {self.buckets}; it must be 4 or more and less than furthest")

    @property
    def side(self) -> int:
        """n: rows of the table for each sign."""
        return self.buckets or self.furthest

    def pieces(self, env: Env) -> Pieces:
        table = {"table": Table(2 * self.side, env.dims.d_model)}
        return table | ({"norm": Held(env.norm, env)} if self.norm else {})

    def inside(self, env: Env) -> Pieces:
        size = env.dims
        wide = size.heads * size.head_dim
        if self.shared:
            return {}
        return {
            "q_bias": Weight((wide,)),
            "v_bias": Weight((wide,)),
            "distance_k": Linear(size.d_model, {"k": wide}, bias=False),
            "distance_q": Linear(size.d_model, {"q": wide}),
        }


class Convolution(Part):
    """norm(y + act(W * x + b)): x is what enters the stack, y what leaves its first layer (DeBERTa's version 2).

    The paper puts it beside the first layer of its 1.5B model (He et al. 2021, §5.3). W * x sums over ``kernel``
    neighbouring positions of a text; kernel, activation and norm are the code's (github:microsoft/DeBERTa
    deberta/bert.py ConvLayer).
    """

    kernel: int = 3
    act: Act = "gelu"
    dropout: float = 0.0  # before the activation

    def check(self) -> None:
        if self.kernel % 2 == 0:
            raise SpecError(f"Convolution.kernel is {self.kernel}; it must be odd, as many to the left as to the right")

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {
            "weight": Weight((width, width, self.kernel), fan_in=width * self.kernel),
            "bias": Weight((width,)),
            "norm": Held(env.norm, env),
        }


class MaskDecoder(Part):
    """The last layer as decoder of masked words, ``passes`` times with one set of weights (He et al. 2021, §3.2).

    I_0 = H + absolute positions, I_n = layer(queries of I_n-1, keys and values of H), H the states of the layer before.
    """

    absolute: Learned
    passes: int = 2

    def pieces(self, env: Env) -> Pieces:
        return {"absolute": Held(self.absolute, env)}


class EnhancedStack(Stack, kw_only=True):
    """A stack with a convolution beside its first layer, or with its last layer as decoder of masked words.

    Tuned, DeBERTa runs its last layer once, as any other: ``but(decoder=None)``.
    """

    position: Disentangled
    convolution: Convolution | None = None
    decoder: MaskDecoder | None = None

    def pieces(self, env: Env) -> Pieces:
        named = {"convolution": self.convolution, "decoder": self.decoder}
        return {**super().pieces(env), **{name: Held(part, env) for name, part in named.items() if part is not None}}


class ContextDiscriminator(Discriminator):
    """w act(V norm(x_t + x_0) + c) + b of every token (github:microsoft/DeBERTa replaced_token_detection_model.py)."""

    def pieces(self, env: Env) -> Pieces:
        return {"norm": Held(env.norm, env), **super().pieces(env)}
