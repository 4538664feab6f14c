"""Predict the next token."""

from typing import ClassVar

from clados.spec.core.ranges import NotNegative
from clados.spec.learning.objectives.base import Objective


class NextToken(Objective):
    """-log p(x_t | x_<t), the mean over tokens (Radford et al. 2018, eq. 1).

    Documents stand one after the other, an end-of-text between them, cut into blocks of equal length. Plus
    z log^2 Z, Z the sum of the exponentiated scores, which keeps it near 1 (Chowdhery et al. 2022, §5).
    """

    verb: ClassVar[str] = "generate"
    unit: ClassVar[str] = "nats a token"
    z: NotNegative = 0.0


class CodedText(NextToken):
    """-log p(x_t | x_<t, c): every sequence begins with the control code of its domain (Keskar et al. 2019, §2, §3.2).

    The code says where a text is from, and is what a prompt begins with. No token stands in two sequences; in the
    authors' script for tuning (salesforce/ctrl) the last to be predicted of one is the first of the next.
    """

    coded: ClassVar[bool] = True


class MarkedText(NextToken):
    """-log p(x_t | x_<t) over text of science with marks in it (Taylor et al. 2022, §3.1-3.2, table 1).

    Marks set off citations, working before an answer, molecules, proteins and DNA. The three last are read character by
    character, as digits and brackets are everywhere.
    """


class NextTokenInSegments(Objective):
    """-log p(x_t | x_<t) over segments of a text in their order (Dai et al. 2019, §3.2).

    Each row of a batch goes on with the text of the row before it in time; the memory that a segment leaves is given to
    the next, and no gradient passes from one to the other.
    """

    verb: ClassVar[str] = "generate"
    unit: ClassVar[str] = "nats a token"
