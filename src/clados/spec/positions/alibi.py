"""Linear biases: positions that are nothing but a penalty on distance."""

from clados.spec.positions.base import StackPosition


class ALiBi(StackPosition):
    """-m (i - j) added to the score of query i and key j, with a slope m for each head (Press et al. 2022, §3).

    Of n heads, n a power of two, head h has m = 2^(-8h/n). Other numbers of heads take the slopes of the power below
    and then, from the first on, every second one of the power above (the authors' code).
    """
