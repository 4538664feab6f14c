"""Real spherical harmonics, and the matrices that couple them, by recursion and by Racah's formula.

Axes are those of the points: what is called z in books is the second, x the third, y the first, so that the three
harmonics of degree 1 are the three axes, in their order.
"""

from fractions import Fraction
from functools import cache
from math import factorial, pi, sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def harmonics(directions: Tensor, most: int) -> list[Tensor]:
    """Y_l of unit vectors [..., 3], orthonormal on the sphere: for each degree up to ``most``, [..., 2 l + 1].

    Of m < 0 those with sin, of m > 0 with cos of the longitude, without a sign by order (Condon-Shortley).
    """
    y, z, x = directions.unbind(-1)
    cosine, sine = torch.ones_like(x), torch.zeros_like(x)
    columns: dict[tuple[int, int], Tensor] = {}
    for m in range(most + 1):
        # P_lm over the m-th power of the distance from the axis, which the cosine and sine bring along
        low, high = torch.zeros_like(z), torch.full_like(z, _odd_product(m))
        for degree in range(m, most + 1):
            share = factorial(degree - m) / factorial(degree + m) * (2 if m else 1)
            scaled = sqrt((2 * degree + 1) / (4 * pi) * share) * high
            columns[degree, m] = scaled * cosine
            if m:
                columns[degree, -m] = scaled * sine
            low, high = high, ((2 * degree + 1) * z * high - (degree + m) * low) / (degree + 1 - m)
        cosine, sine = x * cosine - y * sine, x * sine + y * cosine
    return [torch.stack([columns[l, m] for m in range(-l, l + 1)], -1) for l in range(most + 1)]


def _odd_product(m: int) -> float:
    """1 * 3 * ... * (2 m - 1)."""
    return float(factorial(2 * m) / (2**m * factorial(m)))


@cache
def coupling(gives: int, reads: int, degree: int) -> NDArray[np.float64]:
    """Q_J: [2 gives + 1, 2 reads + 1, 2 degree + 1], the one tensor that all turns leave as it is, of length 1.

    Its first number that is not 0 is positive.

    Raises:
        ValueError: for degrees of which there is none.
    """
    if not abs(gives - reads) <= degree <= gives + reads:
        raise ValueError(f"degree is {degree}; it must be from {abs(gives - reads)} to {gives + reads}")
    table = np.zeros((2 * gives + 1, 2 * reads + 1, 2 * degree + 1))
    for one in range(-gives, gives + 1):
        for other in range(max(-reads, -degree - one), min(reads, degree - one) + 1):
            table[one + gives, other + reads, one + other + degree] = clebsch_gordan(gives, one, reads, other, degree)
    real = np.einsum("abc,xa,yb,zc->xyz", table, _to_real(gives), _to_real(reads), _to_real(degree).conj())
    found = real.real if np.abs(real.real).max() > np.abs(real.imag).max() else real.imag
    found = np.where(np.abs(found) < ROUNDED_AWAY, 0.0, found)
    first = found.flat[np.flatnonzero(found)[0]]
    return np.asarray(found * np.sign(first) / np.linalg.norm(found))


ROUNDED_AWAY = 1e-12  # what is left of a number that is 0


def clebsch_gordan(j1: int, m1: int, j2: int, m2: int, j: int) -> float:
    """<j1 m1 j2 m2 | j m1 + m2>, by Racah's formula in whole numbers, rounded once."""
    m = m1 + m2
    above = factorial(j + j1 - j2) * factorial(j - j1 + j2) * factorial(j1 + j2 - j)
    square = Fraction((2 * j + 1) * above, factorial(j1 + j2 + j + 1))
    for each, order in ((j, m), (j1, m1), (j2, m2)):
        square *= factorial(each + order) * factorial(each - order)
    total = Fraction(0)
    for k in range(max(0, j2 - j - m1, j1 - j + m2), min(j1 + j2 - j, j1 - m1, j2 + m2) + 1):
        steps = (k, j1 + j2 - j - k, j1 - m1 - k, j2 + m2 - k, j - j2 + m1 + k, j - j1 - m2 + k)
        below = 1
        for each in steps:
            below *= factorial(each)
        total += Fraction((-1) ** k, below)
    return sqrt(square) * float(total)


def _to_real(degree: int) -> NDArray[np.complex128]:
    """Real harmonics as sums of complex ones, [real order, complex order], both from -l to l."""
    table = np.zeros((2 * degree + 1, 2 * degree + 1), np.complex128)
    table[degree, degree] = 1
    for m in range(1, degree + 1):
        plus, minus = degree + m, degree - m
        table[plus, plus], table[plus, minus] = (-1) ** m * sqrt(0.5), sqrt(0.5)
        table[minus, plus], table[minus, minus] = -1j * (-1) ** m * sqrt(0.5), 1j * sqrt(0.5)
    return table
