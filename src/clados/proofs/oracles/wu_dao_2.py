"""Wu Dao 2.0: GLM with experts (arXiv:2103.10360 §2, arXiv:2103.13262 §3)."""

from functools import partial

import numpy as np

from clados.proofs.oracles import glm
from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2103.10360 §2, arXiv:2103.13262 §3"


def two_experts(x: Vector, w: Weights) -> Vector:
    """The two experts of the highest scores, weighed by the softmax of these two (arXiv:2103.13262 §3)."""
    scores = w("mlp.router.weight") @ x
    best = np.argsort(-scores)[:2]
    made = [w("mlp.down")[one] @ gelu_tanh(w("mlp.up")[one] @ x) for one in best]
    return np.array(softmax(scores[best]) @ np.array(made))


run = partial(glm.run, mlp=two_experts)
