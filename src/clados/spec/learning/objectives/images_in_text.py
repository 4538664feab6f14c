"""Write a text that looks at images."""

from typing import ClassVar

from clados.spec.core.ranges import NotNegative, Share
from clados.spec.learning.objectives.base import OF_PARTS, Objective


class ImagesInText(Objective, kw_only=True):
    """-log p(x_t | x_<t, images up to t), weighed by the set of data that it is of (arXiv:2204.14198, §2.3, eq. 2).

    In web pages an image stands at the text before it or after it, by lot. Each set's loss is a mean over its tokens;
    images are not predicted. Pairs and pages are made of images with captions; of videos there are none.
    """

    verb: ClassVar[str] = "caption"
    unit: ClassVar[str] = OF_PARTS
    pages: NotNegative = 1.0  # weights: M3W, ALIGN, LTIP, VTP
    pairs: NotNegative = 0.2
    long_pairs: NotNegative = 0.2
    videos: NotNegative = 0.03
    before: Share = 0.5  # how often an image of a page stands before the text that follows it
