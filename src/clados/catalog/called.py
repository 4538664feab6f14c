"""What the field calls activations and ways to make tokens, whose words in declarations are short."""

TOKENS = {"wordpiece": "WordPiece", "bytes": "byte-level BPE", "bpe": "BPE", "unigram": "unigram", "word": "words"}
_NAMES = {
    "gelu": "GELU",
    "gelu_tanh": "GELU (tanh)",
    "quick_gelu": "QuickGELU",
    "relu": "ReLU",
    "silu": "SiLU",
    "squared_relu": "squared ReLU",
}
_GATED = {"silu": "SwiGLU", "gelu": "GEGLU", "gelu_tanh": "GEGLU (tanh)", "relu": "ReGLU"}


def act_said(act: str, *, gated: bool = False) -> str:
    """An activation, with a gate or without.

    >>> act_said("gelu"), act_said("gelu", gated=True), act_said("quick_gelu", gated=True)
    ('GELU', 'GEGLU', 'QuickGELU, gated')
    """
    name = _NAMES.get(act, act.replace("_", " "))
    return _GATED.get(act, f"{name}, gated") if gated else name


def product_said(act: str) -> str:
    """An activation of the product of both projections, which GEGLU and its kin apply to the gate alone.

    >>> product_said("gelu")
    'gate × up, then GELU'
    """
    return f"gate × up, then {act_said(act)}"
