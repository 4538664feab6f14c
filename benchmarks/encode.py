"""Texts of many lengths in one padded batch: what is padding should cost nothing."""

import torch
import transformers

from benchmarks import peers
from benchmarks.harness import Figure, Limits, figure, interleaved

LENGTHS = (128, 17, 64, 30, 9, 100, 45, 80)


def texts(limits: Limits) -> list[Figure]:
    """BERT-base over eight texts; a token is a real one."""
    ours, theirs = peers.both(transformers.BertConfig())
    ids = torch.randint(1000, 30_000, (len(LENGTHS), max(LENGTHS)), generator=torch.Generator().manual_seed(0))
    mask = (torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]).long()
    ids = ids * mask

    @torch.inference_mode()
    def run_ours() -> torch.Tensor:
        found: torch.Tensor = ours(ids, attention_mask=mask).last_hidden_state
        return found

    @torch.inference_mode()
    def run_theirs() -> torch.Tensor:
        found: torch.Tensor = theirs(ids, attention_mask=mask).last_hidden_state
        return found

    far = float((run_ours() - run_theirs())[mask.bool()].abs().max())
    seconds = interleaved({"clados": run_ours, "transformers": run_theirs})
    real = sum(LENGTHS)
    layers = sum(each.numel() for name, each in theirs.named_parameters() if "layer." in name and each.dim() == 2)
    work = {"GFLOP": 2 * layers * real / 1e9}
    note = f"{real} real tokens of {mask.numel()}; states differ by {far:.1e} at most"
    return [figure("BERT-base, eight texts, float32", seconds, 2.0, work=work, limits=limits, note=note)]
