"""The codes of an image, written after its caption (Ramesh et al. 2021, §2.2)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.examples import Captioned
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, LossTerm, Random, Setting
from clados.objectives.captions import Painted, painted, read_pixels
from clados.objectives.measures import Measure, Sample, beside_exchanged
from clados.objectives.tasks import NATS, Small, Source, SourceConfig, Task

CODED_AT_ONCE = 64  # images whose codes are found at once


class PaintedCodesTask(Task[s.PaintedCodes, Painted], objective=s.PaintedCodes):
    """Captions in small letters, and the codes of their images, the likeliest of a coder that learns nothing."""

    reads = Captioned
    data = "emoji-16"
    length = 24
    batch = 32
    term = "codes"
    targets = 2_000
    small = Small(params="1M", steps=300, batch=32, lr=1e-3)

    def refusal(self, model: s.Model) -> str:
        if isinstance(model.reads(s.Tokens), s.TextThenCodes):
            return ""
        return f"PaintedCodes learns the codes of images after a text; this {type(model).__name__} writes none"

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        return painted(examples, config, lower=True)

    def prepare(self, rows: Sequence[Painted], random: Sequence[Random], setting: Setting) -> Batch:
        """Texts with the padding of each place that they leave; the codes are found by the model."""
        model: Any = setting.model
        read, images = model.decoder.inputs, read_pixels(rows, model.inputs)
        texts = [row.ids[: read.text] for row in rows]
        filled = [np.append(ids, np.arange(read.first_padding + len(ids), read.first_code)) for ids in texts]
        ids = torch.from_numpy(np.stack(filled).astype(np.int64))
        said = sum(max(0, len(each) - 1) for each in texts)
        codes = len(rows) * read.places_across**2
        return Batch({"input_ids": ids}, {"pixel_values": images}, {"codes": codes, "text": said}, ids.numel() + codes)

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        """The mean over codes and the mean over a text's tokens but its first, each with its weight."""
        read, text = model.spec.decoder.inputs, batch.inputs["input_ids"]
        codes = codes_of(model, batch.targets["pixel_values"])
        found = model(input_ids=torch.cat([text, read.first_code + codes[:, :-1]], 1))
        labels = text[:, 1:]
        told = labels < read.first_padding
        nll = {
            "codes": cross_entropy(found.image_logits.float().flatten(0, 1), codes.flatten(), reduction="sum"),
            "text": cross_entropy(found.text_logits.float()[told], labels[told], reduction="sum"),
        }
        weights = {"codes": 1 - self.objective.text, "text": self.objective.text}
        numbers = {"codes": codes.numel(), "text": int(told.sum())}
        parts = {name: LossTerm(weights[name] * nll[name], numbers[name]) for name in nll}
        return Loss(parts, {f"{name} nats": LossTerm(nll[name].detach(), numbers[name]) for name in nll})

    def main_loss(self, losses: Mapping[str, float]) -> float:
        return losses["codes nats"]

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """How often each code stands at each place, one seen more of each; all alike before a coder has learned."""
        model: Any = config.model
        number = model.codes.codes
        if config.start is None:
            return {"loss": float(np.log(number))}
        ours, theirs = (_all_codes(config.start, source.rows, model.inputs) for source in (trained, held_out))
        counts = np.stack([np.bincount(place, minlength=number) + 1.0 for place in ours.T])
        likely = -np.log(counts / counts.sum(1, keepdims=True))
        return {"loss": float(np.take_along_axis(likely, theirs.T, 1).mean())}

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        told = ", ".join(f"{end:.3f}" for end in ends)
        goal = f"goal: {NATS} below"
        return f"{told} nats a code, against {baseline['loss']:.3f} of how often each stands at its place ({goal})"

    @torch.no_grad()
    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The log likelihood of a code, against the same after another image's caption."""
        likely = list[tuple[float, float, int]]()
        for batch in self.batches(ready, sample):
            ids = batch.inputs["input_ids"]
            if len(ids) > 1:  # an image alone has no other
                swapped = Batch({"input_ids": ids.roll(1, 0)}, batch.targets, batch.weights, 0)
                nats = (self.loss(ready.model, each).measures["codes nats"] for each in (batch, swapped))
                own, other = (-float(each.sum) / each.weight for each in nats)
                likely.append((own, other, batch.weights["codes"]))
        return beside_exchanged("log likelihood of a code", "after another's caption", likely)


def codes_of(model: WholeModel, images: Tensor) -> Tensor:
    """The likeliest code of each place, row by row: [images, places]."""
    with torch.no_grad():
        codes: Tensor = model.codes.encode(images).flatten(1)
        return codes


def _all_codes(model: WholeModel, rows: Sequence[Any], inputs: s.Pixels) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The codes of all images of a source: [images, places]."""
    device = next(model.parameters()).device
    parts = [rows[at : at + CODED_AT_ONCE] for at in range(0, len(rows), CODED_AT_ONCE)]
    return np.concatenate([codes_of(model, read_pixels(part, inputs).to(device)).cpu().numpy() for part in parts])
