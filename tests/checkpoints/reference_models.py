"""Tiny reference models of transformers for every declared layout, with random weights, on disk."""

import contextlib
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor, nn

from clados import spec as s
from clados.checkpoints import LayoutError
from clados.checkpoints.mapping.config import to_config
from clados.checkpoints.mapping.detect import heads, is_directory, replace_heads, slots
from clados.checkpoints.mapping.dialects import nested
from clados.checkpoints.mapping.names import places
from clados.layouts.diffusers import PIPELINES
from clados.models.declared import declared, package_models
from clados.proofs.layout_references import GOLDEN

VOCAB = 97


def cases() -> list[Any]:
    """(card, layout, architecture) of every declared layout that is a directory's."""
    return [
        (card, layout, architecture)
        for card in package_models()
        for layout in declared(card).layouts
        # what transformers no longer has is met in files kept of an older one; diffusers' folders in test_diffusers.py
        if is_directory(layout) and layout.model_type not in (*GOLDEN, *PIPELINES.values())
        for architecture, theirs in layout.architectures.items()
        if s.Embedding.slot not in theirs  # whose folders transformers does not write; see test_sentence.py
    ]


def tuned() -> list[Any]:
    """(card, layout, class) of every class with heads that fine-tuning puts there, once each."""
    named = {
        architecture: (card, layout)
        for card in package_models()
        for layout in declared(card).layouts
        for architecture in layout.tuned
    }
    return [(card, layout, architecture) for architecture, (card, layout) in named.items()]


def held(card: str, layout: s.Layout, architecture: str) -> s.Model:
    """The first declared structure that a class of a layout holds, the headline one before all, as its port has it."""
    declaration, own = declared(card), heads(layout, architecture)
    wanted = {each for each in own if isinstance(each, str)}
    for each in (declaration.model, *declaration.models().values()):
        with contextlib.suppress(LayoutError, s.SpecError):
            model = s.tiny(each.but(**(layout.port or s.Change())))
            theirs = replace_heads(model, own)
            if wanted <= set(slots(model)) and places(layout, theirs) and to_config(layout, theirs):
                return theirs
    raise LayoutError(f"{card}: nothing declared is a {architecture}")


def structure(card: str, layout: s.Layout, architecture: str) -> s.Model:
    """The declared structure, as the layout's port has it, tiny, with the heads of a class."""
    model = held(card, layout, architecture)
    ids = dict.fromkeys(("unk", "cls", "sep", "mask"), None)
    match model:
        case s.TwoTower():
            vocab = model.vocab.but(size=VOCAB, bos=VOCAB - 2, eos=VOCAB - 1)
            small = s.but(inputs=s.but(vocab=vocab, position=s.Learned(17)))
            return model.but(image=s.but(inputs=s.but(image=12, side=4)), text=small)
        case s.Encoder(inputs=s.Patches()):
            return model.but(inputs=s.but(image=12, side=4), heads=s.but(classes=5))
        case s.Pyramid():
            return model
        case s.Decoder(inputs=s.Trajectory()):
            return model.but(inputs=s.but(timesteps=19))
        case _:
            vocab = model.vocab
            ends = {name: VOCAB - 1 for name in ("bos", "eos", "pad", "start") if (getattr(vocab, name) or 0) >= VOCAB}
            own = s.but(target=s.but(vocab=vocab.but(size=VOCAB, **ids, **ends))) if _has_own_words(model) else s.but()
            return model.but(inputs=s.but(vocab=vocab.but(size=VOCAB, **ids, **ends)), **own)


def _has_own_words(model: s.Model) -> bool:
    target = getattr(model, "target", None)
    return isinstance(target, s.OwnTarget) and target.vocab is not None


def saved(card: str, layout: s.Layout, architecture: str, path: Path) -> nn.Module:
    """A reference model in evaluation mode, as it was written to ``path``."""
    model = structure(card, layout, architecture)
    words = nested(to_config(layout, model), layout.model_type)
    config = transformers.AutoConfig.for_model(layout.model_type, **words)
    config.architectures = [architecture]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = getattr(transformers, architecture)(config).eval()
        untied(made, model)
        for parameter in made.parameters():
            parameter.data += 0.1 * parameter.requires_grad * torch.randn_like(parameter)
    made.save_pretrained(path)
    return made  # type: ignore[no-any-return]


def untied(made: Any, model: s.Model) -> None:
    """Give T5 v1.1 the head that 5.x builds tied whatever its config says."""
    if isinstance(model, s.EncoderDecoder) and any(isinstance(head, s.Untied) for head in model.heads):
        made.lm_head.weight = nn.Parameter(torch.randn_like(made.lm_head.weight))
        made.config.tie_word_embeddings = False
        made.config.scale_decoder_outputs = False


def batch(model: s.Model) -> dict[str, Tensor]:
    """Inputs of a tiny model, seeded."""
    draw = torch.Generator().manual_seed(1)
    ids = torch.randint(3, VOCAB - 3, (2, 7), generator=draw)
    match model:
        case s.TwoTower():
            ids[:, -1] = VOCAB - 1
            return {"input_ids": ids, "pixel_values": torch.randn(2, 3, 12, 12, generator=draw)}
        case s.EncoderDecoder():
            return {"input_ids": ids, "decoder_input_ids": torch.randint(3, VOCAB - 3, (2, 5), generator=draw)}
        case s.Encoder(inputs=s.Patches()):
            return {"pixel_values": torch.randn(2, 3, 12, 12, generator=draw)}
        case s.Pyramid(inputs=inputs):
            return {"pixel_values": torch.randn(2, 3, inputs.image, inputs.image, generator=draw)}
        case s.Decoder(inputs=s.Trajectory(states=states, actions=actions)):
            return {
                "states": torch.randn(2, 4, states, generator=draw),
                "actions": torch.randn(2, 4, actions, generator=draw),
                "returns_to_go": torch.randn(2, 4, 1, generator=draw),
                "timesteps": torch.arange(4).repeat(2, 1),
            }
        case _:
            return {"input_ids": ids}


def read_by(model: s.Model, architecture: str) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What ours reads and what theirs: they put choices side by side, and shift a text for its decoder themselves."""
    given = batch(model)
    if isinstance(model, s.EncoderDecoder) and "lm" not in slots(model):
        given["input_ids"][:, -1] = model.vocab.eos or 0
        shifted = given["input_ids"].roll(1, 1)
        if not architecture.startswith("MBart"):  # which begins with the last token
            shifted[:, 0] = model.vocab.start or 0
        return given | {"decoder_input_ids": shifted}, {"input_ids": given["input_ids"]}
    if architecture.endswith("ForMultipleChoice"):
        return given, {"input_ids": given["input_ids"][None]}
    return given, given


@torch.no_grad()
def outputs(made: nn.Module, given: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors that a model gives, by our names."""
    made = made.eval()
    alone = type(made).__name__.endswith("ForNextSentencePrediction")
    names = {"prediction_logits": "logits"} | ({"logits": "seq_relationship_logits"} if alone else {})
    return {names.get(name, name): value for name, value in made(**given).items() if isinstance(value, Tensor)}
