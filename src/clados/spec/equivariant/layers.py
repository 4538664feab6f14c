"""Layers of networks over points (Fuchs et al. 2020, §3)."""

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Weight
from clados.spec.equivariant.fibers import concatenated, degrees, fibers_of, shared, told
from clados.spec.equivariant.kernels import Kernels, LinearMixture, Mixture
from clados.spec.errors import SpecError


class EquivariantAttention(Part, kw_only=True):
    """Softmax over a point's neighbours of q_i . k_ij / sqrt(numbers of k), which no turn changes (eq. 11).

    Keys and values of each neighbour by kernels, queries by a matrix for each degree at the point itself; what is
    gathered stands beside what was read, and both are mixed. Keys have the degrees that are read alone.
    """

    kernels: Kernels = Kernels()
    places: bool = False  # from a neighbour to the point: added to the neighbour's first vector, of several
    mixture: Mixture = LinearMixture()

    def pieces(self, env: Env) -> Pieces:
        fibers = fibers_of(env)
        for degree in degrees(fibers.inner):
            if fibers.inner[degree] % env.dims.heads:
                raise SpecError(f"{env.dims.heads} heads do not divide {fibers.inner[degree]} channels of a degree")
        keys = shared(fibers.inner, fibers.reads)
        if not degrees(keys):
            raise SpecError("EquivariantAttention has no degree of which it both reads and gives features")
        return {
            "values": Held(self.kernels, told(env, gives=fibers.inner)),
            "keys": Held(self.kernels, told(env, gives=keys)),
            "queries": Held(LinearMixture(), told(env, gives=keys)),
            "mixture": Held(self.mixture, told(env, reads=concatenated(fibers.inner, fibers.reads))),
        }


class EquivariantConvolution(Part):
    """The mean over a point's neighbours of W(x) f, plus a matrix for each degree of f at the point."""

    kernels: Kernels = Kernels()

    def pieces(self, env: Env) -> Pieces:
        return {"kernels": Held(self.kernels, env), "itself": Held(LinearMixture(), env)}


class NormActivation(Part):
    """What is done to the length of each feature, whose direction stays (Fuchs et al. 2020, §3.2)."""


class NormedLengths(NormActivation):
    """ReLU(LayerNorm(|f|)) f / |f|, normed over the channels of a degree."""

    def pieces(self, env: Env) -> Pieces:
        channels = fibers_of(env).gives
        return {f"norm{degree}": Held(env.norm, env.of_width(channels[degree])) for degree in degrees(channels)}


class BiasedLengths(NormActivation):
    """ReLU(|f| + b) f / |f| (GNormBias of github:FabianFuchsML/se3-transformer-public equivariant_attention)."""

    def pieces(self, env: Env) -> Pieces:
        channels = fibers_of(env).gives
        return {f"bias{degree}": Weight((channels[degree],)) for degree in degrees(channels)}


class EquivariantBlock(Part):
    """Attention, then what is done to lengths."""

    attn: EquivariantAttention
    activation: NormActivation

    def pieces(self, env: Env) -> Pieces:
        return {"attn": Held(self.attn, env), "activation": Held(self.activation, env)}
