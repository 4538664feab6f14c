"""Anthropic's assistant: GPT-3 with every layer dense (arXiv:2112.00861 appendix A)."""

from typing import Any

from clados.proofs.oracles import gpt_3
from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2112.00861 appendix A, arXiv:2005.14165 §2.1"


def numbers(model: Any) -> dict[str, Any]:
    """Its sizes; no layer has a band."""
    return {**stack_numbers(model), "span": gpt_3.EVERYTHING}


run = gpt_3.run
