"""Texts of many lengths in one padded batch: what is padding should cost nothing."""

from collections.abc import Callable

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


def long(limits: Limits) -> list[Figure]:
    """BigBird-base over one text of 4,096 tokens; in two layers, with what either side takes at most."""
    config = transformers.BigBirdConfig(num_hidden_layers=2, attention_type="block_sparse")
    ours, theirs = peers.both(config)
    ids = torch.randint(1000, 30_000, (1, 4096), generator=torch.Generator().manual_seed(0))
    runs = {
        "clados": torch.inference_mode()(lambda: ours(ids).last_hidden_state),
        "transformers": torch.inference_mode()(lambda: theirs(ids).last_hidden_state),
    }
    peaks = {name: _peak(run) for name, run in runs.items()}
    whole = 12 * ids.numel() ** 2 * 4 / 1e6
    said = ", ".join(f"{name} {peak:.0f} MB" for name, peak in peaks.items())
    note = f"memory at most: {said}; one full matrix of scores would take {whole:.0f} MB"
    return [figure("BigBird-base, two layers, 4,096 tokens", interleaved(runs), 1.5, note=note)]


def _peak(run: Callable[[], object]) -> float:
    """Megabytes that a call holds at once at most, beyond what is there before, as torch's allocator tells."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as seen:
        run()
    held = most = 0
    for event in seen.profiler.kineto_results.events():
        if event.name() == "[memory]":
            held += event.nbytes()
            most = max(most, held)
    return most / 1e6
