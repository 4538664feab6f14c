"""What a declaration says of networks that paint: the image and its noise, channels, attention, conditions."""

from collections.abc import Iterable

from clados.spec.core.part import Part
from clados.spec.core.sizes import Levels
from clados.spec.diffusion.noise import CosineBetas, Diffusion, LinearBetas, ScaledLinearBetas
from clados.spec.kinds.codes import Codes
from clados.spec.kinds.denoiser import ImageDenoiser
from clados.spec.kinds.enlarger import ImageEnlarger
from clados.spec.kinds.model import Model
from clados.spec.kinds.prior import DiffusionPrior
from clados.spec.unet.attention import ImageTransformer, JointAttention
from clados.spec.unet.conditions import LowResolution
from clados.spec.unet.discrete import DiscreteCoder
from clados.spec.unet.levels import UNet

_BETAS: dict[type[Part], str] = {
    LinearBetas: "variances on a line",
    ScaledLinearBetas: "deviations on a line",
    CosineBetas: "cosine schedule",
}
_PREDICTED = {"noise": "the noise", "data": "what was without noise", "velocity": "the velocity"}
_MIXERS: dict[type[Part], str] = {
    JointAttention: "attention over pixels and text together",
    ImageTransformer: "self-attention and cross-attention to the text",
}


def images_read(model: Model) -> list[str]:
    """What a network reads beside its text; nothing where it is none over images."""
    match model:
        case ImageDenoiser() | ImageEnlarger():
            side, coded = model.inputs.image, isinstance(model, ImageDenoiser) and model.codes
            channels, high, wide = model.noisy_shape
            noisy = f"an image of {side} x {side} pixels with noise"
            noisy += f", as {channels} x {high} x {wide} latents" if coded else ""
            known = ["what is known of it, and which pixels these are"] if getattr(model, "masked", False) else []
            seen = ["a vector of what it paints"] if model.unet.picture else []
            return [noisy, *_smaller(model.low, side), *known, *seen]
        case DiffusionPrior():
            return [f"a vector of {model.further.joint:,} numbers with noise, and the text's"]
        case Codes():
            return [f"images of {model.inputs.image} x {model.inputs.image} pixels"]
    return []


def painter_rows(model: Model) -> dict[str, str]:
    """The rows of such a network, by name; none of other models."""
    match model:
        case ImageDenoiser():
            coder = {"coder": _channels(model.size.codes)} if model.size.codes else {}
            return {
                "U-Net": _unet(model.unet, model.size.unet, model.noisy_shape[1]),
                **coder,
                "noise": _noise(model.diffusion),
            }
        case ImageEnlarger():
            return {"U-Net": _unet(model.unet, model.size, model.inputs.image), "noise": _noise(model.diffusion)}
        case DiffusionPrior():
            return {"noise": _noise(model.diffusion)}
        case Codes(coder=coder):
            deep, high, wide = model.coded_shape
            made = f"codes of {deep:,} kinds" if isinstance(coder, DiscreteCoder) else f"latents of {deep} numbers"
            return {"makes": f"{high} x {wide} {made}", "coder": _channels(model.size)}
    return {}


def _smaller(low: LowResolution | None, side: int) -> list[str]:
    return [f"the same of {side // low.factor} x {side // low.factor}"] if low else []


def _unet(unet: UNet, levels: Levels, side: int) -> str:
    """Channels and blocks of its levels, and at which sides of an image it has attention."""
    if unet.attention is None:
        return f"{_channels(levels)}; no attention"
    mixer = next((said for kind, said in _MIXERS.items() if isinstance(unet.attention, kind)), "self-attention")
    shorter = dict.fromkeys([*unet.attended, levels.shrinks])  # in the middle too
    sides = _every(side // each for each in shorter)
    return f"{_channels(levels)}; {mixer} at sides of {sides}"


def _channels(levels: Levels) -> str:
    return f"{_every(levels.channels)} channels, {levels.blocks} residual blocks a level"


def _every(numbers: Iterable[int]) -> str:
    return "/".join(f"{each:,}" for each in numbers)


def _noise(diffusion: Diffusion) -> str:
    """In how many steps, by which law, and what is predicted."""
    law = next(
        (said for kind, said in _BETAS.items() if isinstance(diffusion.betas, kind)), type(diffusion.betas).__name__
    )
    also = " and the variance" if diffusion.variance else ""
    return f"{diffusion.steps:,} steps, {law}; it predicts {_PREDICTED[diffusion.predicts]}{also}"
