"""What DeBERTa adds to a stack: a convolution, and a decoder of masked tokens (He et al. 2021)."""

from clados.spec.activations import Act
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Weight
from clados.spec.errors import SpecError
from clados.spec.positions.absolute import Learned


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
    """The last layer as decoder of masked tokens, ``passes`` times with one set of weights (He et al. 2021, §3.2).

    I_0 = H + absolute positions, I_n = layer(queries of I_n-1, keys and values of H), H the states of the layer before.
    Tuned, DeBERTa runs its last layer once, as any other: ``but(decoder=None)``.
    """

    absolute: Learned
    passes: int = 2

    def pieces(self, env: Env) -> Pieces:
        return {"absolute": Held(self.absolute, env)}
