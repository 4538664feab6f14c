"""Equivariant kernels, and mixtures of features at one point (Fuchs et al. 2020, eq. 8 and §3.2)."""

from dataclasses import replace
from typing import Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Named, Pieces, Projection, Weight, linear
from clados.spec.core.ranges import AtLeastOne
from clados.spec.equivariant.fibers import degrees, fibers_of, shared


class Radial(Part):
    """phi: from a pair's distance and edge features, two hidden layers with norm and ReLU, to a factor for each J.

    A factor for each channel that the kernel gives, each that it reads, and each J from |k - l| to k + l.
    """

    width: AtLeastOne = 32

    def pieces(self, env: Env) -> Pieces:
        hidden = env.of_width(self.width)
        return {
            "first": linear(env.enters, self.width),
            "first_norm": Held(env.norm, hidden),
            "second": linear(self.width, self.width),
            "second_norm": Held(env.norm, hidden),
            "out": linear(self.width, env.gives),
        }

    def small(self) -> Self:
        return self.but(width=4)


class Kernels(Part):
    """W^lk(x) = sum over J of phi_J(|x|) sum over m of Y_Jm(x / |x|) Q_Jm, for all degrees k read and l given (eq. 8).

    Y are real spherical harmonics, Q Clebsch-Gordan matrices. x leads from a point to its neighbour.
    """

    radial: Radial = Radial()

    def pieces(self, env: Env) -> Pieces:
        fibers = fibers_of(env)
        return {
            "radials": Named(
                {
                    f"{k}to{l}": Held(
                        self.radial,
                        replace(
                            env,
                            enters=fibers.edges + 1,
                            gives=fibers.gives[l] * fibers.reads[k] * (2 * min(k, l) + 1),
                        ),
                    )
                    for k in degrees(fibers.reads)
                    for l in degrees(fibers.gives)
                }
            )
        }


class Mixture(Part):
    """How the features of one degree at a point are mixed: the self-interaction (Fuchs et al. 2020, §3.2)."""


class LinearMixture(Mixture):
    """A matrix for each degree."""

    def pieces(self, env: Env) -> Pieces:
        fibers = fibers_of(env)
        return {
            f"degree{degree}": Weight((fibers.gives[degree], fibers.reads[degree]), fan_in=fibers.reads[degree])
            for degree in degrees(shared(fibers.gives, fibers.reads))
        }


class AttentiveMixture(Mixture):
    """Weights by softmax, from the inner products of all features of the degree: norm, leaky ReLU, a product (§3.2)."""

    def pieces(self, env: Env) -> Pieces:
        fibers = fibers_of(env)
        found: dict[str, Held | Projection] = {}
        for degree in degrees(shared(fibers.gives, fibers.reads)):
            read = fibers.reads[degree]
            found[f"norm{degree}"] = Held(env.norm, env.of_width(read**2))
            found[f"weights{degree}"] = linear(read**2, read * fibers.gives[degree])
        return found
